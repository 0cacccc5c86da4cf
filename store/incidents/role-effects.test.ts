import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListedAsset } from "../../core/assets/asset.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import type { Detection } from "../../core/detection.ts";
import { dayMs } from "../../core/time.ts";
import { queryDatabase } from "../../test/harness/database-file.ts";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { openStore, type Store } from "../open-store.ts";

let now = 0;
const clock = { now: () => now, monotonic: () => now };
let folder: string;
let store: Store;

const settings = (assets: ListedAsset[]) => ({
  actors: { sharedAccounts: [], hostShortNames: false },
  patterns: builtInPatterns,
  floors: builtInFloors,
  minScore: 40,
  assets,
});
const open = async (assets: ListedAsset[] = []) => {
  store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await store.incidents.configureCorrelation(settings(assets));
};
beforeEach(async () => {
  now = Date.UTC(2026, 2, 13, 4, 30);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-roles-"));
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const critical = (n: number, some: Partial<Detection> = {}): Detection =>
  detectionOf({
    ...{ user: `user-${n}`, host: "pay-db", level: "critical", risk: 90, timestamp: now },
    ...{ hash: n.toString(16).padStart(16, "0"), ...some },
  });
const write = (detections: Detection[]) =>
  store.writeDetections({ detections, now, counted: [], step: null, more: null });
/** How many incidents have which score. */
const scores = (): Record<string, number> => {
  const sql =
    "select json_group_object(risk_score, n) as list from (select risk_score, count(*) as n from incidents group by 1)";
  return JSON.parse(String(queryDatabase({ dataDir: folder }, sql).list));
};
const payDb = (criticality: "high" | "critical"): ListedAsset => ({
  ...{ kind: "host", name: "PAY-DB", role: null, aliases: [], entity: null, from: "file" },
  criticality,
});
const put = (assets: ListedAsset[]) =>
  store.incidents.replaceAssets(
    { entity: "E", rows: assets.map((asset) => ({ asset, entity: null, from: null })), who: "a", revision: null },
    now,
  );
async function finish(): Promise<number> {
  let steps = 1;
  while (await store.incidents.assessLeft(now, false)) steps++;
  return steps;
}

test("actors are gone through in steps, also over a restart, and nobody is left out", async () => {
  await write(Array.from({ length: 700 }, (_, n) => critical(n)));
  await write([critical(700, { host: "other" })]);
  const [before] = Object.keys(scores()).map(Number);
  expect(scores()).toEqual({ [before ?? 0]: 701 });
  await put([payDb("critical")]);
  expect(scores()).toEqual({ [before ?? 0]: 701 });
  expect(await store.incidents.assessLeft(now, false)).toBe(true);
  expect(scores()).toEqual({ [before ?? 0]: 401, [(before ?? 0) + 6]: 300 });
  await store.close();
  await open();
  expect(await finish()).toBe(2);
  expect(scores()).toEqual({ [before ?? 0]: 1, [(before ?? 0) + 6]: 700 });
  // The same list again changes nothing.
  await put([payDb("critical")]);
  expect(await store.incidents.assessLeft(now, false)).toBe(false);
});

test("a file that says something else at the next start counts; the same file costs nothing", async () => {
  await write([critical(1)]);
  const [before = 0] = Object.keys(scores()).map(Number);
  await store.close();
  await open([payDb("high")]);
  await finish();
  expect(scores()).toEqual({ [before + 3]: 1 });
  const state = () => queryDatabase({ dataDir: folder }, "select * from asset_state");
  const known = state();
  expect(known.rescore_after).toBeNull();
  await store.close();
  await open([payDb("high")]);
  expect(state()).toEqual(known);
  await store.close();
  await open();
  await finish();
  expect(scores()).toEqual({ [before]: 1 });
});

test("old evidence makes no incident when a role becomes known", async () => {
  const ordinary: ListedAsset = { ...payDb("high"), role: "backup", criticality: null } as ListedAsset;
  await put([ordinary]);
  const medium = (n: number, user: string) =>
    critical(n, {
      user,
      level: "medium",
      risk: 50,
      ruleId: `r${n % 8}`,
      tags: ["attack.execution", "attack.persistence"],
    });
  await write(Array.from({ length: 8 }, (_, n) => medium(n, "early")));
  now += 8 * dayMs;
  await write(Array.from({ length: 8 }, (_, n) => medium(n + 8, "late")));
  expect(scores()).toEqual({});
  await put([]);
  await finish();
  const { group_key: actor } = queryDatabase(
    { dataDir: folder },
    "select group_concat(group_key) as group_key from incidents",
  );
  expect(actor).toBe("late");
});
