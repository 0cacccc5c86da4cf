/** @jsxImportSource hono/jsx */
/** Pages of one destination: a new one, one that is set, and its removal; and what their buttons do. */
import { EdgeError } from "../../../../../../core/errors.ts";
import type { NewPlace } from "../../../../api/settings/settings-port.ts";
import { type Action, type ActionRequest, type AnyPage, type PageRequest, page, type Shown } from "../../../page.ts";
import { typedOnly } from "../../../parts/settings/read-fields.ts";
import { asSeen, versionSeen } from "../../../parts/settings/settings-form.tsx";
import type { MeantDestination, TlsFileFacts } from "../../../ports.ts";
import { readIntegrations } from "../integration-state.ts";
import { readSection } from "../section/section-page.tsx";
import { type Feed, optionsWith, textsOf } from "./destination-fields.ts";
import {
  destinationIn,
  differingFields,
  optionsMeant,
  problemsOf,
  readDestination,
  type SentDestination,
  type SetDestination,
  saveDestination,
  type TlsFile,
  tlsFiles,
} from "./destination-request.ts";
import { type DestinationData, DestinationView, type PlaceQuestion } from "./destination-view.tsx";

type Json = Record<string, unknown>;
const at = "/settings/integrations";

/** Null for the page of a new one. @throws EdgeError destination_unknown */
async function setAt(request: PageRequest, feed: Feed, name: string | null): Promise<SetDestination | null> {
  const section = await readSection(request, feed.section);
  if (name === null) {
    const field = section.fields.syslog;
    if (field?.pinned)
      throw new EdgeError("setting_pinned", `syslog: it is set in ${field.source}; add destinations there`);
    return null;
  }
  const set = destinationIn(feed, section, name);
  if (set === null) throw new EdgeError("destination_unknown", `there is no destination ${name.slice(0, 64)}`);
  return set;
}

interface Said {
  typed?: ReadonlyMap<string, string>;
  options?: Json;
  problems?: DestinationData["problems"];
  conflict?: DestinationData["conflict"];
  question?: PlaceQuestion | null;
  tested?: DestinationData["tested"];
  sent?: DestinationData["sent"];
  sample?: DestinationData["sample"];
}

async function dataOf(
  request: PageRequest,
  feed: Feed,
  name: string | null,
  { typed = new Map(), options, ...said }: Said = {},
): Promise<DestinationData> {
  const present = await setAt(request, feed, name);
  const form = "form" in request ? (request as ActionRequest).form : null;
  const set = present === null ? null : asSeen(present, form, said.conflict ?? null);
  const integrations = await readIntegrations(request);
  const { destinations } = request.ports;
  const saved = textsOf(set?.options ?? {});
  const facts = Object.fromEntries(
    tlsFiles.map((kind) => {
      const file = typed.get(`tls.${kind}`) ?? saved[`tls.${kind}`];
      return [kind, typeof file === "string" ? destinations.tlsFacts(kind, file) : null];
    }),
  ) as Record<TlsFile, TlsFileFacts | null>;
  return {
    ...{ feed, integrations, set, name, typed },
    ...{ problems: [], conflict: null, question: null, tested: null, sent: null, sample: null },
    ...said,
    resolved: resolvedOf(request, feed, options ?? set?.options ?? {}),
    tlsFacts: facts,
  };
}

/** What every option would be; a host that is missing or wrong does not matter for it. */
function resolvedOf({ ports }: PageRequest, feed: Feed, options: Json): Json | null {
  try {
    const { preset, protocol, tls } = options;
    const decisive = Object.fromEntries(
      Object.entries({ preset, protocol, tls }).filter(([, one]) => one !== undefined),
    );
    return ports.destinations.resolved(feed.section, { options: { ...decisive, host: "localhost" } });
  } catch (error) {
    if (error instanceof EdgeError) return null;
    throw error;
  }
}

async function shown(
  request: PageRequest,
  feed: Feed,
  { name, said, status = 200 }: { name: string | null; said: Said; status?: 200 | 412 | 422 },
): Promise<Shown> {
  const data = await dataOf(request, feed, name, said);
  return { title: name ?? "Add destination", at, view: <DestinationView {...data} />, status };
}

/** The pages and actions of a feed's destinations. */
export function destinationPages(feed: Feed): { pages: readonly AnyPage[]; actions: readonly Action[] } {
  const set = `${feed.path}/destinations/:name`;
  const paths: readonly (readonly [path: string, isNew: boolean])[] = [
    [`${feed.path}/add`, true],
    [set, false],
  ];
  const named = (request: PageRequest, isNew: boolean) => (isNew ? null : request.param("name"));
  const onePage = ([path, isNew]: (typeof paths)[number]) =>
    page<DestinationData>({
      ...{ path, at, permission: "administer" },
      title: ({ name }) => name ?? "Add destination",
      load: (request) => dataOf(request, feed, named(request, isNew)),
      view: (data) => <DestinationView {...data} />,
    });
  const buttons = { check, save, test, send, sample };
  const actions = paths.flatMap(([path, isNew]) =>
    Object.entries(buttons).map(
      ([button, run]): Action => ({
        path: `/console${path}/${button}`,
        permission: "administer",
        run: (request) => run(request, feed, named(request, isNew)),
      }),
    ),
  );
  return { pages: paths.map(onePage), actions };
}

interface Asked {
  set: SetDestination | null;
  sent: SentDestination;
  options: Json;
  /** What the page says of what was typed. */
  said: Said;
  problems: DestinationData["problems"];
}

