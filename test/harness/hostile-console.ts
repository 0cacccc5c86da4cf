/** An appliance with tickets whose records are hostile in every field, and the address of each of its pages. */
import { ApiClient, password } from "./api-client.ts";
import { detection, until } from "./appliance.ts";
import { writeCampaigns } from "./campaign-rows.ts";
import { ConsoleClient } from "./console-client.ts";
import { type HostileKind, hostileWords } from "./hostile-words.ts";
import { deliveries, login, type Scene, scene, turn } from "./ticket-scene.ts";

export interface HostileConsole extends Scene {
  url: string;
  /** Every page once, those of one thing once for each kind of hostile word where that makes a difference. */
  paths: string[];
  /** Who has to choose a password first. */
  newcomer: string;
}

const newcomer = "newcomer";
const campaign = "CMP-00000001";
/** Two rules for each, so that there are cases; five in order, so that it is an attack of several stages. */
const tactics = ["initial-access", "execution", "credential-access", "lateral-movement", "impact"];
const techniques = ["t1078", "t1059.001", "t1003", "t1021.002", "t1486"];
const levels = ["critical", "high", "medium", "low", "critical"];
const kinds = Object.keys(hostileWords) as HostileKind[];

const status = `${hostileWords.markup} ${"W".repeat(300)}`;
const workflow = [
  { name: "To Do", category: "new" as const, to: [status] },
  { name: status, category: "indeterminate" as const, to: [] },
];
const colleague = { accountId: "acc-hostile", displayName: hostileWords.markup };

/** A scene (to be cleaned up as one) in which everything has happened. */
export async function hostileConsole(): Promise<HostileConsole> {
  const it = await scene({ AUTO_PUSH_MIN_SEVERITY: "LOW" }, { jira: { workflow } });
  // What one target refuses, it refuses in the worst words.
  const refusal = { error: { message: hostileWords.markup, detail: hostileWords.everything } };
  it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: { as: 400, body: refusal } } : null);
  for (const kind of kinds) {
    await taken(it.appliance.ingest(detectionsOf(kind, it.appliance.clock.now())));
    await taken(it.appliance.ingest([alarmOf(kind, it.appliance.clock.now())], { kind: "alarms" }));
  }
  await until(async () => (await deliveries(it, "state=confirmed&limit=100")).length >= 2 * kinds.length);
  await until(async () => (await deliveries(it, "state=parked&limit=100")).length >= kinds.length);
  await worked(it);
  const ids = await incidentIds(it);
  it.appliance = await it.appliance.restarted(() => {
    const [one = "", other = ""] = ids;
    const link = { one, other, kind: "host", what: hostileWords.everything, at: it.appliance.clock.now() };
    writeCampaigns(it.appliance, [{ id: campaign, entity: "Primary Site", incidents: ids, links: [link] }]);
  });
  await turn(it, 10 * 60_000);
  it.admin = await login(it);
  // Names of entities are all that is free in a destination.
  const entities = Object.values(hostileWords).filter((word) => /^[^\p{Cc}]{1,200}$/u.test(word.trim()));
  const soc = { name: "soc", host: "127.0.0.1", port: 1, entities };
  if (entities.length === 0) throw new Error("no hostile word can be an entity");
  for (const feed of ["alert_syslog", "incident_syslog"]) {
    const { status: code, body } = await it.admin.send("PUT", `/api/settings/${feed}`, { syslog: [soc] });
    if (code !== 200) throw new Error(JSON.stringify(body).slice(0, 500));
  }
  await until(async () => (await deliveries(it, "state=parked&limit=100")).length >= kinds.length);
  return {
    ...it,
    url: it.appliance.appliance.apiUrl,
    paths: await pathsOf(it, ids),
    newcomer,
  };
}

async function taken(answer: Promise<{ status: number; body: { rejected: number } }>): Promise<void> {
  const { status: code, body } = await answer;
  if (code !== 200 || body.rejected > 0) throw new Error(JSON.stringify(body).slice(0, 500));
}

/** Colleagues, here and at the target, write, assign and rename. */
async function worked(it: Scene): Promise<void> {
  await ApiClient.asUser(it.appliance, "ana", "analyst");
  const ana = await ConsoleClient.signedIn(it.appliance, "ana");
  await ana.submit(await ana.get("/account"), "/console/display-name", {
    display_name: hostileWords.markup.slice(0, 80),
  });
  const client = await ApiClient.loggedIn(it.appliance, "ana");
  for (const id of await incidentIds(it)) {
    const notes = { investigation_notes: written, assigned_analyst: "ana" };
    const { status: code, body } = await client.patch(`/api/incidents/${id}`, notes);
    if (code !== 200) throw new Error(JSON.stringify(body).slice(0, 500));
  }
  const saved = await client.post("/api/exceptions", {
    rule: hostileWords.markup,
    actor: "x",
    reason: written.slice(0, 2_000),
  });
  if (saved.status >= 300) throw new Error(JSON.stringify(saved.body).slice(0, 500));
  const admin = await login(it);
  const word = hostileWords.markup.slice(0, 100);
  const asset = { host: word.replaceAll(/[|;*]/g, ""), role: "server", aliases: ["W".repeat(250)] };
  for (const answer of [
    await admin.post("/api/keys", { name: word, scopes: ["ingest"], entities: [hostileWords.markup, "W".repeat(200)] }),
    await admin.patch("/api/assets", { set: [asset] }),
    await admin.patch("/api/users/ana", { entities: ["Primary Site", hostileWords.markup, "W".repeat(200)] }),
  ])
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body).slice(0, 500));
  await it.appliance.appliance.operations.createUser({ name: newcomer, role: "viewer", password, entities: [] });
  await it.appliance.clock.advance(60_000);
  for (const { key } of it.jira.issues) {
    it.jira.say(key, hostileWords.everything, colleague);
    it.jira.assign(key, colleague, colleague);
    it.jira.move(key, status, null, colleague);
  }
  await turn(it, 10 * 60_000);
}

