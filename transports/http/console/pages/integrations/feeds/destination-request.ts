/** What a person has sent for a destination, and the saving of it beside what others save. */
import { EdgeError } from "../../../../../../core/errors.ts";
import {
  changedSince,
  type SavedField,
  sectionVersion,
} from "../../../../../../core/settings/sections/section-version.ts";
import type { NewPlace } from "../../../../api/settings/settings-port.ts";
import type { FormFields } from "../../../form-fields.ts";
import type { ActionRequest, PageRequest } from "../../../page.ts";
import { type Section, shownName, valueText } from "../../../parts/settings/field-spec.ts";
import { readFields, type SentFields } from "../../../parts/settings/read-fields.ts";
import { readSection } from "../section/section-page.tsx";
import { type Feed, groupsOf, optionsWith, sectionOf, textsOf } from "./destination-fields.ts";

type Json = Record<string, unknown>;
export const tlsFiles = ["ca_file", "cert_file", "key_file"] as const;
export type TlsFile = (typeof tlsFiles)[number];

/** Certificates and keys that are pasted may be whole bundles. */
const longestPem = 600_000;

/** A destination of a feed as it is set. */
export interface SetDestination {
  options: Json;
  version: string;
  source: string;
  pinned: boolean;
}

/** Its options as they were saved, or as the file gives them. Null = there is none of this name. */
export function destinationIn(feed: Feed, section: Section, name: string): SetDestination | null {
  const options = optionsIn(feed, section).find((one) => one.name === name);
  const { source = "default", pinned = false } = section.fields.syslog ?? {};
  return options === undefined
    ? null
    : { options, version: sectionVersion(savedOptions(feed, options)), source, pinned };
}

/** Every destination: of a pinned list all options, of a saved one those that were given. */
function optionsIn({ section: name }: Feed, section: Section): Json[] {
  const field = section.fields.syslog as { value?: unknown; saved?: unknown; pinned?: boolean } | undefined;
  const list = (field?.pinned ? field.value : (field?.saved ?? [])) as Json[];
  // One without a name has the feed's.
  return list.map((one) => ({ name: name === "alert_syslog" ? "alerts" : "incidents", ...one }));
}

/** What is saved for each field of the form, for the destination's version; last all of it, with what the form does not show. */
function savedOptions(feed: Feed, options: Json): SavedField[] {
  const texts = textsOf(options);
  const names = Object.values(groupsOf(feed)).flatMap(({ fields }) => fields.map(({ name }) => name));
  const all = [...names, ...tlsFiles.map((kind) => `tls.${kind}`)];
  return [...all.map((name): SavedField => [name, JSON.stringify(texts[name])]), ["", JSON.stringify(options)]];
}

export interface SentDestination extends SentFields {
  /** Of files that were sent and cannot be taken. */
  problems: { name: string; reason: string }[];
}

/** Reads the form; certificates and keys in it are taken, so that they need not be sent again. */
export function readDestination(feed: Feed, { form, ports }: ActionRequest): SentDestination {
  const specs = Object.values(groupsOf(feed)).flatMap(({ fields }) => fields);
  const sent = readFields(form, specs);
  const texts = new Map(sent.texts);
  const changes: Record<string, unknown> = { ...sent.changes };
  const problems: SentDestination["problems"] = [];
  for (const kind of tlsFiles) {
    const name = `tls.${kind}`;
    if (!form.has(shownName(name))) continue;
    const pem = form.pem(`${name}.pem`, longestPem);
    const taken = pem === "" ? { file: fileOf(form, name) } : ports.destinations.take(kind, pem);
    if ("problem" in taken) {
      problems.push({ name, reason: taken.problem });
      continue;
    }
    texts.set(name, taken.file);
    if (taken.file !== form.text(shownName(name), 4_096)) changes[name] = taken.file === "" ? null : taken.file;
  }
  return { texts, changes, problems };
}

/** The path that was typed, else the file that was there before unless it is to go. */
function fileOf(form: FormFields, name: string): string {
  const path = form.text(name, 4_096);
  if (path !== "") return path;
  return form.has(`remove.${name}`) ? "" : form.text(`kept.${name}`, 4_096);
}

/** What would be saved: what is set, with what was changed. */
export function optionsMeant(set: SetDestination | null, { changes }: SentDestination): Json {
  return optionsWith(set?.options ?? {}, changes);
}

/** What is wrong with a destination beside the others of its feed, by its fields. `from`: its present name; null = it is new. */
export async function problemsOf(
  request: PageRequest,
  feed: Feed,
  { from, options }: { from: string | null; options: Json },
): Promise<{ name: string; reason: string }[]> {
  const section = await readSection(request, feed.section);
  const { list, index } = listWith(optionsIn(feed, section), from, options);
  const problems = await request.ports.api.settings.check(feed.section, { syslog: list });
  return problems.map(({ name, reason }) => ({
    name: name.startsWith(`syslog[${index}].`) ? name.slice(`syslog[${index}].`.length) : name,
    reason,
  }));
}

/**
 * Saves one destination and leaves the others as somebody else may have saved them meanwhile. `collides`: whether what was saved of it meanwhile
 * forbids the change; `change`: null = it goes; `place`: where it begins, which is saved with it or not at all.
 */
export async function saveDestination(
  { caller, ports, ...request }: ActionRequest,
  feed: Feed,
  {
    from,
    collides,
    change,
    place = null,
  }: {
    from: string | null;
    collides(set: SetDestination): boolean;
    change(set: Json): Json | null;
    place?: NewPlace | null;
  },
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const section = await readSection({ caller, ports, ...request }, feed.section);
    const all = optionsIn(feed, section);
    const set = from === null ? null : destinationIn(feed, section, from);
    if (from !== null && set === null)
      throw new EdgeError(
        "destination_unknown",
        `there is no destination ${from} any more: somebody has renamed or removed it`,
      );
    if (set !== null && collides(set))
      throw new EdgeError("settings_changed", `${from} was saved by somebody else since this page was shown`);
    const options = change(set?.options ?? {});
    const list = options === null ? all.filter(({ name }) => name !== from) : listWith(all, from, options).list;
    try {
      const fields = { syslog: list.length === 0 ? null : list };
      await ports.api.settings.save(caller, feed.section, fields, section.version, { place });
      return;
    } catch (error) {
      // Somebody saved another part of the section in between.
      if (!(error instanceof EdgeError) || error.code !== "settings_changed" || attempt === 5) throw error;
    }
  }
}

/** Fields that a person changed and somebody else has saved with another value since this version, each with the value saved now. */
export function differingFields(
  feed: Feed,
  version: string,
  set: SetDestination,
  { changes, texts: typed }: SentDestination,
): Map<string, string> {
  const { fields } = sectionOf(feed, set.options, set);
  const texts = textsOf(set.options);
  const now = (name: string) => valueText(fields[name] === undefined ? texts[name] : fields[name].value);
  const changed = changedSince(version, savedOptions(feed, set.options));
  return new Map(
    Object.keys(changes)
      .filter((name) => changed.has(name) && now(name) !== typed.get(name))
      .map((name) => [name, now(name)]),
  );
}

function listWith(all: readonly Json[], from: string | null, options: Json): { list: Json[]; index: number } {
  const at = from === null ? -1 : all.findIndex(({ name }) => name === from);
  if (at < 0) return { list: [...all, options], index: all.length };
  return { list: all.with(at, options) as Json[], index: at };
}
