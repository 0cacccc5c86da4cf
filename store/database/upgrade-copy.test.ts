import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Database } from "./database.ts";
import { copyBeforeUpgrade } from "./upgrade-copy.ts";

const mebibyte = 1024 * 1024;
let folder: string;
let path: string;
let database: Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-copy-"));
  path = join(folder, "rhythmx.db");
  database = await Database.open(path);
  await database.script("BEGIN IMMEDIATE; create table t (a text); insert into t values ('b'); COMMIT;");
});

afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true });
});

const copy = async (freeBytes: number) => {
  const made = await copyBeforeUpgrade(database, path, { from: 3, to: 4, freeBytes: async () => freeBytes }).catch(
    (error: Error) => error,
  );
  return made instanceof Error ? made.message : made;
};

test("the space that is needed is rounded up and the free space down, so that the message never shows as much free as is needed", async () => {
  const { rows } = await database.read(
    "select page_count * page_size as bytes from pragma_page_count, pragma_page_size",
  );
  const needed = Number(rows[0]?.bytes) + 16 * mebibyte;
  expect(needed % mebibyte).not.toBe(0);
  expect(await copy(needed - 1)).toContain("it takes 17 MiB, the disk of");
  expect(await copy(needed - 1)).toContain("has 16 MiB free");
  expect(await copy(15.9 * mebibyte)).toContain("has 15 MiB free");
  expect(existsSync(`${path}.schema-3`)).toBe(false);
  expect(await copy(needed)).toBe(`${path}.schema-3`);
});
