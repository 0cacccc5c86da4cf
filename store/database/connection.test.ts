/** The driver beneath the store, in what the store relies on. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Connection } from "./connection.ts";
import { Database } from "./database.ts";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-connection-"));
  path = join(folder, "a.db");
  const database = await Database.open(path);
  await database.script("create table t (id integer primary key, name text not null, n integer not null default 0)");
  database.close();
});

afterEach(() => rmSync(folder, { recursive: true }));

const insert = "insert into t (id, name) values (?, ?)";

/** Another process's connection that holds the write lock until it is let go. */
function locked(): { release(): void } {
  const other = new Connection(path, 0);
  other.run({ sql: "BEGIN IMMEDIATE" });
  return {
    release() {
      other.run({ sql: "ROLLBACK" });
      other.close();
    },
  };
}

test("after the lock was held by another, what is written is in the file, again and again", async () => {
  const database = await Database.open(path);
  for (let id = 1; id <= 5; id++) {
    const lock = locked();
    await expect(database.write([{ sql: insert, args: [id, "refused"] }])).rejects.toMatchObject({
      code: "store_locked",
    });
    lock.release();
    await database.write([{ sql: insert, rows: [[id, "taken"]] }]);
    const other = new Connection(path, 0);
    expect(other.all("select count(*) as n from t where name = 'taken'")).toEqual([{ n: id }]);
    // Nothing that failed holds the log: it can be moved into the file.
    expect(other.all("PRAGMA wal_checkpoint(TRUNCATE)")).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    other.close();
  }
  database.close();
});

test("rows of one statement are written all or not at all, and counted", async () => {
  const database = await Database.open(path);
  const rows = (from: number, count: number) => Array.from({ length: count }, (_, n) => [from + n, `n${n}`]);
  const [inserted] = await database.write([{ sql: insert, rows: rows(1, 25) }]);
  expect(inserted?.rowsAffected).toBe(25);
  await expect(database.write([{ sql: insert, rows: [...rows(100, 3), [1, "again"]] }])).rejects.toMatchObject({
    code: "store_failed",
  });
  expect((await database.read("select count(*) as n from t")).rows).toEqual([{ n: 25 }]);
  const [returned] = await database.write([{ sql: "update t set n = 1 where id < ? returning id", args: [4] }]);
  expect(returned).toEqual({ rows: [{ id: 1 }, { id: 2 }, { id: 3 }], rowsAffected: 3 });
  database.close();
});

test("more statements than are kept prepared, and the same ones again", () => {
  const connection = new Connection(path, 0);
  for (const _ of [1, 2]) for (let n = 0; n < 600; n++) expect(connection.all(`select ${n} as n`)).toEqual([{ n }]);
  connection.close();
});
