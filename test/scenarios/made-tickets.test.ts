/** One ticket ever: what a target has made is known by its answer, or waits for a person, and never goes out again by itself. */
import { afterEach, describe, expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import {
  cleanUpScenes,
  critical,
  deliveries,
  login,
  type Scene,
  scene,
  settled,
  turn,
} from "../harness/ticket-scene.ts";
import type { Fault } from "../standins/faults.ts";
import type { CreateAnswer } from "../standins/servicenow-model.ts";

afterEach(cleanUpScenes);

const longMs = 30 * 60_000;
const onlySnow = {
  AUTO_PUSH_SYSTEMS: "servicenow",
  UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20",
  RETRY_BASE_DELAY_SECONDS: "5",
};
const blind = { snow: { createAnswer: "nothing" as CreateAnswer, readable: false } };
const creates = (it: Scene) =>
  it.snow.log.filter(({ method, path }) => method === "POST" && path.endsWith("/incident"));

async function waiting(it: Scene, cause: string) {
  let found: { id: string; cause: string; detail: string; state: string }[] = [];
  await until(
    async () => {
      await turn(it, 10_000);
      found = (await (await login(it)).get("/api/deliveries?state=parked")).body.deliveries;
      return found.length > 0;
    },
    180_000,
    () => "nothing waits",
  );
  expect(found.map((one) => one.cause)).toEqual([cause]);
  const [one] = found;
  if (one === undefined) throw new Error("nothing waits");
  return one;
}

describe("an account that may create and not read", () => {
  for (const [answer, key] of [
    ["location", "sys_id"],
    ["number", "number"],
    ["list", "number"],
  ] as const)
    test(`answered with ${answer}: identified by it, one ticket, whatever is done`, async () => {
      const it = await scene(onlySnow, { snow: { createAnswer: answer, readable: false } });
      await it.appliance.ingest([critical("kim")]);
      await until(async () => (await deliveries(it, "state=confirmed")).length === 1);
      await turn(it, longMs);
      const [ticket] = (await (await login(it)).get("/api/tickets")).body.tickets;
      expect(ticket).toMatchObject({ state: "there", ticket_id: it.snow.rows[0]?.[key] });
      expect(creates(it)).toHaveLength(1);
    });

  for (const answer of ["nothing", "empty"] as const)
    test(`answered with ${answer}: waits for a person; resume, bulk retry, outage and restart leave it`, async () => {
      const it = await scene(onlySnow, { snow: { createAnswer: answer, readable: false } });
      await it.appliance.ingest([critical("kim")]);
      const one = await waiting(it, "made_not_identified");
      expect(one.detail).toContain("so it was made");
      const admin = await login(it);
      await admin.post("/api/dead-letters/retry", {});
      await admin.post("/api/dead-letters/retry", { cause: "made_not_identified" });
      await admin.post("/api/settings/servicenow/test", {});
      await admin.send("PUT", "/api/settings/servicenow", { close_code: "Closed by caller" });
      it.snow.faults = () => ({ when: "before", what: { status: 503 } });
      await turn(it, longMs);
      it.snow.faults = () => null;
      await turn(it, longMs);
      it.appliance = await it.appliance.restarted();
      await turn(it, longMs);
      expect(creates(it)).toHaveLength(1);
      const [letter] = (await (await login(it)).get("/api/dead-letters")).body.dead_letters;
      expect(letter).toMatchObject({ state: "parked", cause: "made_not_identified", count: 1 });
    });

  test("a person says which ticket it is; a number of another incident is refused", async () => {
    const it = await scene(onlySnow, blind);
    await it.appliance.ingest([critical("kim")]);
    const one = await waiting(it, "made_not_identified");
    const admin = await login(it);
    const number = it.snow.rows[0]?.number ?? "";
    const named = (given: string, id = one.id) => admin.post(`/api/deliveries/${id}/identify`, { number: given });
    expect((await named("no number!")).status).toBe(400);
    expect((await named("INC0010001", "dlv-0000000000000000")).status).toBe(404);
    const answer = await named(number);
    expect([answer.status, answer.body.state, answer.body.cause]).toEqual([200, "confirmed", null]);
    expect(answer.body.detail).toContain("was not checked");
    expect((await named(number)).status).toBe(409);
    const [incident] = (await admin.get("/api/incidents")).body.incidents;
    expect(incident.external_ticket_id).toBe(number);
    await it.appliance.ingest([critical("lou")]);
    const other = await waiting(it, "made_not_identified");
    const refused = await (await login(it)).post(`/api/deliveries/${other.id}/identify`, { number });
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining(`is the ticket of ${incident.incident_id}`),
    ]);
    const own = it.snow.rows.at(-1)?.number ?? "";
    const second = await (await login(it)).post(`/api/deliveries/${other.id}/identify`, { number: own });
    expect([second.status, second.body.detail]).toEqual([200, expect.stringContaining("was not checked")]);
    await it.appliance.ingest([critical("max")]);
    const third = await waiting(it, "made_not_identified");
    // As soon as the account may read, the number is resolved and the ticket kept in step.
    it.snow.options.readable = true;
    const foreign = await (await login(it)).post(`/api/deliveries/${third.id}/identify`, { number });
    expect(foreign.status).toBe(409);
    const missing = await (await login(it)).post(`/api/deliveries/${third.id}/identify`, { number: "INC0099999" });
    expect([missing.status, missing.body.detail]).toEqual([409, expect.stringContaining("there is no INC0099999")]);
    await (await login(it)).patch(`/api/incidents/${incident.incident_id}/status`, { status: "IN_PROGRESS" });
    await until(async () => {
      await turn(it, 10_000);
      return it.snow.row(number).state === "2";
    });
  });

  test("sent again by a person: another generation with a correlation of its own", async () => {
    const it = await scene(onlySnow, blind);
    await it.appliance.ingest([critical("kim")]);
    const one = await waiting(it, "made_not_identified");
    expect((await (await login(it)).post(`/api/deliveries/${one.id}/retry`, { fields: { impact: "1" } })).status).toBe(
      409,
    );
    it.snow.options.createAnswer = "whole";
    expect((await (await login(it)).post(`/api/deliveries/${one.id}/retry`, {})).status).toBe(200);
    await until(async () => {
      await turn(it, 10_000);
      return it.snow.rows.length === 2;
    });
    const [first, second] = it.snow.rows.map((row) => row.correlation_id);
    expect(second).toBe(`${first}-g2`);
    await settled(it);
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets.map((ticket: { generation: number; state: string }) => [ticket.generation, ticket.state])).toEqual([
      [2, "there"],
      [1, "given up"],
    ]);
  });

  test("sent again by a person, and the look-up before it fails: the wish outlives that", async () => {
    const it = await scene(onlySnow, blind);
    await it.appliance.ingest([critical("kim")]);
    const one = await waiting(it, "made_not_identified");
    it.snow.options.createAnswer = "whole";
    let failed = 0;
    it.snow.faults = () => (failed++ === 0 ? { when: "before", what: { status: 500 } } : null);
    await (await login(it)).post(`/api/deliveries/${one.id}/retry`, {});
    await until(async () => {
      await turn(it, 10_000);
      return it.snow.rows.length === 2;
    });
    expect(failed).toBeGreaterThan(1);
    expect(it.snow.rows[1]?.correlation_id).toBe(`${it.snow.rows[0]?.correlation_id}-g2`);
  });

  test("sent again where it can be seen by now: it is found, and no other one is made", async () => {
    const it = await scene(onlySnow, blind);
    await it.appliance.ingest([critical("kim")]);
    const one = await waiting(it, "made_not_identified");
    it.snow.options.readable = true;
    await (await login(it)).post(`/api/deliveries/${one.id}/retry`, {});
    await until(async () => {
      await turn(it, 10_000);
      return (await deliveries({ ...it, admin: await login(it) }, "state=confirmed")).length > 0;
    });
    expect(creates(it)).toHaveLength(1);
  });

  test("the connection test says it in words", async () => {
    const it = await scene(onlySnow, blind);
    const steps = async () => (await (await login(it)).post("/api/settings/servicenow/test", {})).body;
    expect((await steps()).steps.find(({ name }: { name: string }) => name === "Own tickets")).toMatchObject({
      ok: true,
      warning: true,
      detail: expect.stringContaining("may not read its own tickets"),
    });
    await it.appliance.ingest([critical("kim")]);
    await waiting(it, "made_not_identified");
    const tested = await steps();
    expect(tested.ok).toBe(false);
    expect(tested.steps.find(({ name }: { name: string }) => name === "Own tickets").detail).toContain(
      "access control rule (ACL)",
    );
  });
});

