/** Answers to creates and look-ups that are not true: another ticket's number, a search that does not heed what was asked. */
import { afterEach, describe, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import {
  cleanUpScenes,
  critical,
  eventually,
  listed,
  login,
  once,
  type Scene,
  scene,
  turn,
} from "../harness/ticket-scene.ts";

afterEach(cleanUpScenes);

const quick = { UNKNOWN_LOOKUP_DELAYS_SECONDS: "60", RETRY_BASE_DELAY_SECONDS: "5" };
const made = async (it: Scene, user: string) => {
  const before = (await listed(it, "state=confirmed")).length;
  await it.appliance.ingest([critical(user)]);
  await eventually(it, async () => (await listed(it, "state=confirmed")).length > before);
};

const tickets = async (it: Scene) =>
  (await (await login(it)).get("/api/tickets")).body.tickets as { incident_id: string; ticket_id: string | null }[];

describe("a create that is answered with another incident's ticket", () => {
  test("by Jira: what it has made is looked up, and each incident has its own", async () => {
    const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "jira" });
    await made(it, "first");
    const { id, key } = it.jira.issue("SEC-1");
    it.jira.faults = once("POST", /issue$/, { when: "after", what: { body: { id, key, self: "x" }, as: 201 } });
    await it.appliance.ingest([critical("second")]);
    await eventually(it, async () => (await tickets(it)).filter((one) => one.ticket_id !== null).length === 2);
    expect((await tickets(it)).map((one) => one.ticket_id).toSorted()).toEqual(["SEC-1", "SEC-2"]);
    expect(it.jira.issues).toHaveLength(2);
  });

  test("by Jira, and nothing was made: it waits for a person, and the other incident's ticket stays its own", async () => {
    const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "jira" });
    await made(it, "first");
    const { id, key } = it.jira.issue("SEC-1");
    it.jira.faults = once("POST", /issue$/, { when: "before", what: { body: { id, key, self: "x" }, as: 201 } });
    await it.appliance.ingest([critical("second")]);
    await eventually(it, async () => (await listed(it, "state=parked")).length === 1);
    const [parked] = await listed(it, "state=parked");
    expect(parked).toMatchObject({ kind: "create", cause: "made_not_identified" });
    expect(parked.detail).toContain("SEC-1, which is another incident's ticket");
    expect((await tickets(it)).filter((one) => one.ticket_id === "SEC-1")).toHaveLength(1);
    expect((await (await login(it)).post(`/api/deliveries/${parked.id}/retry`, {})).status).toBe(200);
    await eventually(it, () => it.jira.issues.length === 2);
  });

  test("by ServiceNow, which names the incident of it: the same", async () => {
    const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "servicenow" });
    const foreign = { sys_id: "e".repeat(32), number: "INC0077777", correlation_id: "INC-0badcafe" };
    it.snow.faults = once("POST", /incident$/, { when: "after", what: { body: { result: foreign }, as: 201 } });
    await it.appliance.ingest([critical("first")]);
    await eventually(it, async () => (await tickets(it))[0]?.ticket_id != null);
    expect((await tickets(it))[0]?.ticket_id).toBe(it.snow.rows[0]?.number ?? "?");
  });
});

test("ServiceNow gives the first records whatever is asked for: that says nothing of one that may have been made", async () => {
  const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "servicenow" });
  await made(it, "first");
  await turn(it, 10 * minuteMs);
  for (let n = 0; n < 6; n++) {
    const row = { ...it.snow.rows[0], sys_id: String(n).repeat(32), number: `INC009900${n}` };
    it.snow.rows.push({ ...row, correlation_id: "", correlation_display: "" } as never);
  }
  it.snow.options.filters = false;
  it.snow.faults = once("POST", /incident$/, { when: "after", what: "reset" });
  await it.appliance.ingest([critical("second")]);
  await eventually(it, async () => (await listed(it, "state=parked")).length === 1);
  const [parked] = await listed(it, "state=parked");
  expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
  expect(parked.detail).toContain("do not show the correlation_id asked for");
  expect(it.snow.rows).toHaveLength(8);
  it.snow.options.filters = true;
  expect((await (await login(it)).post("/api/settings/servicenow/test", {})).body.ok).toBe(true);
  await eventually(it, async () => (await listed(it, "state=parked,unknown")).length === 0);
  expect(it.snow.rows).toHaveLength(8);
});

test("Jira reads another issue than the one asked for: its state is not taken for the ticket's", async () => {
  const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "jira" });
  await made(it, "first");
  await made(it, "second");
  it.jira.move("SEC-2", "Done", "Done");
  const [first, second] = it.jira.issues;
  const { incident_id: id } = (await tickets(it)).find((one) => one.ticket_id === "SEC-1") ?? { incident_id: "" };
  const status = { name: "Done", statusCategory: { key: "done" } };
  const lie = { id: second?.id, key: second?.key, fields: { status, updated: "2026-03-13T04:30:00.000+0000" } };
  it.jira.faults = ({ method, path }) =>
    method === "GET" && path.endsWith(`/issue/${first?.id}`) ? { when: "before", what: { body: lie } } : null;
  await turn(it, 20 * minuteMs);
  const incident = (await (await login(it)).get(`/api/incidents/${id}`)).body;
  expect([incident.status, incident.external_ticket_id]).toEqual(["OPEN", "SEC-1"]);
});
