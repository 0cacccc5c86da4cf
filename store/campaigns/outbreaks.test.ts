import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ListedAsset } from "../../core/assets/asset.ts";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { minuteMs } from "../../core/time.ts";
import { openStore, type Store } from "../open-store.ts";

let folder: string;
let store: Store;
let now = 0;
const start = Date.UTC(2026, 2, 13, 12, 0);
const clock = { now: () => now, monotonic: () => now };

async function open(assets: ListedAsset[] = []): Promise<Store> {
  const opened = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await opened.incidents.configureCorrelation({
    actors: { sharedAccounts: ["administrator"], hostShortNames: false },
    patterns: builtInPatterns,
    floors: builtInFloors,
    minScore: 40,
    assets,
  });
  return opened;
}

beforeEach(async () => {
  now = start;
  folder = mkdtempSync(join(tmpdir(), "rhythmx-outbreaks-"));
  store = await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

type Fields = Record<string, unknown>;

/** One high rule as SYSTEM, on a host per second; the first is `host-0`. */
function wave(hosts: number, fields: (index: number) => Fields = () => ({}), at = start - 10 * minuteMs): Fields[] {
  return Array.from({ length: hosts }, (_, index) => ({
    rule_title: "Suspicious Service Binary",
    rule_id: "r1",
    level: "high",
    user: "NT AUTHORITY\\SYSTEM",
    timestamp: new Date(at + index * 1_000).toISOString(),
    host: `host-${index}`,
    raw: { n: index },
    tags: ["attack.execution"],
    ...fields(index),
  }));
}

async function ingest(list: Fields[], size = list.length): Promise<void> {
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  for (let from = 0; from < list.length; from += size) {
    const body = new TextEncoder().encode(
      list
        .slice(from, from + size)
        .map((one) => JSON.stringify(one))
        .join("\n"),
    );
    const request = {
      kind: "detections",
      body,
      format: "rhythmx",
      owner: "o",
      entities: null,
      idempotency: null,
    } as const;
    expect(JSON.parse((await intake.ingest(request)).json).rejected).toEqual([]);
  }
}

/** What the loop does until nothing is due, with the clock going on as it waits. */
async function settle(longest = 40_000): Promise<void> {
  const end = now + longest;
  for (;;) {
    const { more, nextAt } = await store.campaigns.followOutbreaks(now);
    if (more) continue;
    if (nextAt === null || nextAt > end) break;
    now = Math.max(now + 1, nextAt);
  }
  now = Math.max(now, end);
}

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies freely
async function bodies(kind: "incident_created" | "incident_updated"): Promise<any[]> {
  const list = await store.events.read(0, 5_000, [kind]);
  return list.map(({ data }) => JSON.parse(data));
}

function shuffled<T>(list: readonly T[], seed: number): T[] {
  const mixed = [...list];
  let state = seed;
  for (let at = mixed.length - 1; at > 0; at--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (at + 1);
    [mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T];
  }
  return mixed;
}

describe("the same high rule as SYSTEM is one critical incident of the earliest host", () => {
  for (const hosts of [5, 50, 500])
    for (const [order, size] of [
      ["in order", 1_000],
      ["shuffled", 1_000],
      ["in order", hosts === 50 ? 1 : 7],
      ["shuffled", hosts === 50 ? 1 : 7],
    ] as const)
      test(`${hosts} hosts, ${order}, in batches of ${size}`, async () => {
        const list = wave(hosts);
        await ingest(order === "shuffled" ? shuffled(list, hosts) : list, size);
        await settle();
        const created = await bodies("incident_created");
        expect(created).toHaveLength(1);
        expect(created[0]).toMatchObject({
          group_key: "host-0",
          actor_type: "host",
          risk: { score: 90, level: "critical" },
        });
        expect(created[0].outbreak.rule).toBe("Suspicious Service Binary");
        expect(created[0].outbreak.hosts).toEqual(list.map(({ host }) => host));
        expect(await bodies("incident_updated")).toEqual([]);
        const detail = await store.reading.readIncident(created[0].incident_id, now);
        expect(detail?.history.map(({ action }) => action)).toEqual(["CREATED", "OUTBREAK"]);
      });
});
