/** Looks for a create that come too early, look in the wrong place or are answered with somebody else's ticket. */
import { afterEach, describe, expect, test } from "bun:test";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance, until } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  deliveries,
  login,
  type Scene,
  scene,
  turn,
} from "../harness/ticket-scene.ts";
import type { JiraStandIn } from "../standins/jira.ts";
import { ProactiveStandIn } from "../standins/proactive.ts";
import { ServiceNowStandIn } from "../standins/servicenow.ts";

afterEach(cleanUpScenes);

test("killed while the target still works on a create: the empty look right after the start does not send it again", async () => {
  const snow = await new ServiceNowStandIn().start();
  cleanUp.push(() => snow.stop());
  const appliance = await ApplianceProcess.prepare({
    config: {},
    env: {
      RHYTHMX_ADMIN_PASSWORD: password,
      SERVICENOW_INSTANCE: snow.url,
      SERVICENOW_USERNAME: "rhythmx",
      SERVICENOW_PASSWORD: "snow-password-1",
      SERVICENOW_ENABLED: "true",
      AUTO_PUSH_ENABLED: "true",
      AUTO_PUSH_CAMPAIGNS: "each",
      AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
      AUTO_PUSH_SYSTEMS: "servicenow",
      UNKNOWN_LOOKUP_DELAYS_SECONDS: "3,6",
    },
  });
  cleanUp.push(() => appliance.dispose());
  const key = appliance.run(["key", "create", "engine", "--scope", "ingest"]).stdout.trim();
  const ingest = (user: string) =>
    fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson" },
      body: JSON.stringify(detection({ user, level: "critical" })),
    });
  await appliance.start();
  await ingest("kim");
  await until(() => snow.rows.length === 1);
  const creates = () => snow.log.filter(({ method, path }) => method === "POST" && path.endsWith("/incident"));
  snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: "silence" } : null);
  await ingest("lou");
  await until(() => creates().length === 2);
  await appliance.kill();
  snow.faults = () => null;
  const { correlation_id } = JSON.parse(creates()[1]?.body ?? "{}") as { correlation_id: string };
  const looks = () =>
    snow.log.filter(({ query }) => query.get("sysparm_query") === `correlation_id=${correlation_id}`).length;
  await appliance.start();
  await until(() => looks() > 0);
  snow.rows.push({ ...snow.rows[0], sys_id: "f".repeat(32), number: "INC0099999", correlation_id });
  await until(() => looks() > 1 || creates().length > 2);
  const { body } = await new ApiClient(appliance.apiUrl).post("/api/login", { username: "admin", password });
  const admin = new ApiClient(appliance.apiUrl, { Authorization: `Bearer ${body.token}` });
  await until(async () => (await admin.get("/api/deliveries?state=confirmed")).body.deliveries.length === 2);
  expect(creates()).toHaveLength(2);
});