/** As a form can send it: without NUL and halves of pairs. */
const written = hostileWords.everything.toWellFormed().replaceAll("\0", "");

async function incidentIds(it: Scene): Promise<string[]> {
  const { incidents } = (await (await login(it)).get("/api/incidents?limit=100")).body;
  return incidents.map((one: { incident_id: string }) => one.incident_id);
}

async function pathsOf(it: Scene, ids: readonly string[]): Promise<string[]> {
  const get = async (path: string) => (await it.admin.get(path)).body;
  const { cases } = await get("/api/cases/search?limit=3");
  const { alerts } = await get("/api/alerts?limit=100");
  const { keys } = await get("/api/keys");
  const { exceptions } = await get("/api/exceptions");
  const sent: { id: string; system: string }[] = await deliveries(it, "limit=100");
  const deliveryTo = (system: string) => sent.find((delivery) => delivery.system === system)?.id;
  const one = ids.at(-1);
  const q = (text: string) => encodeURIComponent(text.slice(0, 500).toWellFormed());
  return [
    "/",
    "/incidents",
    `/incidents?q=${q(hostileWords.markup)}&view=all`,
    ...ids.map((id) => `/incidents/${id}`).toReversed(),
    `/incidents/${one}?all=1`,
    `/incidents/${one}/preview/jira`,
    `/incidents/${one}/preview/servicenow`,
    `/incidents/${one}/preview/servicenow?as=sent`,
    `/incidents/${one}/exception?rule=${q(hostileWords.turned)}`,
    "/incidents/new",
    `/search?q=${q("markup")}`,
    "/cases",
    `/cases/${cases[0].case_id}`,
    `/alerts?q=${q(hostileWords.long)}`,
    "/alerts",
    ...alerts.slice(0, 1).map((alert: { hash: string }) => `/alerts/${alert.hash}`),
    "/campaigns",
    `/campaigns/${campaign}`,
    "/deliveries",
    "/deliveries/all",
    `/incidents/${ids[0]}/renew/jira`,
    `/deliveries/${deliveryTo("servicenow")}`,
    `/deliveries/${deliveryTo("jira")}`,
    "/settings/integrations",
    ...["alert-syslog", "incident-syslog"].flatMap((feed) =>
      ["", "/add", "/destinations/soc", "/destinations/soc/remove"].map(
        (page) => `/settings/integrations/${feed}${page}`,
      ),
    ),
    ...["jira", "servicenow", "proactive", "auto-push", "retries"].map((name) => `/settings/integrations/${name}`),
    "/system",
    "/settings",
    ...["correlation", "service-levels", "routing", "masking"].map((page) => `/settings/${page}`),
    ...["retention", "backups", "network", "logging"].map((page) => `/settings/${page}`),
    "/settings/packs",
    "/settings/packs/syslog",
    "/account",
    "/users",
    "/new-user",
    "/users/ana",
    "/keys",
    "/keys/new",
    `/keys/${keys[0].id}`,
    "/audit",
    "/exceptions",
    `/exceptions/new?rule=${q(hostileWords.markup)}&actor=x&reason=${q(hostileWords.turned)}`,
    ...exceptions.slice(0, 1).flatMap(({ id }: { id: string }) => [`/exceptions/${id}`, `/exceptions/${id}/edit`]),
    "/assets",
    `/assets/edit?kind=host&name=${q(hostileWords.markup)}`,
    "/assets/import",
  ];
}

/** Ten rules of five tactics on three hosts, with everything that a detection can say. */
function detectionsOf(kind: HostileKind, now: number): Record<string, unknown>[] {
  const word = hostileWords[kind];
  return [...tactics, ...tactics].map((tactic, rule) =>
    detection({
      id: word,
      rule_id: `${rule} ${word}`,
      rule_title: rule === 0 ? word : `${rule} ${word}`,
      rule_author: word,
      level: levels[rule % 5],
      tags: [`attack.${tactic}`, `attack.${techniques[rule % 5]}`, word, `attack.${word}`],
      entity: kind === "markup" ? word : "Primary Site",
      user: word,
      host: rule % 3 === 0 ? word : `${rule % 3}.${word}`,
      src_ip: word,
      dst_host: word,
      event_id: word,
      channel: word,
      provider: word,
      record_id: word,
      ml_cluster: 3,
      timestamp: new Date(now - (11 - rule) * 7 * 60_000).toISOString(),
      raw: {
        [word]: word,
        Image: word,
        CommandLine: word,
        ParentImage: word,
        TargetUserName: word,
        Hashes: word,
        ScriptBlockText: word.repeat(5),
        nested: { [word]: [word, { [word]: word }] },
      },
    }),
  );
}

function alarmOf(kind: HostileKind, now: number): Record<string, unknown> {
  const word = hostileWords[kind];
  const timestamp = new Date(now - 60_000).toISOString();
  const entity = kind === "markup" ? word : "Primary Site";
  return { alarm_id: word, name: word, rbp: 90, timestamp, entity, user: word, host: word, src_ip: word };
}
