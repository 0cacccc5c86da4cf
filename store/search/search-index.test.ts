/** The index follows what is there: after a step, after retention, after an upgrade of the terms, after a crash. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dayMs, toIso } from "../../core/time.ts";
import { pruneAll } from "../../test/harness/prune-all.ts";
import { Database } from "../database/database.ts";
import type { Row, Statement } from "../database/statement.ts";
import { openStore, type Store } from "../open-store.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
let folder: string;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-search-"));
  path = join(folder, "rhythmx.db");
  await withStore(() => Promise.resolve());
});
afterEach(() => rmSync(folder, { recursive: true }));

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore({ path, clock: { now: () => now, monotonic: () => now } });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Writes by the same library as the store: two of them on one file in one process lose each other's locks. */
async function write(...statements: Statement[]): Promise<void> {
  const database = await Database.open(path);
  await database.write(statements);
  database.close();
}

async function read(sql: string, ...args: (string | number)[]): Promise<Row[]> {
  const database = await Database.open(path, "read");
  const { rows } = await database.read(sql, args);
  database.close();
  return rows;
}

const insertAlert = `insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip, risk, ml_cluster,
    count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq)
  values (?1, printf('%016x', ?1), 'Site', '', ?2, '', 'high', '[]', 'user-' || ?1, 'host-' || ?1, '', 75, -1, 1, 1, ?3, ?3, ?3, ?3, ?3, ?1)`;

const addAlerts = (from: number, to: number, title: string, at: number) =>
  write({
    sql: insertAlert,
    rows: Array.from({ length: to - from + 1 }, (_, n) => [from + n, title, toIso(at)]),
  });

const indexAll = (store: Store) => indexUntil(store, 0);

async function indexUntil(store: Store, left: number): Promise<number> {
  for (let steps = 1; ; steps++) {
    const { behind } = await store.admin.indexSome();
    if (behind <= left) return steps;
  }
}

const found = async (words: string, table = "alert_search") =>
  (await read(`select rowid from ${table} where ${table} match ? order by rowid`, words)).map((row) => row.rowid);

async function sound(): Promise<Row[]> {
  await write({ sql: "insert into incident_search (incident_search) values ('integrity-check')" });
  return read("pragma integrity_check");
}

test("each step is small, and goes on where the last one ended, also after a crash", async () => {
  await addAlerts(1, 1_000, "Old Rule", now);
  await withStore(async (store) => {
    expect(await store.admin.indexSome()).toMatchObject({ indexed: 400, newestAlert: 1_000, behind: 600 });
    expect(await store.admin.indexSome(true)).toMatchObject({ indexed: 60, behind: 540 });
    expect(await found('words : "old"')).toHaveLength(460);
  });
  await addAlerts(1_001, 1_100, "New Rule", now);
  await withStore(async (store) => expect(await indexAll(store)).toBe(2));
  expect(await found('words : "old"')).toHaveLength(1_000);
  expect(await found('words : "new"')).toEqual(Array.from({ length: 100 }, (_, n) => 1_001 + n));
  await withStore(async (store) => {
    expect(await store.admin.indexSome()).toMatchObject({ indexed: 0, newestAlert: 1_100, behind: 0 });
  });
  expect(await found('words : "old"')).toHaveLength(1_000);
});

test("what retention removes is no longer found, whether it was indexed or not", async () => {
  await addAlerts(1, 500, "Gone Rule", now - 200 * dayMs);
  await addAlerts(501, 600, "Kept Rule", now);
  await withStore(async (store) => {
    await store.admin.indexSome();
    await pruneAll(store, now, 90);
    await indexAll(store);
  });
  expect(await found('words : "gone"')).toEqual([]);
  expect(await found('words : "rule"')).toEqual(Array.from({ length: 100 }, (_, n) => 501 + n));
  expect(await found('words : "host-3"')).toEqual([]);
  expect(await sound()).toEqual([{ integrity_check: "ok" }]);
});

test("incidents are found by what they are called now, and no longer once they are removed", async () => {
  const old = toIso(now - 200 * dayMs);
  const state = '[2,[["r","Evidence Rule",3,0]],["srv-9"],0,[],[],[],[0,0,0,0,0,null,null],[0,0,0],null,[],1]';
  await write(
    {
      sql: "insert into actor_periods (id, actor_key, current, entity_name, incident_id, pending, updated_at, state) values (1, ?, 0, 'Site', 'INC-00000001', 0, ?, ?)",
      args: ['["site","user","jsmith"]', old, state],
    },
    {
      sql: `insert into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level, created_at, updated_at, closed_at, escalated_at,
          created_seq, updated_seq, headline) values ('INC-00000001', 1, 'Site', 'jsmith', 'user', 'CLOSED', 50, 'medium', ?1, ?1, ?1, ?1, 1, 1, 'First Heading')`,
      args: [old],
    },
  );
  await withStore(indexAll);
  for (const word of ["first", "jsmith", "inc-00000001", "evidence", "srv-9"])
    expect([word, await found(`words : "${word}"`, "incident_search")]).toEqual([word, [1]]);
  await write({ sql: "update incidents set headline = 'Second Heading'" });
  await withStore(indexAll);
  expect(await found('words : "first"', "incident_search")).toEqual([]);
  expect(await found('words : "second"', "incident_search")).toEqual([1]);
  await withStore((store) => pruneAll(store, now, 90));
  expect(await found('words : "second"', "incident_search")).toEqual([]);
  expect(await sound()).toEqual([{ integrity_check: "ok" }]);
});

test("other terms have the index made anew", async () => {
  await addAlerts(1, 900, "Some Rule", now);
  await withStore(indexAll);
  await write(
    { sql: "update search_state set value = 0 where name = 'version'" },
    // What an earlier version has made of it.
    { sql: "insert into alert_search (rowid, words, facts) values (5000, 'stale', '')" },
  );
  await withStore(async (store) => {
    expect(await store.admin.indexSome()).toMatchObject({ indexed: 400, behind: 500 });
    await indexAll(store);
  });
  expect(await found('words : "stale"')).toEqual([]);
  expect(await found('words : "some"')).toHaveLength(900);
});
