/** Detections in over HTTP, incidents and cases out as syslog: what the SIEM sees of them. */
import { afterEach, expect, test } from "bun:test";
import { ApiClient } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { freePort } from "../harness/free-port.ts";
import { parseRfc5424 } from "../harness/rfc5424-strict.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function receiving(port?: number): Promise<SyslogReceiver> {
  const receiver = await SyslogReceiver.started(port === undefined ? {} : { port });
  cleanUp.push(() => receiver.stop());
  return receiver;
}

async function appliance(incidents: object, alerts?: object, env = {}): Promise<TestAppliance> {
  const started = await TestAppliance.start({
    ...(alerts === undefined ? {} : { config: { syslog: alerts } }),
    incidentConfig: { syslog: incidents },
    env,
  });
  cleanUp.push(() => started.dispose());
  return started;
}

const to = (receiver: { port: number }, more: object = {}) => ({
  protocol: "tcp",
  host: "127.0.0.1",
  port: receiver.port,
  ...more,
});

function read(message: string) {
  const { pri, appName, msgid, sd, msg } = parseRfc5424(message);
  const params = Object.fromEntries(sd[0]?.params ?? []);
  return { pri, appName, msgid, sdId: sd[0]?.id, params, body: JSON.parse(msg ?? "") };
}

/** A theft of credentials by one user on two hosts; two of one entity would be one campaign. */
const theft = (user = "CORP\\jsmith", entity = "Primary Site") =>
  ["WS-101", "WS-101", "DC-01"].map((host) =>
    detection({ user, host, entity, level: "critical", tags: ["attack.credential-access", "attack.t1003.001"] }),
  );

test("the alert, the case and the incident, each on its feed; case and incident name each other", async () => {
  const [alerts, incidents] = [await receiving(), await receiving()];
  const edge = await appliance(to(incidents), to(alerts));
  await edge.ingest(theft());
  await until(() => incidents.messages.length === 2 && alerts.messages.length === 2);
  const [threatCase, incident] = incidents.messages.map(read);
  expect(threatCase).toMatchObject({
    pri: 138,
    appName: "SigmaIncident",
    msgid: "case_created",
    sdId: "sigma-case@32473",
    params: {
      event: "created",
      type: "credential_theft",
      severity: "CRITICAL",
      alert_count: "3",
      primary_user: "jsmith",
      affected_hosts: "dc-01,ws-101",
      related_incident_id: incident?.params.id,
    },
  });
  expect(incident).toMatchObject({
    pri: 138,
    msgid: "incident_created",
    sdId: "sigma-incident@32473",
    params: {
      actor: "jsmith",
      actor_type: "user",
      entity: "Primary Site",
      status: "OPEN",
      risk_level: "critical",
      related_case_ids: threatCase?.params.id,
      related_case_types: "credential_theft",
      threat_case_count: "1",
    },
    body: { incident_id: incident?.params.id, related_cases: [{ case_id: threatCase?.params.id }] },
  });
  expect(alerts.messages.every((message) => parseRfc5424(message).appName === "SigmaAlert")).toBe(true);

  const health = await edge.health("incidents");
  expect(health.status).toBe(200);
  expect(Object.keys(health.body).slice(0, 6)).toEqual([
    ...["status", "uptime_seconds", "incidents_sent", "cases_sent", "errors", "last_poll"],
  ]);
  expect(health.body).toMatchObject({ status: "running", incidents_sent: 1, cases_sent: 1, queued: 0 });
  expect((await edge.health("alerts")).body).toMatchObject({ alerts_sent: 2 });
});

test("a receiver that is away holds up nobody, is named on its own port, and gets everything in order later", async () => {
  const alerts = await receiving();
  const port = await freePort();
  const edge = await appliance({ ...to({ port }), name: "soc" }, to(alerts));
  await edge.ingest(theft("one"));
  await edge.ingest(theft("two", "South"));
  await until(() => alerts.messages.length === 4);
  await until(async () => (await edge.health("incidents")).body.status === "degraded");
  expect((await edge.health("incidents")).body).toMatchObject({ queued: 4, destinations: [{ name: "soc" }] });
  expect((await edge.health("alerts")).body.status).toBe("running");
  const late = await receiving(port);
  await edge.clock.advance(60_000);
  await until(() => late.messages.length === 4);
  expect(
    late.messages.map((message) => [
      read(message).msgid,
      read(message).body.primary_user ?? read(message).body.group_key,
    ]),
  ).toEqual([
    ["case_created", "one"],
    ["incident_created", "one"],
    ["case_created", "two"],
    ["incident_created", "two"],
  ]);
});

test("who wants only serious ones of one tenant gets those; who wants no rises of the level gets none", async () => {
  const [all, serious, quiet] = [await receiving(), await receiving(), await receiving()];
  const edge = await appliance([
    to(all, { name: "all" }),
    to(serious, { name: "serious", min_risk: 70, entities: ["north"] }),
    to(quiet, { name: "quiet", risk_level_events: false }),
  ] as object);
  const some = (entity: string) =>
    [1, 2, 3].map((n) => detection({ rule_id: `s${n}`, rule_title: `S${n}`, tags: ["attack.execution"], entity }));
  await edge.ingest(some("North"));
  await edge.ingest(some("South"));
  const more = ["execution", "persistence", "discovery", "lateral-movement", "impact"].flatMap((tactic, n) => [
    detection({ level: "critical", rule_id: `a${n}`, tags: [`attack.${tactic}`], entity: "North" }),
    detection({ level: "high", rule_id: `b${n}`, tags: [`attack.${tactic}`], entity: "North" }),
  ]);
  await edge.ingest(more);
  const kinds = (receiver: SyslogReceiver) =>
    receiver.messages.map((message) => `${read(message).msgid} ${read(message).params.entity}`);
  await until(() => kinds(all).includes("incident_updated North"));
  const rise = all.messages.map(read).find(({ msgid }) => msgid === "incident_updated");
  expect(rise?.body.changes).toContainEqual({ field: "risk_level", old: "medium", new: rise?.params.risk_level });
  await until(() => quiet.messages.length === all.messages.length - 1);
  expect(kinds(quiet)).not.toContain("incident_updated North");
  // The cases of risk 75 and 90, and the incident once it was serious.
  await until(() => kinds(serious).includes("incident_updated North"));
  expect(kinds(serious)).not.toContain("incident_created North");
  expect(kinds(serious).some((kind) => kind.endsWith("South"))).toBe(false);
});

