import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Detection } from "../../core/detection.ts";
import { noTally } from "../../core/intake/answer.ts";
import { dayMs } from "../../core/time.ts";
import { queryDatabase } from "../../test/harness/database-file.ts";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { openStore, type Store } from "../open-store.ts";

let now = Date.UTC(2026, 2, 13, 4, 30);
const clock = { now: () => now, monotonic: () => now };
const settings = {
  actors: { sharedAccounts: [], hostShortNames: false },
  patterns: [],
  floors: [],
  minScore: 40,
  assets: [],
};
let folder: string;
let store: Store;

const open = async () => {
  store = await openStore({ path: join(folder, "rhythmx.db"), clock });
  await store.incidents.configureCorrelation(settings);
};
beforeEach(async () => {
  now = Date.UTC(2026, 2, 13, 4, 30);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-assets-"));
  await open();
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

let nextHash = 0;
function ticket(host: string, some: Partial<Detection> = {}): Detection {
  return detectionOf({
    ...{ host, eventId: "4769", channel: "Security", provider: "Microsoft-Windows-Security-Auditing", user: "CORP\\j" },
    ...{ hash: (nextHash++).toString(16).padStart(16, "0"), timestamp: now, level: "low", risk: 25 },
    ...some,
  });
}
const write = (...detections: Detection[]) =>
  store
    .writeDetections({ detections, now, counted: [], step: null, more: null })
    .then((tally) => ({ ...noTally, ...tally }));
const inferred = async () =>
  (await store.reading.listAssets("e")).assets.map(({ name, role, entity }) => [entity, name, role]);
const rows = (): { host: string; role: string; why: string; seen_day: number }[] => {
  const sql = `select json_group_array(json_object('host', host, 'role', role, 'why', why, 'seen_day', seen_day)) as list
    from (select * from inferred_roles order by host)`;
  return JSON.parse(String(queryDatabase({ dataDir: folder }, sql).list));
};

test("a role is stored once with the write that shows it, and known after a restart", async () => {
  await write(ticket("DC01.corp.example"), ticket("dc01.corp.example."), ticket("\\\\DC01.corp.example"));
  await write(
    ticket("dc01.corp.example", { eventId: "4768" }),
    ticket("mail", { channel: "MSExchange Management", eventId: "1" }),
  );
  const expected = [
    ["E", "dc01.corp.example", "domain_controller"],
    ["E", "mail", "server"],
  ];
  expect(await inferred()).toEqual(expected);
  const day = Math.floor(now / dayMs);
  expect(rows()).toEqual([
    { host: "dc01.corp.example", role: "domain_controller", why: "event 4769", seen_day: day },
    { host: "mail", role: "server", why: "log msexchange management", seen_day: day },
  ]);
  await store.close();
  await open();
  expect(await inferred()).toEqual(expected);
  expect(await store.incidents.countAssets()).toEqual({ api: 0, inferred: 2 });
});

test("a server that turns out to be a domain controller is one, and never the other way round", async () => {
  const dns = { channel: "DNS Server", eventId: "150" };
  await write(ticket("a", dns));
  await write(ticket("a"), ticket("a", dns));
  expect(rows().map(({ host, role }) => [host, role])).toEqual([["a", "domain_controller"]]);
});

test("a role that no log shows any more goes with retention; one that is shown again stays", async () => {
  await write(ticket("old"), ticket("kept"));
  now += 60 * dayMs;
  await write(ticket("kept"), ticket("kept"));
  now += 40 * dayMs;
  await pruneAll(store, now, 90);
  expect(await inferred()).toEqual([["E", "kept", "domain_controller"]]);
  expect(rows().map(({ host }) => host)).toEqual(["kept"]);
});

test("a write that fails leaves nothing behind in memory: the next one stores the role", async () => {
  const bad = { ...ticket("dc01"), ruleTitle: null as never };
  expect(await write(bad).catch(() => "failed")).toBe("failed");
  expect(rows()).toEqual([]);
  await write(ticket("dc01"));
  expect(rows().map(({ host }) => host)).toEqual(["dc01"]);
});

test("a sender of invented hosts cannot fill memory", async () => {
  for (let from = 0; from < 6_000; from += 1_000)
    await write(...Array.from({ length: 1_000 }, (_, n) => ticket(`h${from + n}`)));
  expect((await store.incidents.countAssets()).inferred).toBe(5_000);
});
