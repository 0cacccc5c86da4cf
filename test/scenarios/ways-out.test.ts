/** Deliveries that wait for something: what leads out of it, and that no other waits for them meanwhile. */
import { afterEach, describe, expect, test } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hourMs, minuteMs } from "../../core/time.ts";
import { until } from "../harness/appliance.ts";
import { certificateFile } from "../harness/test-certificates.ts";
import {
  cleanUp,
  cleanUpScenes,
  critical,
  eventually,
  listed,
  login,
  once,
  type Scene,
  scene,
  ticketed,
  turn,
} from "../harness/ticket-scene.ts";
import type { Fault } from "../standins/faults.ts";

afterEach(cleanUpScenes);

const snowOnly = { AUTO_PUSH_SYSTEMS: "servicenow" };
const jiraOnly = { AUTO_PUSH_SYSTEMS: "jira" };

/** Time goes on until so many deliveries are in the state. */
async function untilListed(it: Scene, state: string, count: number, stepMs = minuteMs) {
  let found: { id: string; kind: string; cause: string; detail: string }[] = [];
  await until(
    async () => {
      await turn(it, stepMs);
      found = await listed(it, `state=${state}&limit=100`);
      return found.length === count;
    },
    180_000,
    () => `${found.length} of ${count} are ${state}`,
  );
  return found;
}

const lost: Fault = { when: "after", what: "reset" };
const refusal = (status: number): Fault => ({ when: "before", what: { status } });

describe("a create that may have arrived", () => {
  test("is looked up, not sent, when the file of the authority is back", async () => {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-authority-"));
    cleanUp.push(async () => rmSync(folder, { recursive: true }));
    const file = join(folder, "ca.pem");
    const put = () => copyFileSync(certificateFile("ca.pem"), file);
    put();
    const it = await scene({ ...snowOnly, SERVICENOW_CA_FILE: file });
    await it.appliance.ingest([critical("first")]);
    await untilListed(it, "confirmed", 1);
    it.snow.faults = once("POST", /incident$/, lost);
    await it.appliance.ingest([critical("second")]);
    await until(() => it.snow.rows.length === 2);
    it.appliance = await it.appliance.restarted(() => rmSync(file));
    await turn(it, 5 * minuteMs);
    it.appliance = await it.appliance.restarted(put);
    await untilListed(it, "confirmed", 2);
    expect(it.snow.rows).toHaveLength(2);
  });

  test("and cannot be looked up waits for a person with the target's words, and is found once that is mended", async () => {
    const it = await scene(snowOnly);
    await it.appliance.ingest([critical("first")]);
    await untilListed(it, "confirmed", 1);
    it.snow.faults = once("POST", /incident$/, lost, ({ method }) => (method === "GET" ? refusal(400) : null));
    await it.appliance.ingest([critical("second")]);
    const [parked] = await untilListed(it, "parked", 1);
    expect(parked).toMatchObject({ kind: "create", cause: "unknown_outcome" });
    expect(parked?.detail).toContain("made to fail");
    it.snow.faults = () => null;
    expect((await (await login(it)).post("/api/settings/servicenow/test", {})).body.ok).toBe(true);
    await untilListed(it, "confirmed", 2);
    expect(it.snow.rows).toHaveLength(2);
  });

  test("is found by its key where the account may not search", async () => {
    const it = await scene({ ...jiraOnly, UNKNOWN_LOOKUP_DELAYS_SECONDS: "60" }, { jira: { searchable: false } });
    await it.appliance.ingest([critical("first")]);
    await untilListed(it, "confirmed", 2);
    it.jira.faults = once("POST", /issue$/, lost);
    await it.appliance.ingest([critical("second")]);
    await untilListed(it, "confirmed", 4);
    expect(it.jira.issues).toHaveLength(2);
  });

  test("holds nothing else up while look-ups wait for credentials, however many there are", async () => {
    const it = await scene({ ...snowOnly, UNKNOWN_LOOKUP_DELAYS_SECONDS: "7200" });
    it.snow.faults = ({ method }) => (method === "POST" ? { when: "before", what: "reset" } : null);
    await it.appliance.ingest(Array.from({ length: 24 }, (_, n) => critical(`user-${n}`)));
    await untilListed(it, "unknown", 24, 15_000);
    it.snow.faults = () => null;
    it.snow.options.credentials = "rhythmx:another";
    await turn(it, 3 * hourMs);
    await it.appliance.ingest([critical("late")]);
    const [parked] = await untilListed(it, "parked", 1);
    expect(parked?.cause).toBe("unauthorized");
    it.snow.options.credentials = "rhythmx:snow-password-1";
    await eventually(it, async () => it.snow.rows.length > 0 && (await listed(it, "state=unknown")).length === 0);
  });
});

