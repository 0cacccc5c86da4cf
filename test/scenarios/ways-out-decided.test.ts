/** What a person decides of a create that may have arrived: in a system that is switched off, by the API alone, and of his own entities only. */
import { afterEach, describe, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { command } from "../harness/command.ts";
import { movableSnow, saved } from "../harness/ticket-places.ts";
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
import type { Fault } from "../standins/faults.ts";

afterEach(cleanUpScenes);

const quick = { UNKNOWN_LOOKUP_DELAYS_SECONDS: "600", RETRY_BASE_DELAY_SECONDS: "5" };
const waiting = async (it: Scene) => {
  await eventually(it, async () => (await listed(it, "state=parked")).length > 0);
  return (await listed(it, "state=parked"))[0];
};

const made = async (it: Scene, user: string, fields: object = {}) => {
  const before = (await listed(it, "state=confirmed")).length;
  await it.appliance.ingest([critical(user, fields)]);
  await eventually(it, async () => (await listed(it, "state=confirmed")).length > before);
};

describe("a create that may have arrived in a system that is switched off", () => {
  const switchedOff = async (when: Fault["when"]) => {
    const it = await movableSnow(quick);
    await made(it, "first");
    it.snow.faults = once("POST", /incident$/, { when, what: "reset" });
    await it.appliance.ingest([critical("second")]);
    await eventually(it, async () => (await listed(it, "state=unknown")).length === 1);
    await saved(it, "servicenow", { enabled: false });
    const parked = await waiting(it);
    expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
    expect(parked.detail).toContain("is switched off");
    const asked = it.snow.log.length;
    await turn(it, 20 * minuteMs);
    expect(it.snow.log).toHaveLength(asked);
    return { it, parked, admin: await login(it) };
  };

  test("is named by a person", async () => {
    const { it, parked, admin } = await switchedOff("after");
    const number = it.snow.rows[1]?.number ?? "";
    const found = await admin.get(`/api/deliveries/${parked.id}/candidates`);
    expect([found.status, found.body.candidates[0]?.number]).toEqual([200, number]);
    const asked = (...options: string[]) =>
      command(["deliveries", "candidates", parked.id, ...options], { dataDir: it.appliance.dataDir });
    expect(JSON.parse((await asked("--json")).out)).toEqual(found.body);
    const { code, out } = await asked();
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^NUMBER .* TITLE\n${number} +\\d{4}-.* second`)),
    ]);
    const answer = await admin.post(`/api/deliveries/${parked.id}/identify`, { number });
    expect([answer.status, answer.body.state]).toEqual([200, "confirmed"]);
    const { tickets } = (await admin.get(`/api/tickets?incident_id=${parked.incident_id}`)).body;
    expect(tickets[0]).toMatchObject({ state: "there", ticket_id: number });
  });

  test("is given up with a reason; wanted later all the same, it is looked up first", async () => {
    const { it, parked, admin } = await switchedOff("after");
    const again = await admin.post(`/api/deliveries/${parked.id}/retry`, {});
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining("switched off")]);
    const given = await admin.post(`/api/deliveries/${parked.id}/discard`, { reason: "Handled by phone" });
    expect([given.status, given.body.state]).toEqual([200, "discarded"]);
    await saved(it, "servicenow", { enabled: true });
    const wanted = `/api/incidents/${parked.incident_id}/tickets`;
    expect((await (await login(it)).post(wanted, { system: "servicenow" })).status).toBe(202);
    await eventually(it, async () => (await listed(it, "state=confirmed")).length === 2);
    expect(it.snow.rows).toHaveLength(2);
  });

  test("is looked up when the system is switched on again, after a restart too", async () => {
    const { it } = await switchedOff("before");
    it.appliance = await it.appliance.restarted();
    expect(await waiting(it)).toMatchObject({ cause: "unknown_outcome" });
    await saved(it, "servicenow", { enabled: true });
    await eventually(it, () => it.snow.rows.length === 2);
    await eventually(it, async () => (await listed(it, "state=parked,unknown")).length === 0);
  });
});

test("a note that may have arrived in a system that is switched off waits for a person, and is written once", async () => {
  const it = await movableSnow(quick);
  await made(it, "first");
  const [incident] = (await (await login(it)).get("/api/incidents")).body.incidents;
  it.snow.faults = once("PATCH", /incident/, { when: "after", what: "reset" });
  await (await login(it)).patch(`/api/incidents/${incident.incident_id}`, { notes: "Asked the user" });
  await eventually(it, async () => (await listed(it, "state=unknown")).length === 1);
  await saved(it, "servicenow", { enabled: false });
  expect(await waiting(it)).toMatchObject({ kind: "comment", cause: "not_looked_up" });
  await saved(it, "servicenow", { enabled: true });
  await eventually(it, async () => (await listed(it, "state=parked,unknown,planned")).length === 0);
  expect(it.snow.journal.filter(({ value }) => value.includes("Asked the user"))).toHaveLength(1);
});

test("what is looked up in vain is given up by a person, whatever a look-up under way says afterwards", async () => {
  const it = await scene({ ...quick, AUTO_PUSH_SYSTEMS: "servicenow" });
  await made(it, "first");
  it.snow.faults = once("POST", /incident$/, { when: "after", what: "reset" });
  await it.appliance.ingest([critical("second")]);
  await eventually(it, async () => (await listed(it, "state=unknown")).length === 1);
  const [unknown] = await listed(it, "state=unknown");
  const looks = () => it.snow.log.filter(({ method, path }) => method === "GET" && path.endsWith("/incident")).length;
  const before = looks();
  it.snow.delayMs = 2_000;
  await it.appliance.clock.advance(11 * minuteMs);
  await until(() => looks() > before);
  const answer = await (await login(it)).post(`/api/deliveries/${unknown.id}/discard`, { reason: "Handled by phone" });
  it.snow.delayMs = 0;
  const after = async () => (await (await login(it)).get(`/api/deliveries/${unknown.id}`)).body.state;
  await turn(it, 20 * minuteMs);
  // Whoever was first has decided.
  expect(await after()).toBe(answer.status === 200 ? "discarded" : "confirmed");
  expect(it.snow.rows).toHaveLength(2);
});

describe("tickets of other entities", () => {
  const twoEntities = async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "servicenow", ...quick });
    await made(it, "sara", { entity: "South" });
    it.snow.options.createAnswer = "nothing";
    it.snow.options.readable = false;
    await it.appliance.ingest([critical("nils", { entity: "North" })]);
    const parked = await waiting(it);
    expect(parked).toMatchObject({ cause: "made_not_identified", entity_name: "North" });
    it.snow.options.readable = true;
    const [south, north] = it.snow.rows;
    if (south === undefined || north === undefined) throw new Error("there are two records");
    await ApiClient.asUser(it.appliance, "nora", "analyst", ["North"]);
    const nora = () => ApiClient.loggedIn(it.appliance, "nora");
    return { it, parked, south, north, nora };
  };

  test("are neither shown nor taken as the one that was made", async () => {
    const { it, parked, south, north, nora } = await twoEntities();
    const candidates = `/api/deliveries/${parked.id}/candidates`;
    const incident = south.correlation_id ?? "";
    expect((await (await nora()).get(candidates)).body).toMatchObject({
      candidates: [{ number: north.number, title: north.short_description, ticket_of: null }],
      doubt: null,
    });
    // Somebody has copied the correlation to the other record.
    south.correlation_id = north.correlation_id ?? "";
    const limited = await (await nora()).get(candidates);
    expect(limited.body.candidates.map((one: { number: string }) => one.number)).toEqual([north.number]);
    expect(limited.body.doubt).toContain("1 more cannot be chosen");
    expect(JSON.stringify(limited.body)).not.toContain(incident);
    const whole = await (await login(it)).get(candidates);
    const owners = whole.body.candidates.map((one: { ticket_of: string | null }) => one.ticket_of);
    expect(owners).toEqual([incident, null]);
    const taken = await (await nora()).post(`/api/deliveries/${parked.id}/identify`, { number: south.number });
    expect([taken.status, taken.body.detail]).toEqual([
      409,
      expect.stringContaining("is the ticket of another incident"),
    ]);
    // It is known by its correlation alone.
    south.correlation_id = incident;
    const foreign = await (await nora()).post(`/api/deliveries/${parked.id}/identify`, { number: south.number });
    expect(foreign.body.detail).toContain("belongs to another incident");
    expect(JSON.stringify([taken.body, foreign.body])).not.toContain(incident);
    const own = await (await nora()).post(`/api/deliveries/${parked.id}/identify`, { number: north.number });
    expect(own.status).toBe(200);
    expect((await (await nora()).get(candidates)).status).toBe(409);
  });

  test("are not in the answers to look-ups that somebody of one entity is shown", async () => {
    const { it, parked, south, nora } = await twoEntities();
    it.snow.options.filters = false;
    await (await login(it)).post(`/api/deliveries/${parked.id}/retry`, {});
    await eventually(it, async () => (await listed(it, "state=confirmed")).length === 2);
    const shown = async (who: ApiClient) => JSON.stringify((await who.get(`/api/deliveries/${parked.id}`)).body);
    expect(await shown(await login(it))).toContain(south.correlation_id ?? "?");
    expect(await shown(await nora())).not.toContain(south.correlation_id ?? "?");
  });
});