test("new rules of an open incident are told where rises of the level are", async () => {
  const [all, quiet] = [await receiving(), await receiving()];
  const edge = await appliance([
    to(all, { name: "all" }),
    to(quiet, { name: "quiet", risk_level_events: false }),
  ] as object);
  await edge.ingest(theft());
  await edge.ingest([detection({ rule_id: "new", rule_title: "A new rule" })]);
  await until(() => all.messages.length === 3);
  const update = read(all.messages[2] ?? "");
  expect(update).toMatchObject({ msgid: "incident_updated", params: { event: "updated" } });
  expect(update.body.changes).toEqual([{ field: "rules", old: null, new: "A new rule" }]);
  await until(() => quiet.messages.length === 2);
  await edge.ingest(theft("other", "South"));
  await until(() => quiet.messages.length === 4);
  expect(quiet.messages.map((message) => read(message).msgid)).not.toContain("incident_updated");
});

test("the heading in lists follows the hosts, also where the score stays as it is, and what exceptions take out", async () => {
  const edge = await appliance(to(await receiving()));
  const api = await ApiClient.asUser(edge, "analyst", "analyst");
  const dcsync = { user: "jsmith", rule_title: "Mimikatz DC Sync", tags: ["attack.t1003.006"] };
  const listed = async () => {
    const [incident] = (await api.get("/api/incidents")).body.incidents;
    const { headline } = (await api.get(`/api/incidents/${incident.incident_id}`)).body;
    expect(incident.headline).toBe(headline);
    return [incident.risk_score, headline];
  };
  await edge.ingest([detection({ ...dcsync, host: "WS-1" })]);
  const [score, first] = await listed();
  expect(first).toBe("Domain passwords replicated (DCSync) on ws-1 by jsmith");
  for (const host of ["WS-2", "WS-3", "WS-4"]) await edge.ingest([detection({ ...dcsync, host })]);
  expect(await listed()).toEqual([score, "Domain passwords replicated (DCSync) on 4 hosts by jsmith"]);
  await edge.ingest([detection({ ...dcsync, host: "WS-4" })]);
  for (const host of ["WS-2", "WS-3"]) {
    const { status } = await api.post("/api/exceptions", { host, actor: "jsmith", reason: "known" });
    expect(status).toBe(201);
  }
  expect(await listed()).toEqual([score, "Domain passwords replicated (DCSync) on ws-1 and ws-4 by jsmith"]);
});

test("a replay has the same bytes, whatever has changed since", async () => {
  const receiver = await receiving();
  const edge = await appliance(to(receiver));
  await edge.ingest(theft());
  await until(() => receiver.messages.length === 2);
  const before = [...receiver.messages];
  await edge.ingest(theft());
  const replayed = await edge.appliance.operations.replay({ destination: "incidents/incidents", from: 0, to: null });
  expect(replayed).toEqual({ reader: "incidents/incidents", messages: 2, waited: 0 });
  await until(() => receiver.messages.length === 4);
  expect(receiver.messages.slice(2)).toEqual(before);
});

test("a name that both feeds have is asked for with its feed", async () => {
  const receiver = await receiving();
  const edge = await appliance(to(receiver, { name: "siem" }), to(receiver, { name: "siem" }));
  const replay = (destination: string) =>
    edge.appliance.operations.replay({ destination, from: 0, to: null }).catch((error: Error) => error.message);
  expect(await replay("siem")).toBe('both feeds have a destination "siem": say alerts/siem or incidents/siem');
  expect(await replay("alerts/siem")).toEqual({ reader: "alerts/siem", messages: 0, waited: 0 });
  expect(await replay("nobody")).toBe('no destination "nobody"; configured: siem, siem');
});

test("the score that makes an incident and whose accounts are shared are settings; a new value holds at once", async () => {
  const receiver = await receiving();
  const edge = await appliance(to(receiver), undefined, { QUALIFY_MIN_SCORE: "95", SHARED_ACCOUNTS: "jsmith" });
  await edge.ingest(theft());
  await until(() => receiver.messages.length === 1);
  expect(read(receiver.messages[0] ?? "")).toMatchObject({
    msgid: "case_created",
    params: { primary_user: "ws-101", related_incident_id: "" },
    body: { related_incident: null },
  });
});

test("heartbeats and the test message work on this feed too", async () => {
  const receiver = await receiving();
  const edge = await appliance(to(receiver, { heartbeat_minutes: 1 }));
  await edge.clock.advance(61_000);
  await until(() => receiver.messages.length > 0);
  expect(parseRfc5424(receiver.messages[0] ?? "")).toMatchObject({ msgid: "STATUS", appName: "SigmaIncident" });
});
