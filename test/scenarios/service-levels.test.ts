/** Service levels of incidents: due times, how they stand, lists by them, other settings; and the figures of the overview. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { schemaVersion } from "../../store/database/migrate.ts";
import { ApiClient, password } from "../harness/api-client.ts";
import { detection, TestAppliance } from "../harness/appliance.ts";
import { queryDatabase } from "../harness/database-file.ts";

let appliance: TestAppliance;

const minute = 60_000;
const incident = (user: string, level: string, fields: object = {}) =>
  detection({ user, level, rule_id: null, rule_title: `${level} of ${user}`, ...fields });
/** Enough for an incident of level medium. */
const medium = (user: string, fields: object = {}) =>
  [1, 2, 3].map((n) => incident(user, "high", { rule_title: `Rule ${n}`, ...fields }));
const log = async () => ApiClient.loggedIn(appliance, "admin");
const list = async (query: string) => (await (await log()).get(`/api/incidents?${query}`)).body.incidents as Row[];
const actors = async (query: string) => (await list(query)).map(({ group_key }) => group_key);

interface Row {
  incident_id: string;
  group_key: string;
  risk_level: "high" | "medium";
  created_at: string;
  due_at: string | null;
  sla: string | null;
}

const minutesOf = { critical: 240, high: 480, medium: 1440, low: 4320 };
const dueOf = ({ created_at, risk_level }: Row, minutes: Record<string, number> = minutesOf) =>
  new Date(Date.parse(created_at) + (minutes[risk_level] ?? 0) * minute).toISOString();

beforeAll(async () => {
  appliance = await TestAppliance.start({ env: { RHYTHMX_ADMIN_PASSWORD: password } });
  await appliance.ingest([...medium("slow"), incident("early", "critical")]);
  await appliance.clock.advance(60 * minute);
  await appliance.ingest([incident("late", "critical", { entity: "South" })]);
});
afterAll(() => appliance.dispose());

test("a due time comes of creation and level, and the status of now", async () => {
  const rows = await list("sort_by=due_at");
  expect(rows.map(({ group_key }) => group_key)).toEqual(["early", "late", "slow"]);
  for (const row of rows) expect(row).toMatchObject({ due_at: dueOf(row), sla: "on_track" });
  expect(await actors("sort_by=due_at&sort_dir=desc")).toEqual(["slow", "late", "early"]);
  // 75 % of the eight hours of level high.
  await appliance.clock.advance(5 * 60 * minute);
  expect(await actors("sla=at_risk")).toEqual(["early"]);
  expect(await actors("sla=on_track&sort_by=due_at")).toEqual(["late", "slow"]);
  await appliance.clock.advance(2 * 60 * minute);
  expect(await actors("sla=breached")).toEqual(["early"]);
  expect(await actors("sla=breached,at_risk&sort_by=due_at")).toEqual(["early", "late"]);
  const [early] = await list("sla=breached");
  const detail = (await (await log()).get(`/api/incidents/${early?.incident_id}`)).body;
  expect(detail.service_level).toEqual({
    target_minutes: 480,
    percent: 100,
    status: "breached",
    due_at: early?.due_at,
  });
  const wrong = await (await log()).get("/api/incidents?sla=late&sort_by=sla&owner=%00");
  expect(wrong.body.errors.map(({ name }: { name: string }) => name).sort()).toEqual(["owner", "sla", "sort_by"]);
});

test("the overview counts the same, for each caller what is the caller's", async () => {
  const admin = await log();
  const whole = (await admin.get("/api/overview")).body;
  expect(whole.incidents).toMatchObject({
    open: 3,
    by_level: { critical: 0, high: 2, medium: 1, low: 0 },
    in_progress: 0,
    unassigned: 3,
    new: 3,
    sla: { breached: 1, at_risk: 1, on_track: 1 },
  });
  expect(whole.detections).toEqual({
    total: 5,
    alerts_new: 5,
    by_level: { informational: 0, low: 0, medium: 0, high: 3, critical: 2 },
  });
  const south = await ApiClient.withKey(appliance, ["feed:read"], ["SOUTH"]);
  const part = (await south.get("/api/overview")).body;
  expect(part.incidents).toMatchObject({
    open: 1,
    unassigned: 1,
    new: 1,
    sla: { breached: 0, at_risk: 1, on_track: 0 },
  });
  expect(part.detections).toMatchObject({ total: 1, alerts_new: 1 });
  const since = new Date(appliance.clock.now() - 6 * 60 * minute).toISOString();
  expect((await admin.get(`/api/overview?since=${since}`)).body).toMatchObject({
    incidents: { new: 0 },
    detections: { total: 0 },
  });
  expect((await admin.get("/api/overview?since=yesterday")).body.errors[0].name).toBe("since");
});