describe("an unknown create", () => {
  const lost = (it: Scene, fault: Fault) => {
    let left = 1;
    it.snow.faults = ({ method, path }) =>
      method === "POST" && path.endsWith("/incident") && left-- > 0 ? fault : null;
  };

  for (const [when, counted] of [
    ["after", true],
    ["after", false],
    ["before", false],
  ] as const)
    test(`lost ${when} its effect, hidden rows ${counted ? "counted" : "not counted"}: waits as with UNKNOWN_OUTCOME=ask`, async () => {
      const it = await scene(onlySnow, { snow: { readable: false, counted } });
      lost(it, { when, what: "reset" });
      await it.appliance.ingest([critical("kim")]);
      const one = await waiting(it, "unknown_outcome");
      expect(one.detail).toContain(counted ? "access control rule" : "has not yet read a ticket of its own");
      await (await login(it)).post("/api/dead-letters/retry", {});
      await turn(it, longMs);
      expect(creates(it)).toHaveLength(1);
    });

  test("goes on by itself once the account has read a ticket of its own", async () => {
    const it = await scene(onlySnow);
    lost(it, { when: "before", what: "reset" });
    await it.appliance.ingest([critical("kim")]);
    await waiting(it, "unknown_outcome");
    expect(it.snow.rows).toHaveLength(0);
    await it.appliance.ingest([critical("lou")]);
    await until(async () => {
      await turn(it, 60_000);
      return it.snow.rows.length === 2;
    }, 300_000);
    await settled(it);
    expect(it.snow.rows.map((row) => row.correlation_id)).toHaveLength(
      new Set(it.snow.rows.map((row) => row.correlation_id)).size,
    );
  });

  test("of Jira, where issues are hidden (404, empty search): waits", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "jira", UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20" });
    let left = 1;
    it.jira.faults = ({ method, path }) => {
      if (method === "POST" && path.endsWith("/issue") && left-- > 0) return { when: "after", what: "reset" };
      return /\/issue\/SEC-/.test(path) ? { when: "before", what: { status: 404 } } : null;
    };
    it.jira.options.indexLagMs = 24 * 3_600_000;
    await it.appliance.ingest([critical("kim")]);
    await waiting(it, "unknown_outcome");
    await turn(it, longMs);
    expect(it.jira.issues).toHaveLength(1);
  });
});

