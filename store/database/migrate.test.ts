import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "./database.ts";
import { migrate } from "./migrate.ts";

let folder: string;
let database: Database;
const at = "2026-03-13T04:30:00.000Z";
const one = { id: 1, name: "0001_one", sql: "create table a (x); insert into a values ('it''s; fine');" };
const two = { id: 2, name: "0002_two", sql: "alter table a add column y;" };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-migrate-"));
  database = await Database.open(join(folder, "a.db"));
});

afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

test("applies what is missing, once", async () => {
  expect(await migrate(database, at, [one])).toEqual(["0001_one"]);
  expect(await migrate(database, at, [one])).toEqual([]);
  expect(await migrate(database, at, [one, two])).toEqual(["0002_two"]);
  expect((await database.read("select x, y from a")).rows).toMatchObject([{ x: "it's; fine", y: null }]);
});

test("a step that fails leaves nothing behind and is tried again", async () => {
  const broken = { ...two, sql: "create table b (z); insert into nowhere values (1);" };
  await expect(migrate(database, at, [one, broken])).rejects.toMatchObject({ code: "store_failed" });
  expect((await database.read("select name from sqlite_master where name = 'b'")).rows).toEqual([]);
  expect(await migrate(database, at, [one, two])).toEqual(["0002_two"]);
});

test("refuses a database of a newer version and one whose steps differ", async () => {
  await migrate(database, at, [one, two]);
  await expect(migrate(database, at, [one])).rejects.toMatchObject({ code: "store_newer" });
  await expect(migrate(database, at, [one, { ...two, sql: "select 1;" }])).rejects.toMatchObject({
    code: "store_corrupt",
  });
});

test("refuses a file that is no database", async () => {
  await Bun.write(
    join(folder, "garbage.db"),
    "this is not a database, but it is long enough to be looked at".repeat(50),
  );
  await expect(Database.open(join(folder, "garbage.db"))).rejects.toMatchObject({ code: "store_corrupt" });
});
