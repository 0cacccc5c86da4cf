import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayMs, hourMs, toIso } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { openStore, type Store } from "../open-store.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
const old = toIso(now - 200 * dayMs);
let folder: string;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-retention-"));
  path = join(folder, "rhythmx.db");
  await withStore(async () => {});
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path, clock: { now: () => now, monotonic: () => performance.now() } });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Changes the file while it is closed. */
function inFile<T>(work: (sqlite: DatabaseFile) => T): T {
  const sqlite = new DatabaseFile(path);
  try {
    return work(sqlite);
  } finally {
    sqlite.close();
  }
}

function fill(statement: string, count: number, row: (n: number) => (string | number | null)[]): void {
  inFile((sqlite) => {
    const insert = sqlite.query(statement);
    sqlite.transaction(() => {
      for (let n = 1; n <= count; n++) insert.run(...row(n));
    });
  });
}

const count = (table: string) =>
  inFile((sqlite) => (sqlite.query(`select count(*) as n from ${table}`).get() as { n: number }).n);

/** The largest number of rows that one step of a pass removed from these tables. */
async function largestStep(tables: readonly string[]): Promise<number> {
  return withStore(async (store) => {
    const reader = new DatabaseFile(path, { readonly: true });
    const sizes = () =>
      tables.map((table) => (reader.query(`select count(*) as n from ${table}`).get() as { n: number }).n);
    let largest = 0;
    let before = sizes();
    for (let step = (await store.admin.prune(now, 90, null)).next; ; ) {
      const after = sizes();
      largest = Math.max(largest, ...after.map((size, at) => (before[at] ?? 0) - size));
      before = after;
      if (step === null) break;
      step = (await store.admin.prune(now, 90, step)).next;
    }
    reader.close();
    return largest;
  });
}

/** What is said of a kind before a pass: rows, and those that it removes. */
async function foretold(kind: string): Promise<[rows: number, removes: number]> {
  const kept = await withStore((store) => store.reading.readKept({ now, days: 90, auditDays: 365 }));
  const found = kept.find((one) => one.kind === kind);
  return [found?.rows ?? -1, found?.removes ?? -1];
}

describe("one pass removes all that is old, however much, in small steps", () => {
  test("remembered ids", async () => {
    const day = Math.floor(now / dayMs);
    fill("insert into detection_ids values (?, ?)", 60_000, (n) => [`k${n}`, n % 1_000 === 0 ? day : day - 8]);
    expect(await largestStep(["detection_ids"])).toBeLessThanOrEqual(5_000);
    expect(count("detection_ids")).toBe(60);
  });

  test("batches and alarms", async () => {
    const batch =
      "insert into ingest_batches (owner, idempotency_key, body_sha256, done, progress, at) values (?, ?, '', 0, '', ?)";
    fill(batch, 3_000, (n) => ["o", `k${n}`, n === 1 ? toIso(now) : old]);
    const alarm = `insert into alarms (entity_name, alarm_id, name, rbp, alarm_time, user_name, host, src_ip, recorded_at)
      values ('e', ?, 'n', 1, ?, '', '', '', ?)`;
    fill(alarm, 3_000, (n) => [`a${n}`, old, n === 1 ? toIso(now) : old]);
    expect(await foretold("alarms")).toEqual([3_000, 2_999]);
    expect(await largestStep(["ingest_batches", "alarms"])).toBeLessThanOrEqual(1_000);
    expect([count("ingest_batches"), count("alarms")]).toEqual([1, 1]);
  });

  test("events and alerts, whose numbers may be far apart", async () => {
    const at = now - 200 * dayMs;
    const event =
      "insert into event_log (at, kind, subject, entity_name, data) values (?, 'alert_first', ?, 'e', '{}')";
    fill(event, 3_000, (n) => [n === 3_000 ? now : at, `h${n}`]);
    const alert = `insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host,
        src_ip, risk, ml_cluster, count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq)
      values (?, ?, 'e', 'r', 't', '', 'high', '[]', '', '', '', 75, -1, ?, 1, ?, ?, ?, ?, ?, ?)`;
    const times = [old, old, old];
    // Every tenth has occurrences without an HOURLY, the last one was seen today.
    fill(alert, 8_000, (n) => [
      n * 1_000_003,
      `h${n}`,
      n % 10 === 0 ? 2 : 1,
      ...times,
      n === 7_999 ? toIso(now) : old,
      old,
      n,
    ]);
    fill("insert into alert_logs values (?, '{}')", 8_000, (n) => [n * 1_000_003]);
    const [events, [, alerts]] = [await foretold("events"), await foretold("alerts")];
    expect(await largestStep(["sigma_alerts", "event_log"])).toBeLessThanOrEqual(1_000);
    expect([count("event_log"), count("sigma_alerts"), count("alert_logs")]).toEqual([1, 801, 801]);
    expect(events).toEqual([3_000, 3_000 - count("event_log")]);
    expect(alerts).toBe(8_000 - count("sigma_alerts"));
  });

  test("closed incidents with their tickets, and idle actors", async () => {
    const period = `insert into actor_periods (id, actor_key, current, entity_name, incident_id, pending, updated_at, state)
      values (?, ?, 1, 'e', ?, 0, ?, '[]')`;
    fill(period, 600, (n) => [n, `[${n}]`, n <= 300 ? `INC-${n}` : null, n % 100 === 1 ? toIso(now) : old]);
    const incident = `insert into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level,
        created_at, updated_at, closed_at, escalated_at, created_seq, updated_seq)
      values (?, ?, 'e', 'g', 'user', ?, 50, 'medium', ?, ?, ?, ?, 1, 1)`;
    fill(incident, 300, (n) => [
      `INC-${n}`,
      n,
      n % 100 === 0 ? "OPEN" : "CLOSED",
      old,
      old,
      n % 100 === 0 ? null : old,
      old,
    ]);
    const ticket = `insert into tickets (id, incident_id, entity_name, system, generation, created_at, updated_at)
      values (?, ?, 'e', 'jira', 1, ?, ?)`;
    fill(ticket, 300, (n) => [n, `INC-${n}`, old, old]);
    const delivery = `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
      values (?, ?, 'create', ?, 0, 'auto', '', ?, ?)`;
    // One waits for a person.
    fill(delivery, 300, (n) => [`dlv-${n}`, n, n === 7 ? "parked" : "confirmed", old, old]);
    const [incidents, deliveries] = [await foretold("incidents"), await foretold("deliveries")];
    const before = [count("incidents"), count("deliveries")] as const;
    expect(await largestStep(["incidents", "actor_periods", "tickets"])).toBeLessThanOrEqual(50);
    expect([count("incidents"), count("tickets"), count("deliveries")]).toEqual([3, 4, 4]);
    // Those with open incidents, and those with evidence of today.
    expect(count("actor_periods")).toBe(3 + 3);
    const counted = inFile((sqlite) => sqlite.query("select state, sum(n) as n from delivery_counts group by 1").all());
    expect(counted).toEqual([
      { state: "confirmed", n: 3 },
      { state: "parked", n: 1 },
    ]);
    expect([incidents[1], deliveries[1]]).toEqual([before[0] - count("incidents"), before[1] - count("deliveries")]);
    expect(deliveries[0]).toBe(before[1]);
    // The one that was left is identified: of an incident that is no more there is nothing to tell, now or later.
    inFile((sqlite) =>
      sqlite.run("update tickets set gate_at = 1, remote_id = '1', remote_key = 'SEC-1' where id = 7"),
    );
    expect((await withStore((store) => store.tickets.passGate(24, now, false))).nextAt).toBeNull();
  });
});