async function asked(request: ActionRequest, feed: Feed, name: string | null): Promise<Asked> {
  const set = await setAt(request, feed, name);
  const sent = readDestination(feed, request);
  const options = optionsMeant(set, sent);
  const wrong = set?.pinned ? [] : await problemsOf(request, feed, { from: name, options });
  const problems = [
    ...sent.problems,
    ...wrong.filter(({ name: field }) => !sent.problems.some((one) => one.name === field)),
  ];
  return { set, sent, options, problems, said: { typed: typedOnly(sent), options } };
}

async function check(request: ActionRequest, feed: Feed, name: string | null): Promise<Shown> {
  const { said, problems } = await asked(request, feed, name);
  return shown(request, feed, { name, said: { ...said, problems } });
}

/** The destination in force where nothing was changed, else that of the form. */
function meantBy({ set, sent, options }: Asked, name: string | null): MeantDestination {
  const isInForce = name !== null && (set?.pinned === true || Object.keys(sent.changes).length === 0);
  return isInForce ? { name } : { options };
}

/** Does something with the destination that the form means, once nothing is wrong with it. */
async function tried(
  request: ActionRequest,
  feed: Feed,
  name: string | null,
  work: (meant: MeantDestination, unsaved: number) => Promise<Said>,
): Promise<Shown> {
  const question = await asked(request, feed, name);
  const { said, problems } = question;
  if (problems.length > 0) return shown(request, feed, { name, said: { ...said, problems }, status: 422 });
  const found = await work(meantBy(question, name), Object.keys(question.sent.changes).length);
  return shown(request, feed, { name, said: { ...said, ...found } });
}

const test = (request: ActionRequest, feed: Feed, name: string | null) =>
  tried(request, feed, name, async (meant, unsaved) => ({
    tested: { ...(await request.ports.destinations.test(request.caller, feed.section, meant)), unsaved },
  }));

const send = (request: ActionRequest, feed: Feed, name: string | null) =>
  tried(request, feed, name, async (meant) => ({
    sent: await request.ports.destinations.send(request.caller, feed.section, meant),
  }));

const sample = (request: ActionRequest, feed: Feed, name: string | null) =>
  tried(request, feed, name, async (meant) => ({
    sample: await request.ports.destinations.sample(request.caller, feed.section, meant),
  }));

async function save(request: ActionRequest, feed: Feed, name: string | null) {
  const { form, caller, ports } = request;
  const { set, sent, options, said, problems } = await asked(request, feed, name);
  if (set?.pinned) throw new EdgeError("setting_pinned", `${name}: it is set in ${set.source}; change it there`);
  if (problems.length > 0) return shown(request, feed, { name, said: { ...said, problems }, status: 422 });
  const to = String(options.name ?? (feed.section === "alert_syslog" ? "alerts" : "incidents"));
  if (name !== null && Object.keys(sent.changes).length === 0)
    return { to: feed.path, said: `${name}: nothing was changed.` };
  const question = await questionOf(request, feed, name, to);
  const place = form.text("place");
  if (question !== null && (form.text("asked") !== to || place === ""))
    return shown(request, feed, { name, said: { ...said, question }, status: 422 });
  const { destinations } = ports;
  try {
    const change = (present: Json) => ({ ...optionsWith(present, sent.changes), name: to });
    const collides = (present: SetDestination) => differingFields(feed, versionSeen(form), present, sent).size > 0;
    await saveDestination(request, feed, { from: name, collides, change, place: placeOf(question, place, to) });
  } catch (error) {
    if (!(error instanceof EdgeError) || error.code !== "settings_changed") throw error;
    return conflicting(request, feed, { name, sent });
  }
  if (question?.kind === "renamed" && place !== "now") await destinations.forget(caller, feed.section, question.from);
  return { to: feed.path, said: `${to}: saved and in force.` };
}

/** What the answer to the question makes of the place of the new name; null = it is as it has to be. */
function placeOf(question: PlaceQuestion | null, answer: string, to: string): NewPlace | null {
  if (question === null) return null;
  const { queued } = question;
  if (question.kind === "kept") return answer === "now" ? { name: to, from: null, queued } : null;
  return answer === "now" ? null : { name: to, from: question.from, queued };
}

/** Somebody else saved the same destination: both values are shown, and nothing was saved. */
async function conflicting(
  request: ActionRequest,
  feed: Feed,
  { name, sent }: { name: string | null; sent: SentDestination },
): Promise<Shown> {
  const section = await readSection(request, feed.section);
  const now = await setAt(request, feed, name);
  const values = now === null ? new Map<string, string>() : differingFields(feed, versionSeen(request.form), now, sent);
  const { who = "somebody", at: when = "" } = section.saved ?? {};
  const conflict = { who, at: when, fields: [...values.keys()], values };
  const options = optionsMeant(now, sent);
  return shown(request, feed, { name, said: { typed: typedOnly(sent), options, conflict }, status: 412 });
}

/** What has to be asked before a name gets its place; null = nothing. */
async function questionOf(
  { ports }: PageRequest,
  feed: Feed,
  from: string | null,
  to: string,
): Promise<PlaceQuestion | null> {
  if (from === to) return null;
  const { destinations } = ports;
  const [old, kept] = [
    from === null ? null : await destinations.place(feed.section, from),
    await destinations.place(feed.section, to),
  ];
  if (kept !== null) return { kind: "kept", to, queued: kept.queued };
  return from === null || old === null ? null : { kind: "renamed", from, to, queued: old.queued };
}