test("activity by hour, of all and of an entity; what one may not see is as empty as what does not exist", async () => {
  const admin = await log();
  await appliance.ingest([
    incident("early", "low"),
    incident("early", "low"),
    incident("late", "medium", { entity: "South" }),
  ]);
  const { body } = await admin.get("/api/activity?hours=12");
  expect(body.hours).toHaveLength(12);
  const busy = body.hours.filter(({ detections }: { detections: Record<string, number> }) =>
    Object.values(detections).some((n) => n > 0),
  );
  expect(busy.map(({ alerts_new }: { alerts_new: number }) => alerts_new)).toEqual([4, 1, 2]);
  expect(busy[2].detections).toMatchObject({ low: 2, medium: 1 });
  expect(Date.parse(body.to) - Date.parse(body.from)).toBe(12 * 60 * minute);
  const counts = async (client: ApiClient, query: string) =>
    (await client.get(`/api/activity?${query}`)).body.hours.reduce(
      (sum: number, { alerts_new }: { alerts_new: number }) => sum + alerts_new,
      0,
    );
  expect(await counts(admin, "entity=south")).toBe(2);
  const south = await ApiClient.withKey(appliance, ["feed:read"], ["South"]);
  expect([
    await counts(south, ""),
    await counts(south, "entity=South"),
    await counts(south, "entity=Primary%20Site"),
  ]).toEqual([2, 2, 0]);
  expect((await admin.get("/api/activity?hours=1000")).body.errors[0].name).toBe("hours");
});

test("the state of the appliance, for whoever may read, without how much of others waits", async () => {
  const viewer = await ApiClient.asUser(appliance, "viewer", "viewer");
  const { status, body } = await viewer.get("/api/system");
  expect(status).toBe(200);
  expect(body.loops.map(({ name }: { name: string }) => name)).toContain("search-index");
  expect(body).toMatchObject({
    status: { alerts: "running", incidents: "running" },
    database: { schema: schemaVersion },
    search: { behind: expect.any(Number) },
    destinations: [],
    faults: [],
  });
  expect(JSON.stringify(body)).not.toContain(appliance.dataDir);
});

test("closing ends it, reopening goes on from the creation", async () => {
  const admin = await log();
  const [late] = await list("actor=late");
  const path = `/api/incidents/${late?.incident_id}/status`;
  const closed = (await admin.patch(path, { status: "CLOSED" })).body;
  expect([closed.due_at, closed.sla]).toEqual([null, null]);
  expect(await actors("sla=breached,at_risk,on_track&sort_by=due_at")).toEqual(["early", "slow"]);
  expect((await list("sort_by=due_at")).at(-1)?.group_key).toBe("late");
  const detail = (await admin.get(`/api/incidents/${late?.incident_id}`)).body;
  expect(detail.service_level).toMatchObject({ percent: 87, status: "at_risk" });
  expect((await admin.patch(path, { status: "IN_PROGRESS" })).body.due_at).toBe(late?.due_at ?? "");
});

test("a higher level has less time", async () => {
  await appliance.ingest([1, 2, 3, 4, 5].map((n) => incident("slow", "critical", { rule_title: `More ${n}` })));
  const [slow] = await list("actor=slow");
  expect(slow?.risk_level).not.toBe("medium");
  expect(slow?.due_at).toBe(dueOf(slow as Row));
});

describe("other settings", () => {
  test("hold for what is open at once, whatever is there", async () => {
    const rows = Array.from({ length: 2_500 }, (_, n) => incident(`many-${n}`, "critical", { host: `h-${n}` }));
    for (let at = 0; at < rows.length; at += 500) await appliance.ingest(rows.slice(at, at + 500));
    await appliance.stop();
    const env = {
      RHYTHMX_ADMIN_PASSWORD: password,
      SLA_HIGH_MINUTES: "30",
      SLA_MEDIUM_MINUTES: "60",
      SLA_CRITICAL_MINUTES: "15",
    };
    appliance = await TestAppliance.start({ dataDir: appliance.dataDir, clock: appliance.clock, env });
    const minutes = { critical: 15, high: 30, medium: 60, low: 4320 };
    const found = await list("sort_by=due_at&limit=500");
    for (const row of found) expect(row.due_at).toBe(dueOf(row, minutes));
    const wrong = `select count(*) as n from incidents i join service_levels s on s.level = i.risk_level where status in ('OPEN', 'IN_PROGRESS')
      and due_at <> strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+' || s.minutes || ' minutes')`;
    expect(queryDatabase(appliance, wrong).n).toBe(0);
    const counted = "select sum(n) as n from incident_counts where status in ('OPEN', 'IN_PROGRESS')";
    expect(queryDatabase(appliance, counted).n).toBe(
      queryDatabase(appliance, "select count(*) as n from incidents where closed_at is null").n,
    );
  });
});
