/** One ticket for a campaign, by the front door: detections that share a host, stand-ins of both ticket systems. */
import { afterEach, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { attack } from "../harness/campaign-scene.ts";
import { queryDatabase } from "../harness/database-file.ts";
import { cleanUpScenes, deliveries, login, type Scene, scene, settled, turn } from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const system = "NT AUTHORITY\\SYSTEM";
const lead = { AUTO_PUSH_CAMPAIGNS: "lead" };

/** Time goes on until everything has come to rest. */
async function rest(it: Scene, minutes = 3): Promise<void> {
  for (let n = 0; n < minutes * 4; n++) await turn(it, minuteMs / 4);
  await settled(it);
}

/** The incident of the user, then that of the machine on which it happened. */
async function bothHappen(it: Scene): Promise<void> {
  await it.appliance.ingest([attack(0, { host: "WS-1", user: "CORP\\alice" })]);
  await turn(it, 10_000);
  await it.appliance.ingest([attack(1, { host: "ws-1", user: system })]);
}

// biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
async function incidentOf(it: Scene, actor: string): Promise<any> {
  const admin = await login(it);
  const { incidents } = (await admin.get("/api/incidents?limit=50")).body;
  const { incident_id: id } = incidents.find((one: { group_key: string }) => one.group_key.startsWith(actor));
  return (await admin.get(`/api/incidents/${id}`)).body;
}
const words = (value: unknown) => JSON.stringify(value);

test("the second incident has no ticket: it stands in the first one's, in both systems, and says where", async () => {
  const it = await scene(lead);
  await bothHappen(it);
  await rest(it);
  expect([it.jira.issues.length, it.snow.rows.length]).toEqual([1, 1]);
  const [alice, host] = [await incidentOf(it, "alice"), await incidentOf(it, "ws-1")];
  expect(host.campaign_id).toBe(alice.campaign_id);
  const [issue] = it.jira.issues;
  const notes = [
    issue?.comments.map(({ body }) => words(body)) ?? [],
    it.snow.journal.map(({ value }) => value),
  ] as const;
  for (const of of notes) {
    const telling = of.filter((text) => text.includes(host.incident_id));
    expect(telling).toHaveLength(1);
    expect(telling[0]).toContain(`One more incident belongs to the same attack (campaign ${host.campaign_id})`);
    expect(telling[0]).toContain(`https://edge.example:8443/incidents/${host.incident_id}`);
    expect(telling[0]).toContain("Actor ws-1");
  }
  expect(host.external_ticket_id).toBeNull();
  expect(
    host.told_in.map(({ system: at, ticket_id: key }: { system: string; ticket_id: string }) => [at, key]),
  ).toEqual([
    ["jira", issue?.key],
    ["servicenow", it.snow.rows[0]?.number],
  ]);
  for (const ticket of host.tickets) {
    expect(ticket).toMatchObject({ state: "told in another", told_in: { incident_id: alice.incident_id } });
    expect(ticket.deliveries).toMatchObject([{ kind: "create", state: "discarded", cause: "campaign" }]);
    expect(ticket.deliveries[0].detail).toBe(
      `the ticket of ${alice.incident_id} stands for campaign ${host.campaign_id}`,
    );
  }
  const { tickets } = (await (await login(it)).get(`/api/tickets?incident_id=${host.incident_id}`)).body;
  expect(tickets[0].told_in).toMatchObject({ incident_id: alice.incident_id });
});

test("closed in Jira, both incidents are closed; in progress again, both are", async () => {
  const it = await scene({ ...lead, AUTO_PUSH_SYSTEMS: "jira" });
  await bothHappen(it);
  await rest(it);
  const key = it.jira.issues[0]?.key ?? "";
  it.jira.move(key, "Done", "Done");
  await rest(it, 8);
  const statuses = async () => [(await incidentOf(it, "alice")).status, (await incidentOf(it, "ws-1")).status];
  expect(await statuses()).toEqual(["CLOSED", "CLOSED"]);
  const { history } = await incidentOf(it, "ws-1");
  expect(history.at(-1)).toMatchObject({ action: "EXTERNAL_SYNC", source: "jira-sync", field: "resolution_notes" });
  it.jira.move(key, "In Progress", null);
  await rest(it, 8);
  expect(await statuses()).toEqual(["IN_PROGRESS", "IN_PROGRESS"]);
  expect(it.jira.issues).toHaveLength(1);
});

test("parked: the other incident gets the ticket, and the first stands in it; a second start in between changes nothing", async () => {
  const it = await scene({ ...lead, AUTO_PUSH_SYSTEMS: "servicenow" });
  let refused = 0;
  // The first only: something about that incident.
  it.snow.faults = ({ method, path }) =>
    method === "POST" && path.includes("/incident") && refused++ === 0
      ? { when: "before", what: { status: 403 } }
      : null;
  await bothHappen(it);
  await until(async () => {
    await turn(it, 5_000);
    return queryDatabase(it.appliance, "select count(*) as n from deliveries where state = 'parked'").n !== 0;
  });
  it.appliance = await it.appliance.restarted();
  await rest(it);
  expect(it.snow.rows).toHaveLength(1);
  const [alice, host] = [await incidentOf(it, "alice"), await incidentOf(it, "ws-1")];
  const made = it.snow.rows[0]?.correlation_id;
  const other = made === alice.incident_id ? host : alice;
  expect([alice.incident_id, host.incident_id]).toContain(made);
  expect(
    it.snow.journal.filter(
      ({ value }) => value.includes("belongs to the same attack") && value.includes(other.incident_id),
    ),
  ).toHaveLength(1);
});

test("a ticket that a person wants is made, whatever stands for the campaign", async () => {
  const it = await scene({ ...lead, AUTO_PUSH_SYSTEMS: "jira" });
  await bothHappen(it);
  await rest(it);
  const host = await incidentOf(it, "ws-1");
  const answer = await (await login(it)).post(`/api/incidents/${host.incident_id}/tickets`, { system: "jira" });
  expect(answer.status).toBe(202);
  await rest(it);
  expect(it.jira.issues).toHaveLength(2);
  expect((await incidentOf(it, "ws-1")).external_ticket_id).toBe(it.jira.issues[1]?.key);
});

test("each: as many tickets as incidents, at once", async () => {
  const it = await scene({ AUTO_PUSH_SYSTEMS: "jira" });
  await bothHappen(it);
  await until(() => it.jira.issues.length === 2);
  await rest(it);
  expect((await deliveries({ ...it, admin: await login(it) }, "state=discarded")).length).toBe(0);
});
