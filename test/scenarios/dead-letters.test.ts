import { afterEach, describe, expect, test } from "bun:test";
import { minuteMs } from "../../core/time.ts";
import { ApiClient } from "../harness/api-client.ts";
import { until } from "../harness/appliance.ts";
import { cleaningUp } from "../harness/clean-up.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { cleanUpScenes, critical, deliveries, type Scene, scene, turn } from "../harness/ticket-scene.ts";
import { autoPush, jiraEnvironment } from "../standins/environment.ts";
import { JiraStandIn } from "../standins/jira.ts";

afterEach(cleanUpScenes);

const field = { fieldId: "customfield_1", name: "SOC team" };
const jiraOnly = { AUTO_PUSH_SYSTEMS: "jira" };
const parked = async (it: Scene) => (await deliveries(it, "state=parked")).length;

/** Its login has run out when hours have passed. */
async function later(it: Scene, milliseconds: number): Promise<void> {
  await turn(it, milliseconds);
  it.admin = await ApiClient.loggedIn(it.appliance, "admin");
}

describe("a system with parked deliveries is tried by reading", () => {
  test("credentials that hold again send what was refused, without a hand's turn", async () => {
    const it = await scene(jiraOnly);
    it.jira.options.credentials = "soc@acme.example:another";
    await it.appliance.ingest([critical("a"), critical("b")]);
    await until(async () => (await parked(it)) === 2);
    it.jira.options.credentials = "soc@acme.example:jira-token-1";
    await later(it, 13 * minuteMs);
    expect(it.jira.issues.length).toBe(0);
    await later(it, 4 * minuteMs);
    await until(() => it.jira.issues.length === 2);
    expect(await parked(it)).toBe(0);
  });

  test("wrong credentials are tried three times and then no more, also after a restart", async () => {
    const it = await scene(jiraOnly);
    it.jira.options.credentials = "soc@acme.example:another";
    await it.appliance.ingest([critical("a")]);
    await until(async () => (await parked(it)) === 1);
    const tries = () => it.jira.log.filter(({ path }) => path.endsWith("/myself")).length;
    const before = tries();
    await later(it, 130 * minuteMs);
    expect(tries() - before).toBe(2);
    it.appliance = await it.appliance.restarted();
    await later(it, 130 * minuteMs);
    expect(tries() - before).toBe(3);
    expect(it.jira.log.some(({ method, path }) => method === "POST" && path.endsWith("/issue"))).toBe(false);
  });

  test("what was refused because of the project goes when the project is mended, within the hour", async () => {
    const it = await scene(jiraOnly, { jira: { required: [field] } });
    await it.appliance.ingest([critical("a")]);
    await until(async () => (await parked(it)) === 1);
    await later(it, 16 * minuteMs);
    expect(await parked(it)).toBe(1);
    it.jira.options.required.length = 0;
    await later(it, 61 * minuteMs);
    await until(() => it.jira.issues.length === 1);
  });
});

