/** When sample data goes by itself, and what an interrupted start leaves. */
import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayMs } from "../../core/time.ts";
import { SampleData, type SampleParts } from "./sample-data.ts";

const now = Date.parse("2026-03-13T04:00:00Z");
let dataDir = "";
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const noted: string[] = [];
const caller = {
  kind: "user",
  id: "u",
  name: "admin",
  role: "admin",
  scopes: [],
  entities: null,
  address: "",
} as const;

function parts(): SampleParts {
  dataDir ||= mkdtempSync(join(tmpdir(), "rhythmx-sample-"));
  const running = { retentionDays: () => 90, destinations: () => [], loops: () => [], faults: () => [] };
  const none = () => {};
  return {
    dataDir,
    clock: { now: () => now, monotonic: () => 0 },
    log: { debug: none, info: none, warn: none, error: none },
    events: { end: async () => 0, onAppend: () => none },
    audit: { note: async (_: object, action: string) => void noted.push(action) },
    running,
    correlation: null,
  } as unknown as SampleParts;
}

test("it goes when retention would take it, and not before", async () => {
  const data = await SampleData.open(parts());
  await data.start(caller);
  expect(noted).toEqual(["sample.start"]);
  await data.retire(now + 90 * dayMs - 1);
  expect(data.views).not.toBeNull();
  expect((await data.views?.reading.listEntities(null, 10))?.map((name) => name.toLowerCase())).toEqual(["sample"]);
  await data.retire(now + 90 * dayMs);
  expect(data.views).toBeNull();
  expect(existsSync(join(dataDir, "sample"))).toBe(false);
  await data.close();
});

test("what an interrupted start has left is removed, and what cannot be read", async () => {
  const given = parts();
  const folder = join(given.dataDir, "sample");
  for (const files of [
    { "sample.db": "half" },
    { "sample.db": "no database at all, whatever it says", since: String(now) },
  ]) {
    mkdirSync(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const data = await SampleData.open(given);
    expect(data.views).toBeNull();
    expect(existsSync(folder)).toBe(false);
    await data.close();
  }
});
