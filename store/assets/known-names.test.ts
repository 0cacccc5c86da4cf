/** Names over restarts, upgrades and retention: who an actor is stays the same. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { builtInFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns } from "../../core/correlation/patterns.ts";
import { Intake } from "../../core/intake/intake.ts";
import { dayMs } from "../../core/time.ts";
import { DatabaseFile } from "../../test/harness/database-file.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { openStore, type Store } from "../open-store.ts";

let folder: string;
let path: string;
let store: Store;
let now = 0;
const clock = { now: () => now, monotonic: () => now };

async function open(): Promise<void> {
  store = await openStore({ path, clock });
  await store.incidents.configureCorrelation({
    actors: { sharedAccounts: [], hostShortNames: false },
    patterns: builtInPatterns,
    floors: builtInFloors,
    minScore: 40,
    assets: [],
  });
}

beforeEach(() => {
  now = Date.UTC(2026, 2, 13, 6);
  folder = mkdtempSync(join(tmpdir(), "rhythmx-names-"));
  path = join(folder, "rhythmx.db");
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

let number = 0;
async function ingest(...records: { user?: string; host?: string }[]): Promise<void> {
  const body = records.map((one) =>
    JSON.stringify({
      ...{ rule_title: `Rule ${number++}`, level: "critical", timestamp: new Date(now).toISOString(), raw: { n: 1 } },
      ...one,
    }),
  );
  const intake = new Intake({ store, clock, defaultEntity: () => "Primary Site" });
  const request = { kind: "detections", format: "rhythmx", owner: "o", entities: null, idempotency: null } as const;
  await intake.ingest({ ...request, body: new TextEncoder().encode(body.join("\n")) });
}

function rows(sql: string): Record<string, unknown>[] {
  const database = new DatabaseFile(path, { readonly: true });
  const found = database.query(sql).all() as Record<string, unknown>[];
  database.close();
  return found;
}

const incidents = () =>
  rows("select actor_type || ':' || group_key as actor, sigma_alert_count as n from incidents order by 1").map(
    ({ actor, n }) => `${actor} ${n}`,
  );

test("an upgrade keeps the names of the actors that are there, and joins what comes in from then on", async () => {
  const old = join(import.meta.dirname, "../../test/data/databases/schema-13.db.gz");
  writeFileSync(path, gunzipSync(readFileSync(old)));
  const file = new DatabaseFile(path);
  // Its user was one of a public mail domain, and one host was two actors.
  file.run("update sigma_alerts set user_name = 'PGustavo@Gmail.com' where period_id = 1");
  file.run(`update actor_periods set actor_key = '["primary site","host","it001"]' where id = 3`);
  const before = file.query("select incident_id, group_key, sigma_alert_count from incidents").all();
  file.close();
  await open();
  expect(rows("select incident_id, group_key, sigma_alert_count from incidents")).toEqual(before as never);
  const [{ n = 0 } = {}] = rows("select sigma_alert_count as n from incidents") as { n: number }[];
  await ingest({ user: "pgustavo@gmail.com" }, { user: "pgustavo" });
  await ingest({ user: "SHIRE\\pgustavo" });
  expect(incidents()).toEqual([`user:pgustavo ${n + 2}`, "user:pgustavo@shire 1"]);
  await ingest({ host: "IT001" }, { host: "it001.shire.com" }, { host: "\\\\IT001" });
  const hosts = incidents().filter((one) => one.startsWith("host:"));
  expect(hosts).toHaveLength(1);
  expect(hosts[0]).toStartWith("host:it001.shire.com ");
});

test("names that nothing has had for the retention time are forgotten, those of open incidents are not", async () => {
  await open();
  await ingest({ host: "fs01" }, { host: "fs01.corp.example" }, { user: "CORP\\j" }, { user: "OTHER\\j" });
  await ingest({ host: "quiet.corp.example" });
  const { incident_id: closed } =
    rows("select incident_id from incidents where group_key = 'quiet.corp.example'")[0] ?? {};
  await store.incidents.changeIncident(String(closed), { status: "CLOSED" } as never, { who: "j", source: "api" }, now);
  now += 100 * dayMs;
  await pruneAll(store, now, 90);
  expect(rows("select name from name_joins where kind = 'host' order by name").map(({ name }) => name)).toEqual([
    "fs01",
    "fs01.corp.example",
  ]);
  await ingest({ host: "fs01.corp.example" }, { user: "OTHER\\j" }, { user: "CORP\\j" });
  expect(incidents()).toEqual(["host:fs01 3", "user:j 2", "user:j@other 2"]);
});

test("a host that is seen every day is kept, with one row", async () => {
  await open();
  for (let day = 0; day < 5; day++) {
    await ingest({ host: "fs01.corp.example" });
    now += dayMs;
    await store.close();
    await open();
  }
  expect(rows("select name, seen_day from name_joins where kind = 'host'")).toEqual([
    { name: "fs01.corp.example", seen_day: Math.floor(now / dayMs) - 1 },
  ]);
});