describe("dead letters", () => {
  test("by cause with the target's words; one is mended by hand, then all of the cause are sent", async () => {
    const it = await scene(jiraOnly, { jira: { required: [field] } });
    await it.appliance.ingest([critical("a"), critical("b"), critical("c")]);
    await until(async () => (await parked(it)) === 3);
    const { dead_letters: letters } = (await it.admin.get("/api/dead-letters")).body;
    expect(letters.map((one: object) => ({ ...one }))).toMatchObject([
      { system: "jira", state: "parked", cause: "rejected", count: 3, detail: expect.stringContaining("SOC team") },
    ]);
    const id = letters[0].delivery_id;
    const refused = await it.admin.post(`/api/deliveries/${id}/retry`, { fields: { labels: ["x"] } });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([400, expect.stringContaining("fields.labels")]);
    expect((await it.admin.post(`/api/deliveries/${id}/retry`, { fields: { customfield_1: "Blue" } })).status).toBe(
      200,
    );
    await until(() => it.jira.issues.length === 1);
    expect(await parked(it)).toBe(2);
    it.jira.options.required.length = 0;
    const again = await it.admin.post("/api/dead-letters/retry", { cause: "rejected", system: "jira" });
    expect(again.body).toEqual({ retried: 2 });
    await until(() => it.jira.issues.length === 3);
    expect((await it.admin.post("/api/dead-letters/retry", { cause: "rejected" })).body).toEqual({ retried: 0 });
    expect((await it.admin.get("/api/dead-letters")).body).toEqual({ dead_letters: [] });
    const audit = JSON.stringify((await it.admin.get("/api/audit")).body);
    for (const action of ["delivery.retry", "delivery.retry_all"]) expect(audit).toContain(`"${action}"`);
  });

  test("given up all at once, with the reason; other tenants' stay, and are not seen", async () => {
    const it = await scene(jiraOnly, { jira: { required: [field] } });
    await it.appliance.ingest([critical("a", { entity: "north" }), critical("b", { entity: "south" })]);
    await until(async () => (await parked(it)) === 2);
    const north = await ApiClient.asUser(it.appliance, "north", "analyst", ["north"]);
    const seen = (await north.get("/api/dead-letters")).body.dead_letters;
    expect(seen.map(({ count }: { count: number }) => count)).toEqual([1]);
    const reason = { reason: "The project is closed" };
    // What it would be, also narrowed; another entity's answers like what does not exist.
    const dry = async (path: string, body: object) =>
      (await north.post(`/api/dead-letters/${path}`, { ...body, dry_run: true })).body;
    expect(await dry("discard", reason)).toMatchObject({
      discarded: 0,
      matching: 1,
      first: [{ entity_name: "north" }],
    });
    expect(await dry("retry", { entity: "North", before: "2100-01-01" })).toMatchObject({ retried: 0, matching: 1 });
    for (const none of [
      { entity: "south" },
      { since: "2100-01-01" },
      { incident_id: "INC-00000000" },
      { state: "dead" },
    ])
      expect([none, await dry("retry", none)]).toEqual([none, { retried: 0, matching: 0, first: [] }]);
    expect((await north.post("/api/dead-letters/discard", reason)).body).toEqual({ discarded: 1 });
    expect(await parked(it)).toBe(1);
    const [gone] = await deliveries(it, "state=discarded");
    expect({ ...gone }).toMatchObject({ entity_name: "north", detail: reason.reason, who: "north" });
    const { history } = (await it.admin.get(`/api/incidents/${gone.incident_id}`)).body;
    const entry = { action: "DELIVERY_GIVEN_UP", field: "jira_create", old: "rejected", new: reason.reason };
    expect(history.at(-1)).toMatchObject({ ...entry, who: "north", source: "api" });
    // Decided while somebody else had it on the screen.
    const [left] = await deliveries(it, "state=parked");
    const stale = await it.admin.post(`/api/deliveries/${left.id}/discard`, { ...reason, updated_at: "2020-01-01" });
    expect([stale.status, stale.body.detail]).toEqual([409, expect.stringContaining("changed since it was shown")]);
    await turn(it, 1_000);
    const asSeen = { updated_at: left.updated_at };
    const both = await Promise.all([
      it.admin.post(`/api/deliveries/${left.id}/retry`, asSeen),
      it.admin.post(`/api/deliveries/${left.id}/discard`, { ...reason, ...asSeen }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("given up while its outcome was unknown: not planned again by itself; by hand it is looked up before it is sent", async () => {
    const it = await scene({ AUTO_PUSH_SYSTEMS: "servicenow", UNKNOWN_OUTCOME: "ask" });
    it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: "reset" } : null);
    await it.appliance.ingest([critical("late")]);
    await until(() => it.snow.log.some(({ method }) => method === "POST"));
    await turn(it, 5 * minuteMs);
    await until(async () => (await parked(it)) === 1);
    const [{ id, cause, incident_id: incident }] = await deliveries(it);
    expect(cause).toBe("unknown_outcome");
    await it.admin.post(`/api/deliveries/${id}/discard`, { reason: "asked by phone" });
    it.snow.faults = () => null;
    // More evidence raises the level.
    await it.appliance.ingest(Array.from({ length: 8 }, (_, n) => critical("late", { rule_id: `more-${n}` })));
    await turn(it, 3 * minuteMs);
    expect(it.snow.rows.length).toBe(0);
    // What was sent first arrives after all.
    const late = { sys_id: "f".repeat(32), number: "INC0099999", correlation_id: incident, priority: "3" };
    it.snow.rows.push(late as never);
    expect((await it.admin.post(`/api/incidents/${incident}/tickets`, { system: "servicenow" })).status).toBe(202);
    await until(async () => (await it.admin.get("/api/tickets")).body.tickets[0]?.ticket_id === "INC0099999");
    expect(it.snow.rows.length).toBe(1);
  });
});

test(
  "rhythmx deliveries: list, retry and discard, while it runs and while it does not",
  cleaningUp(async (defer) => {
    const jira = await new JiraStandIn({ required: [field] }).start();
    defer(() => jira.stop());
    const env = {
      ...jiraEnvironment(jira),
      ...autoPush("jira"),
    };
    const appliance = await ApplianceProcess.prepare({ config: {}, env });
    defer(() => appliance.dispose());
    const run = (...args: string[]) => appliance.run(["deliveries", ...args]);
    await appliance.start();
    expect(run().stderr).toContain("nothing stands still");
    const key = appliance.run(["key", "create", "test", "--scope", "ingest"]).stdout.trim();
    await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson" },
      body: ["a", "b"].map((user) => JSON.stringify(critical(user))).join("\n"),
    });
    await until(() => / parked +rejected +2 /.test(run("list").stdout));
    const [, line = ""] = run("list").stdout.split("\n");
    expect(line).toContain("SOC team");
    expect(appliance.run(["doctor"]).stdout).toContain("jira: 2 parked (`rhythmx deliveries` says why)");
    const id = /dlv-[0-9a-f]+/.exec(line)?.[0] ?? "";
    expect(run("discard", id, "--reason", "by phone")).toMatchObject({ code: 0, stderr: "1 delivery is given up\n" });
    expect(run("retry", id).stderr).toContain("only what is parked or dead");
    expect(run("retry", "dlv-none").stderr).toContain("there is no delivery dlv-none");
    for (const wrong of [
      ["retry"],
      ["retry", id, "--all"],
      ["discard", id],
      ["retry", "--all", "--system", "x"],
      ["mend"],
    ])
      expect(run(...wrong).code).toBe(2);
    const dry = run("retry", "--all", "--state", "parked", "--since", "2020-01-01", "--dry-run");
    expect([dry.code, dry.stderr]).toEqual([0, "1 delivery is meant; nothing was changed\n"]);
    expect(dry.stdout).toMatch(/dlv-[0-9a-f]+ +INC-[0-9a-f]+ +jira +create +parked +rejected/);
    expect(run("retry", "--all", "--entity", "Elsewhere", "--dry-run").stderr).toContain("0 deliveries are meant");
    expect(run("renew", "INC-00000000", "jira").stderr).toContain("has no ticket in jira that could be gone");
    await appliance.terminate();
    jira.options.required.length = 0;
    expect(run("retry", "--cause", "rejected").stderr).toBe("1 delivery is sent again\n");
    await appliance.start();
    await until(() => jira.issues.length === 1);
    expect(run().stderr).toContain("nothing stands still");
  }),
);
