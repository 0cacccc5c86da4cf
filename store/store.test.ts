import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreError } from "../core/errors.ts";
import { Intake } from "../core/intake/intake.ts";
import { dayMs, minuteMs } from "../core/time.ts";
import { pruneAll } from "../test/harness/prune-all.ts";
import { schemaVersion } from "./database/migrate.ts";
import { openStore, type Store } from "./open-store.ts";

let folder: string;
let store: Store;
let now = Date.UTC(2026, 2, 13, 4, 30);
const clock = { now: () => now, monotonic: () => now };
const open = () => openStore({ path: join(folder, "rhythmx.db"), clock });

beforeEach(async () => {
  now = Date.UTC(2026, 2, 13, 4, 30);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-store-"));
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function record(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    rule_title: "Rule",
    level: "high",
    timestamp: "2026-03-13T04:00:00Z",
    user: "j",
    host: "h",
    raw: { n: 1 },
    ...fields,
  };
}

async function ingest(records: Record<string, unknown>[], key?: string): Promise<Record<string, unknown>> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const body = new TextEncoder().encode(records.map((one) => JSON.stringify(one)).join("\n"));
  const idempotency = key === undefined ? null : { key, bodySha256: String(Bun.hash(body)) };
  const { json } = await intake.ingest({
    kind: "detections",
    body,
    format: "rhythmx",
    owner: "o",
    entities: null,
    idempotency,
  });
  return JSON.parse(json);
}

const firsts = (after = 0) => store.events.read(after, 100, ["alert_first"]);
const hourlies = () => store.events.read(0, 100, ["alert_hourly"]);

test("one alert per key, one FIRST event with the first log and the whole write's count", async () => {
  const answer = await ingest([record(), record({ raw: { n: 2 } }), record({ host: "other" })]);
  expect(answer).toMatchObject({ accepted: 3, alerts_new: 2, alerts_updated: 0 });
  const events = await firsts();
  expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
  expect(events[0]?.body).toBe('{"n":1}');
  expect(JSON.parse(events[0]?.data ?? "")[2]).toBe(2);
});

test("a batch over several writes counts an alert once in its answer", async () => {
  const records = Array.from({ length: 2500 }, (_, i) => record({ rule_title: `Rule ${i % 3}` }));
  expect(await ingest(records)).toMatchObject({ received: 2500, accepted: 2500, alerts_new: 3, alerts_updated: 0 });
  expect(await ingest(records)).toMatchObject({ alerts_new: 0, alerts_updated: 3 });
});

test("an id counts once, per entity and rule, until it is forgotten after seven days", async () => {
  await ingest([record({ id: "a" })]);
  expect(await ingest([record({ id: "a" }), record({ id: "a", rule_title: "Other" })])).toMatchObject({
    accepted: 1,
    duplicates: 1,
  });
  now += 8 * dayMs;
  await pruneAll(store, now, 90);
  expect(await ingest([record({ id: "a" })])).toMatchObject({ accepted: 1, duplicates: 0 });
});

test("HOURLY carries the newest log by its own time, also when it is the first", async () => {
  await ingest([record({ timestamp: "2026-03-13T04:20:00Z", raw: { n: "first" } })]);
  await ingest([record({ timestamp: "2026-03-13T04:10:00Z", raw: { n: "older" } })]);
  now += 61 * minuteMs;
  expect(await store.recordHourly(now, 60 * minuteMs)).toEqual({ recorded: 1, more: false });
  expect((await hourlies())[0]?.body).toBe('{"n":"first"}');
  await ingest([record({ timestamp: "2026-03-13T04:25:00Z", raw: { n: "newest" } })]);
  now += 61 * minuteMs;
  await store.recordHourly(now, 60 * minuteMs);
  expect((await hourlies())[1]?.body).toBe('{"n":"newest"}');
  expect(await store.recordHourly(now + 61 * minuteMs, 60 * minuteMs)).toEqual({ recorded: 0, more: false });
});

test("a thousand alerts are recorded per turn, and the rest is announced", async () => {
  const records = Array.from({ length: 1200 }, (_, i) => record({ host: `h${i}` }));
  await ingest(records);
  await ingest(records);
  now += 61 * minuteMs;
  expect(await store.recordHourly(now, 60 * minuteMs)).toEqual({ recorded: 1000, more: true });
  expect(await store.recordHourly(now, 60 * minuteMs)).toEqual({ recorded: 200, more: false });
});

test("a clock set back silences an alert for one interval at most", async () => {
  await ingest([record()]);
  await ingest([record()]);
  now -= dayMs;
  expect((await store.recordHourly(now, 60 * minuteMs)).recorded).toBe(0);
  now += 61 * minuteMs;
  expect((await store.recordHourly(now, 60 * minuteMs)).recorded).toBe(1);
});