test("how many detections there were in an hour, of each entity and of all", async () => {
  const oldest = Math.floor((now - 90 * dayMs) / hourMs);
  fill("insert into detection_hours values (?, ?, 'high', 2, 1)", 6_000, (n) => [
    oldest + 2 - Math.ceil(n / 2_000),
    `Site ${n % 2_000}`,
  ]);
  expect(count("hour_totals")).toBe(3);
  expect(await largestStep(["detection_hours"])).toBeLessThanOrEqual(2_000);
  expect(inFile((sqlite) => sqlite.query("select distinct hour - ? as hour from detection_hours").all(oldest))).toEqual(
    [{ hour: 0 }, { hour: 1 }],
  );
  expect(inFile((sqlite) => sqlite.query("select hour - ? as hour, detections from hour_totals").all(oldest))).toEqual([
    { hour: 0, detections: 4_000 },
    { hour: 1, detections: 4_000 },
  ]);
});

test("an idle actor without an incident goes with its closed cases, and stays while one of them is open", async () => {
  inFile((sqlite) => {
    const period =
      sqlite.query(`insert into actor_periods (id, actor_key, current, entity_name, pending, updated_at, state)
      values (?, ?, 1, 'e', 0, ?, '[]')`);
    const threatCase =
      sqlite.query(`insert into threat_cases (case_id, period_id, entity_name, case_type, status, severity, primary_user,
        alert_count, rule_count, max_risk_score, affected_hosts, first_alert, last_alert, created_at, updated_at, created_seq, updated_seq)
      values (?1, ?2, 'e', 't', ?3, 'high', 'u', 1, 1, 90, '[]', ?4, ?4, ?4, ?4, 1, 1)`);
    for (const [id, status] of [
      ["1", "CLOSED"],
      ["2", "OPEN"],
    ] as const) {
      period.run(Number(id), id, old);
      threatCase.run(`CASE-${id}`, Number(id), status, old);
    }
  });
  await withStore((store) => pruneAll(store, now, 90));
  const kept = inFile((sqlite) => sqlite.query("select case_id from threat_cases").all());
  expect(kept).toEqual([{ case_id: "CASE-2" }]);
  expect(count("actor_periods")).toBe(1);
});

test("a pass over nothing ends", async () => {
  expect(await withStore((store) => pruneAll(store, now, 90))).toEqual({ events: 0, expired: 0, alerts: 0 });
});