describe("an answer that carries an error is no answer", () => {
  const cancelled = {
    result: [],
    error: { message: "Transaction cancelled: maximum execution time exceeded", detail: "" },
    status: "failure",
  };

  test("to a look-up: looked up again, and found", async () => {
    const it = await scene(onlySnow);
    await it.appliance.ingest([critical("first")]);
    await until(async () => (await deliveries(it, "state=confirmed")).length === 1);
    let [creating, looking] = [1, 3];
    it.snow.faults = ({ method, path }) => {
      if (!path.endsWith("/incident")) return null;
      if (method === "POST") return creating-- > 0 ? { when: "after", what: "reset" } : null;
      return looking-- > 0 ? { when: "before", what: { body: cancelled } } : null;
    };
    await it.appliance.ingest([critical("kim")]);
    await until(async () => {
      await turn(it, 60_000);
      return (await deliveries({ ...it, admin: await login(it) }, "state=confirmed")).length === 2;
    });
    expect(it.snow.rows).toHaveLength(2);
  });

  test("to the look-up of the assignment group: sent again by itself", async () => {
    const it = await scene(onlySnow);
    let left = 4;
    it.snow.faults = ({ path }) =>
      path.endsWith("/sys_user_group") && left-- > 0 ? { when: "before", what: { body: cancelled } } : null;
    await it.appliance.ingest([critical("kim")]);
    await until(async () => {
      await turn(it, 120_000);
      return it.snow.rows.length === 1;
    }, 300_000);
    expect(left).toBeLessThanOrEqual(0);
  });

  test("to a create that was made: looked up before anything goes out again", async () => {
    const it = await scene(onlySnow);
    await it.appliance.ingest([critical("first")]);
    await until(async () => (await deliveries(it, "state=confirmed")).length === 1);
    it.snow.options.createAnswer = "error";
    await it.appliance.ingest([critical("kim")]);
    await until(async () => {
      await turn(it, 60_000);
      return (await deliveries({ ...it, admin: await login(it) }, "state=confirmed")).length === 2;
    });
    expect(creates(it)).toHaveLength(2);
  });
});

test("a ticket asked for where nothing is sent is refused with words", async () => {
  const it = await scene({ AUTO_PUSH_ENABLED: "false", JIRA_ENABLED: "false" });
  await it.appliance.ingest([critical("kim")]);
  const [{ incident_id: id }] = (await it.admin.get("/api/incidents")).body.incidents;
  const answer = await it.admin.post(`/api/incidents/${id}/tickets`, { system: "jira" });
  expect([answer.status, answer.body.detail]).toEqual([409, expect.stringContaining("JIRA_ENABLED=true")]);
  expect((await it.admin.get("/api/tickets")).body.total).toBe(0);
});

test("the preview names the priority that impact and urgency will give", async () => {
  const it = await scene({ AUTO_PUSH_ENABLED: "false" });
  await it.appliance.ingest([critical("kim")]);
  const [{ incident_id: id }] = (await it.admin.get("/api/incidents")).body.incidents;
  const preview = async (system: string) =>
    (await it.admin.post(`/api/incidents/${id}/tickets/preview`, { system })).body.priority;
  expect([await preview("servicenow"), await preview("jira")]).toEqual(["2 - High", "High"]);
});