describe("Jira whose search is behind or sees nothing", () => {
  const blind = { AUTO_PUSH_SYSTEMS: "jira", UNKNOWN_LOOKUP_DELAYS_SECONDS: "10,20", RETRY_BASE_DELAY_SECONDS: "5" };

  /** Issues of other people. */
  const crowd = async (jira: JiraStandIn, count: number) => {
    const made = jira.log.find(({ method, path }) => method === "POST" && path.endsWith("/issue"));
    if (made === undefined) throw new Error("no issue yet");
    const { fields } = JSON.parse(made.body);
    const headers = {
      Authorization: made.headers.authorization ?? "",
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-Atlassian-Token": "no-check",
    };
    const body = JSON.stringify({ fields: { ...fields, labels: ["others"] } });
    for (let left = count; left > 0; left--)
      expect((await fetch(`${jira.url}${made.path}`, { method: "POST", headers, body })).status).toBe(201);
  };
  const creates = ({ jira }: Scene) =>
    jira.log.filter(
      ({ method, path, body }) => method === "POST" && path.endsWith("/issue") && !body.includes('"others"'),
    );

  for (const [where, before, after] of [
    ["is found by its number after a restart", 450, 3],
    ["is not among those that a look reads: waits for a person", 3, 450],
  ] as const)
    test(`what was lost ${where}`, async () => {
      const it = await scene(blind);
      it.jira.options.indexLagMs = 10 * 24 * 3_600_000;
      await it.appliance.ingest([critical("kim")]);
      await until(() => it.jira.issues.length === 1);
      await crowd(it.jira, before);
      await it.appliance.ingest([critical("kay")]);
      await until(async () => (await deliveries(it, "state=confirmed")).length >= 4);
      it.appliance = await it.appliance.restarted();
      await crowd(it.jira, after);
      let left = 1;
      it.jira.faults = ({ method, path }) =>
        method === "POST" && path.endsWith("/issue") && left-- > 0 ? { when: "after", what: "reset" } : null;
      await it.appliance.ingest([critical("lou")]);
      const open = async () =>
        (await deliveries({ ...it, admin: await login(it) }, "state=planned,sending,unknown")).length;
      await until(() => creates(it).length >= 3);
      await until(async () => {
        await turn(it, 10_000);
        return (await open()) === 0;
      });
      expect(creates(it)).toHaveLength(3);
      const waiting = await deliveries({ ...it, admin: await login(it) }, "state=parked");
      expect(waiting.map(({ cause }: { cause: string }) => cause)).toEqual(after > 400 ? ["unknown_outcome"] : []);
    });

  test("another Jira with an issue of the same number does not prove that the account reads its own", async () => {
    const it = await scene({ ...blind, AUTO_PUSH_SYSTEMS: "jira" });
    await it.appliance.ingest([critical("kim")]);
    await until(async () => (await deliveries(it, "state=confirmed")).length >= 2);
    let left = 1;
    it.jira.faults = ({ method, path }) =>
      method === "POST" && path.endsWith("/issue") && left-- > 0 ? { when: "after", what: "reset" } : null;
    await it.appliance.ingest([critical("lou")]);
    await until(() => it.jira.issues.length === 2);
    // What answers at this address from now on is a new Jira.
    it.jira.issues.splice(1, 1);
    const [foreign] = it.jira.issues;
    if (foreign !== undefined) Object.assign(foreign, { key: "SEC-77", properties: [] });
    if (foreign !== undefined) foreign.fields.labels = [];
    await until(async () => {
      await turn(it, 10_000);
      return (await deliveries({ ...it, admin: await login(it) }, "state=parked")).length === 1;
    });
    expect(it.jira.issues).toHaveLength(1);
  });
});

describe("Proactive look-ups", () => {
  async function lostCase(lookUp: object) {
    const api = await new ProactiveStandIn().start();
    cleanUp.push(() => api.stop());
    const appliance = await TestAppliance.start({
      env: {
        RHYTHMX_ADMIN_PASSWORD: password,
        TICKET_INTEGRATION: "proactive",
        PROACTIVE_SNOW_BASE_URL: `${api.url}/api`,
        PROACTIVE_SNOW_APP_ID: "app-1",
        PROACTIVE_SNOW_SECRET: "proactive-secret-1",
        PROACTIVE_SNOW_SERVICE_IDENTIFIER: "ACME-EDGE",
        AUTO_PUSH_ENABLED: "true",
        AUTO_PUSH_CAMPAIGNS: "each",
        AUTO_PUSH_MIN_SEVERITY: "MEDIUM",
        AUTO_PUSH_SYSTEMS: "servicenow",
        UNKNOWN_LOOKUP_DELAYS_SECONDS: "10",
      },
    });
    cleanUp.push(() => appliance.dispose());
    api.faults = ({ method, path }) => {
      if (method === "POST") return { when: "after", what: "reset" };
      return path.endsWith("/Case") ? { when: "before", what: { body: lookUp } } : null;
    };
    await appliance.ingest([critical("kim")]);
    let letters: { cause: string; detail: string }[] = [];
    await until(async () => {
      await appliance.clock.advance(10_000);
      const admin = await ApiClient.loggedIn(appliance, "admin");
      letters = (await admin.get("/api/deliveries?kind=create")).body.deliveries.filter(
        ({ state }: { state: string }) => ["parked", "confirmed"].includes(state),
      );
      return letters.length > 0;
    });
    return { api, letters };
  }

  test("somebody else's case for whatever is asked is not taken for ours", async () => {
    const { api, letters } = await lostCase({ result: [{ ticketNumber: "CS9000001", ticketStatus: "New" }] });
    expect(letters.map(({ cause }) => cause)).toEqual(["unknown_outcome"]);
    expect(api.cases).toHaveLength(1);
  });
});