test("commits are announced with what they appended", async () => {
  const heard: unknown[] = [];
  store.events.onAppend((end, counts) => heard.push([end, counts]));
  await ingest([record(), record({ host: "b" })]);
  await ingest([record()]);
  expect(heard).toEqual([[2, { alert_first: 2 }]]);
});

test("positions, counts and the end of the log outlive a restart, and no sequence number is used twice", async () => {
  await ingest([record(), record({ host: "b" })]);
  await store.events.savePosition("alerts/r", 1);
  now += 100 * dayMs;
  await pruneAll(store, now, 90);
  await store.close();
  store = await open();
  expect(await store.events.end()).toBe(2);
  await ingest([record({ host: "c" })]);
  expect((await firsts()).map(({ seq }) => seq)).toEqual([3]);
});

test("alarms that pass the retention limit were not for the readers of alerts: none counts as missed", async () => {
  const nobody = { user: null, host: null, srcIp: null };
  const alarms = ["1", "2"].map((id) => ({ alarmId: id, name: "n", rbp: 1, timestamp: now, entity: "e", ...nobody }));
  await store.writeAlarms({ alarms, now, step: null, more: null });
  await store.events.savePosition("alerts/r", 0);
  now += 100 * dayMs;
  expect(await pruneAll(store, now, 90)).toMatchObject({ events: 2, expired: 0 });
  expect(await store.admin.listReaders()).toMatchObject([{ reader: "alerts/r", position: 2, expired: 0 }]);
});

test("retention prunes from the old end, counts what a reader had not had, and forgets alerts", async () => {
  await ingest([record()]);
  await store.events.savePosition("alerts/behind", 0);
  now += 50 * dayMs;
  await ingest([record({ host: "late" })]);
  now += 50 * dayMs;
  expect(await pruneAll(store, now, 90)).toMatchObject({
    events: 1,
    expired: 1,
    alerts: 1,
  });
  expect(await store.admin.listReaders()).toMatchObject([{ reader: "alerts/behind", position: 1, expired: 1 }]);
  expect((await firsts()).map(({ seq }) => seq)).toEqual([2]);
  expect(await ingest([record()])).toMatchObject({ alerts_new: 1 });
});

test("an alert with untold occurrences is not forgotten before its HOURLY", async () => {
  await ingest([record()]);
  await ingest([record()]);
  now += 100 * dayMs;
  expect((await pruneAll(store, now, 90)).alerts).toBe(0);
  await store.recordHourly(now, 60 * minuteMs);
  expect(await hourlies()).toHaveLength(1);
});

test("a replay starts at the first event recorded at or after a time", async () => {
  await ingest([record()]);
  now += 10 * minuteMs;
  await ingest([record({ host: "b" })]);
  expect(await store.events.seqBefore(now)).toBe(1);
  expect(await store.events.seqBefore(0)).toBe(0);
  expect(await store.events.seqBefore(now + 1)).toBe(2);
});

test("a second process is refused while the store is open", async () => {
  const error = await open().catch((thrown: StoreError) => thrown);
  expect(error).toMatchObject({ code: "store_in_use" });
});

test("the database is sound and says what is in it", async () => {
  await ingest([record()]);
  expect(await store.integrityCheck()).toEqual([]);
  expect(await store.admin.facts()).toMatchObject({ schema: schemaVersion, alerts: 1, events: 1 });
});

test("while the file is checked nothing waits in the Worker that writes", async () => {
  const checks = [store.integrityCheck(), store.integrityCheck()];
  expect(store.waiting).toEqual({ writer: 0, reader: 0 });
  expect(store.isIdle).toBe(false);
  expect(await ingest([record()])).toMatchObject({ alerts_new: 1 });
  expect(await Promise.all(checks)).toEqual([[], []]);
  expect(store.isIdle).toBe(true);
});

test("a check of the file ends when the store is closed", async () => {
  const check = store.integrityCheck().catch((error: StoreError) => error.code);
  await store.close();
  expect(["", "store_failed"]).toContain(String(await check));
});

test("NUL in a name, which a column cannot hold, becomes U+FFFD from the start", async () => {
  await ingest([record({ user: "a\0b" })]);
  expect(JSON.parse((await firsts())[0]?.data ?? "")[15]).toBe("a\ufffdb");
});

test("text of every kind comes back as it went in", async () => {
  const nasty = 'a"b\\c]d\u0001\u202e\u2028é😀';
  await ingest([record({ rule_title: nasty, user: nasty, raw: `${nasty}\0` })]);
  const [event] = await firsts();
  expect(JSON.parse(event?.data ?? "")[10]).toBe(nasty);
  now += 61 * minuteMs;
  await ingest([record({ rule_title: nasty, user: nasty, raw: `${nasty}\0` })]);
  now += 61 * minuteMs;
  await store.recordHourly(now, 60 * minuteMs);
  const [hourly] = await hourlies();
  expect(JSON.parse(hourly?.data ?? "")[10]).toBe(nasty);
  expect(JSON.parse(hourly?.body ?? "").raw).toBe(`${nasty}\0`);
});