describe("a note that may have arrived, and cannot be looked up", () => {
  const noted = async () => {
    const it = await ticketed(jiraOnly);
    await turn(it, 10 * minuteMs);
    const admin = await login(it);
    it.jira.faults = once("POST", /comment$/, lost, ({ method, path }) =>
      method === "GET" && path.endsWith("/comment") ? refusal(403) : null,
    );
    await admin.patch(`/api/incidents/${it.id}`, { notes: "Asked the user" });
    await until(() => it.jira.issue(it.key).comments.length === 1);
    return { ...it, admin };
  };

  test("waits for a person, holds no other change up, and is written once", async () => {
    const it = await noted();
    await it.admin.patch(`/api/incidents/${it.id}/status`, { status: "IN_PROGRESS" });
    const [parked] = await untilListed(it, "parked", 1);
    expect(parked).toMatchObject({ kind: "comment", cause: "not_looked_up" });
    await eventually(it, () => it.jira.issue(it.key).status === "In Progress");
    it.jira.faults = () => null;
    expect((await (await login(it)).post("/api/settings/jira/test", {})).body.ok).toBe(true);
    await untilListed(it, "parked", 0);
    await untilListed(it, "unknown,planned", 0);
    expect(it.jira.issue(it.key).comments).toHaveLength(1);
  });

  test("is sent again by a person who has looked", async () => {
    const it = await noted();
    const [parked] = await untilListed(it, "parked", 1);
    it.jira.issue(it.key).comments.length = 0;
    expect((await (await login(it)).post(`/api/deliveries/${parked?.id}/retry`, {})).status).toBe(200);
    await eventually(it, () => it.jira.issue(it.key).comments.length === 1);
  });

  test("because its ticket was deleted, waits with the ticket's other changes", async () => {
    const it = await noted();
    it.jira.faults = () => null;
    it.jira.remove(it.key);
    // Before the ticket is read in its turn.
    await turn(it, 3 * minuteMs);
    const [parked] = await listed(it, "state=parked");
    expect(parked).toMatchObject({ kind: "comment", cause: "ticket_gone" });
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets).toMatchObject([{ state: "gone" }]);
  });
});

describe("the address of Jira leads elsewhere by now", () => {
  const moved = async () => {
    const it = await ticketed(jiraOnly);
    await turn(it, 10 * minuteMs);
    it.jira.options.baseUrl = "https://jira.new.example";
    return { it, issue: it.jira.issue(it.key) };
  };

  test("another issue has the ticket's id: nothing is written there, and what happens to it changes nothing here", async () => {
    const { it, issue } = await moved();
    const own = { key: issue.key, properties: issue.properties, labels: issue.fields.labels };
    Object.assign(issue, { key: "OPS-7", properties: [] });
    issue.fields.labels = [];
    it.jira.move("OPS-7", "Done", "Done");
    it.appliance = await it.appliance.restarted();
    await (await login(it)).patch(`/api/incidents/${it.id}`, { notes: "Asked the user" });
    const [parked] = await untilListed(it, "parked", 1);
    expect(parked).toMatchObject({ kind: "comment", cause: "other_site", detail: expect.stringContaining(own.key) });
    await turn(it, 7 * hourMs);
    const { status, external_ticket_id: key } = (await (await login(it)).get(`/api/incidents/${it.id}`)).body;
    expect([status, key, issue.comments]).toEqual(["OPEN", own.key, []]);
    // The right one is there again.
    Object.assign(issue, { key: own.key, properties: own.properties });
    issue.fields.labels = own.labels;
    expect((await (await login(it)).post("/api/settings/jira/test", {})).body.ok).toBe(true);
    await untilListed(it, "parked", 0);
    await eventually(it, () => issue.comments.length === 1);
  });

  test("the site has another name: its tickets are kept in step as before", async () => {
    const { it, issue } = await moved();
    it.appliance = await it.appliance.restarted();
    await (await login(it)).patch(`/api/incidents/${it.id}`, { notes: "Asked the user" });
    await eventually(it, () => issue.comments.length === 1);
    it.jira.move(it.key, "In Progress");
    await turn(it, 11 * minuteMs);
    expect((await (await login(it)).get(`/api/incidents/${it.id}`)).body.status).toBe("IN_PROGRESS");
    const { tickets } = (await (await login(it)).get("/api/tickets")).body;
    expect(tickets[0].ticket_url).toStartWith("https://jira.new.example/");
  });
});

test("that a system is not asked for now is said where its state is", async () => {
  const it = await scene(snowOnly);
  const warnings = async (): Promise<string[]> =>
    (await (await login(it)).get("/api/integrations/status")).body.integrations[1].warnings;
  it.snow.faults = ({ method }) =>
    method === "POST" ? { when: "before", what: { status: 429, retryAfter: "7200" } } : null;
  await it.appliance.ingest([critical("patient")]);
  await eventually(it, async () =>
    (await warnings()).some((one) => one.startsWith("it wants no request before 2026-")),
  );
  it.snow.faults = () => null;
  it.snow.options.credentials = "rhythmx:another";
  await turn(it, 4 * hourMs);
  expect((await warnings()).join()).toMatch(
    /credentials are refused: nothing is searched, read or looked up (before|until)/,
  );
});

test("what used its retries up because the system asks to slow down goes by itself once it no longer does", async () => {
  const it = await scene(snowOnly);
  it.snow.faults = ({ method }) => (method === "POST" ? refusal(429) : null);
  await it.appliance.ingest([critical("patient")]);
  const [dead] = await untilListed(it, "dead", 1, 2 * minuteMs);
  expect(dead?.cause).toBe("throttled");
  it.snow.faults = () => null;
  await turn(it, 17 * minuteMs);
  await untilListed(it, "confirmed", 1);
  expect(it.snow.rows).toHaveLength(1);
});

test("credentials that are refused later than something else is are tried, and hold again without a hand's turn", async () => {
  const it = await scene(jiraOnly);
  it.jira.faults = once("POST", /issue$/, refusal(403));
  await it.appliance.ingest([critical("forbidden")]);
  await untilListed(it, "parked", 1);
  await turn(it, 5 * hourMs);
  it.jira.options.credentials = "soc@acme.example:another";
  await it.appliance.ingest([critical("later")]);
  await untilListed(it, "parked", 2);
  it.jira.options.credentials = "soc@acme.example:jira-token-1";
  await turn(it, 62 * minuteMs);
  await until(() => it.jira.issues.some(({ fields }) => JSON.stringify(fields).includes("later")));
});
