/** Transactions over errors of the storage. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "./database.ts";
import type { Batch } from "./replication.ts";

let folder: string;
let database: Database;
let committed: Batch[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-database-"));
  committed = [];
  database = await Database.open(join(folder, "file.db"), "write", (batch) => void committed.push(batch));
  await database.write([{ sql: "create table t (v text)" }]);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const insert = (value: string) => database.write([{ sql: "insert into t values (?)", args: [value] }]);
const values = async () => (await database.read("select v from t order by v")).rows.map(({ v }) => v);

test("an error of the storage in a transaction is that call's, and the file is written again as soon as there is room", async () => {
  for (let again = 0; again < 3; again++) {
    await database.read("PRAGMA max_page_count = 10");
    const work = database.transaction(async () => {
      await insert("before");
      await insert("x".repeat(1_000_000));
    });
    expect(await work.then(() => "done").catch(({ code }) => code)).toBe("store_full");
    expect(await values()).toEqual(Array(again).fill("later"));
    await insert("later");
  }
  expect(committed).toHaveLength(4);
});

test("what follows an error of the storage in a transaction is not written by itself, also where the error is caught", async () => {
  await database.read("PRAGMA max_page_count = 10");
  const work = database.transaction(async () => {
    await insert("before");
    await insert("x".repeat(1_000_000)).catch(() => {});
    await insert("after");
  });
  expect(await work.then(() => "done").catch(({ code }) => code)).toBe("store_failed");
  expect(await values()).toEqual([]);
  expect(committed).toHaveLength(1);
  await insert("later");
  expect(await values()).toEqual(["later"]);
});
