/** How usual a rule is, from the records that come in to what an incident's detail says of it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { dayMs, hourMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { Database } from "../database/database.ts";
import { openStore, type Store } from "../open-store.ts";
import { RuleActors } from "./rule-actors.ts";

const start = Date.UTC(2026, 2, 1);
let now = start;
const clock = { now: () => now, monotonic: () => now };
let folder: string;
let store: Store;

async function open(): Promise<void> {
  store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  const actors = { sharedAccounts: [], hostShortNames: false };
  await store.incidents.configureCorrelation({
    actors,
    patterns: builtInPatterns,
    floors: builtInFloors,
    assets: [],
    minScore: 40,
  });
}

beforeEach(async () => {
  now = start + 6 * dayMs;
  folder = mkdtempSync(join(tmpdir(), "rhythmx-rarity-"));
  await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function record(user: string, day: number, fields: Record<string, unknown> = {}): Record<string, unknown> {
  const timestamp = new Date(start + day * dayMs + 9 * hourMs).toISOString();
  return { rule_id: "noisy", rule_title: "Noisy", level: "high", user, host: "ws-1", timestamp, raw: {}, ...fields };
}

async function ingest(list: Record<string, unknown>[]): Promise<void> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const body = new TextEncoder().encode(list.map((one) => JSON.stringify(one)).join("\n"));
  await intake.ingest({
    kind: "detections",
    body,
    format: "rhythmx",
    owner: "o",
    entities: null,
    idempotency: null,
  });
}

/** The details of all incidents, by actor. */
async function incidents() {
  const events = await store.events.read(0, 5_000, ["incident_created"]);
  const details = await Promise.all(events.map(({ subject }) => store.reading.readIncident(subject, now)));
  return new Map(details.flatMap((detail) => (detail === null ? [] : [[detail.incident.actor, detail] as const])));
}

const rows = () => {
  const file = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  const found = file.query("select entity, rule, block, counts from rule_actors order by 1, 2, 3").all();
  file.close();
  return found;
};

const crowd = (day: number, fields = {}) => Array.from({ length: 25 }, (_, n) => record(`user-${n}`, day, fields));
const dcsync = { rule_id: "dcsync", rule_title: "DCSync by a user", tags: ["attack.t1003.006"] };

test("a rule that fires on everybody is no incident, whatever its level; one never seen before is; a crown jewel always is", async () => {
  await ingest(crowd(0));
  await ingest(crowd(1, { level: "medium" }));
  await store.close();
  await open();
  const high = [1, 2, 3].map((n) => record("late", 4, { rule_id: `common-${n}`, rule_title: `Common ${n}` }));
  for (const { rule_id, rule_title } of high) await ingest(crowd(2, { rule_id, rule_title, level: "low" }));
  await ingest([record("late", 4), ...high]);
  expect([...(await incidents()).keys()].filter((name) => name === "late")).toEqual([]);
  await ingest([1, 2, 3].map((n) => record("news", 4, { rule_id: `new-${n}`, rule_title: `New ${n}` })));
  const news = (await incidents()).get("news");
  expect(news?.risk.floor).toMatchObject({ rule: "New 1" });
  expect(news?.risk.floor?.why).toContain("not seen on any of 25 actors here in the 14 days before");

  await ingest(crowd(4, dcsync));
  await ingest([record("thief", 5, { ...dcsync, level: "medium" })]);
  const thief = (await incidents()).get("thief");
  expect(thief?.incident.level).toBe("critical");
  expect(thief?.risk.floor?.why).toContain("fires on 25 of 27 actors here");
  const severity = thief?.risk.factors.find(({ name }) => name === "detection_severity");
  expect(severity?.why).toContain("it fires on 25 of 27 actors here");
  expect(thief?.risk.factors).toHaveLength(7);
});

test("an import of old logs gives what live gave; batches of a day may come in any order; entities do not mix", async () => {
  const days = [0, 1, 2, 3, 4].map((day) => [...crowd(day), record(`one-${day}`, day, { rule_id: `rare-${day}` })]);
  for (const day of days) for (const one of day.toReversed()) await ingest([one]);
  const live = rows();
  const detail = async () =>
    [...(await incidents()).values()].map(({ risk }) => [risk.score, risk.factors, risk.floor]);
  const told = await detail();
  await store.close();
  rmSync(folder, { recursive: true });
  folder = mkdtempSync(join(tmpdir(), "rhythmx-rarity-"));
  now = start + 400 * dayMs;
  await open();
  await ingest(days.flat());
  expect(rows()).toEqual(live);
  expect(await detail()).toEqual(told);
  await ingest([record("x", 4, { entity: "Other" })]);
  expect(rows()).toHaveLength(live.length + 2);
});

test("rows are by rule and month, however many actors there are, and go when nothing is added to them", async () => {
  for (let n = 0; n < 3; n++)
    await ingest(Array.from({ length: 700 }, (_, at) => record(`many-${n}-${at}`, 1, { level: "low" })));
  expect(rows()).toHaveLength(2);
  now = start + 100 * dayMs;
  await pruneAll(store, now, 90);
  expect(rows()).toEqual([]);
});

test("what is kept in memory is bounded, and what was dropped is read again", async () => {
  await ingest(crowd(0, { level: "low" }));
  const database = await Database.open(join(folder, "rhythmx.db"), "read");
  const { addDetections, noEvidence } = await import("../../core/correlation/evidence.ts");
  const { newSightings } = await import("../../core/correlation/rarity/rarity.ts");
  const small = new RuleActors(3);
  const noted = async (rule: string) => {
    const evidence = noEvidence();
    const hours = addDetections(evidence, [detectionOf({ ruleId: rule, timestamp: start + dayMs })], now);
    const fresh = newSightings(evidence, hours).map((one) => ({ ...one, entity: "primary site" }));
    await small.sight(database, fresh, now);
    return [...evidence.sightings.values()][0]?.actors;
  };
  expect(await noted("noisy")).toBe(25);
  expect(await noted("another")).toBe(0);
  expect(small.size).toBeLessThanOrEqual(3);
  expect(await noted("noisy")).toBe(25);
  database.close();
});

test("rules and entities with very long names take no more memory than usual ones", async () => {
  const database = await Database.open(join(folder, "rhythmx.db"), "read");
  const { noEvidence } = await import("../../core/correlation/evidence.ts");
  const counts = new RuleActors();
  const sight = async (length: number, rules: number) => {
    const day = Math.floor(start / dayMs);
    const named = Array.from({ length: rules }, (_, n) => `${n}`.padStart(length, "x"));
    const fresh = named.map((key, rule) => ({ evidence: noEvidence(), rule, key, day, entity: "e".repeat(256) }));
    await counts.sight(database, fresh, now);
    return counts.size;
  };
  expect(await sight(16, 5_000)).toBeGreaterThan(5_000);
  const long = await sight(1_024, 6_000);
  expect(long * 1_024).toBeLessThan(4_000_000);
  expect(long).toBeGreaterThan(1_000);
  counts.clear();
  // What is counted of names starts again, too.
  expect(await sight(16, 5_000)).toBeGreaterThan(5_000);
  database.close();
});
