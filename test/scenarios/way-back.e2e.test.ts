/**
 * From every released schema to the newest one and back by the copy that the upgrade made: the old data, whole, and a file that the old program takes.
 * The old programs are not at hand. What each does first is: it compares the journal with the steps that it knows, and refuses a step that it does
 * not know or that differs. So it is stood in for by this check with the steps up to its schema.
 */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { withFile } from "../../store/backup/examine.ts";
import type { Connection } from "../../store/database/connection.ts";
import { Database } from "../../store/database/database.ts";
import { migrate, schemaOf, schemaVersion } from "../../store/database/migrate.ts";
import { copyBeforeUpgrade } from "../../store/database/upgrade-copy.ts";
import { command } from "../harness/command.ts";

const root = join(import.meta.dirname, "../..");
const migrations = join(root, "store/database/migrations");
const steps = readdirSync(migrations)
  .sort()
  .map((file, at) => ({
    id: at + 1,
    name: file.replace(/\.sql$/, ""),
    sql: readFileSync(join(migrations, file), "utf8"),
  }));
const released = readdirSync(join(root, "test/data/databases"))
  .flatMap((name) => /^schema-(\d+)\.db\.gz$/.exec(name)?.[1] ?? [])
  .map(Number)
  .filter((schema) => schema < schemaVersion)
  .sort((a, b) => a - b);

/** What a restore is to change. */
const changed = new Set(["meta", "sessions", "console_sessions", "audit_log", "sqlite_sequence"]);
const changedColumns: Readonly<Record<string, readonly string[]>> = {
  users: ["token_version"],
  deliveries: ["state", "cause", "detail", "hint", "lookups", "next_attempt_at", "updated_at"],
};

let folder: string | null = null;
afterEach(() => {
  if (folder !== null) rmSync(folder, { recursive: true });
  folder = null;
});

/** All rows of all tables but those, by table. */
function contents(file: Connection): Record<string, unknown[]> {
  const tables = file.all(
    "select name from sqlite_master where type = 'table' and name not like '%\\_search%' escape '\\' order by 1",
  );
  return Object.fromEntries(
    tables
      .map(({ name }) => String(name))
      .filter((name) => !changed.has(name))
      .map((name) => [
        name,
        file
          .all(`select * from ${name}`)
          .map((row) =>
            Object.fromEntries(Object.entries(row).filter(([column]) => !changedColumns[name]?.includes(column))),
          ),
      ]),
  );
}

/** As `serve` does it. Returns the names of the steps. */
async function upgraded(path: string): Promise<string[]> {
  const database = await Database.open(path);
  try {
    const copy = (from: number, to: number) => copyBeforeUpgrade(database, path, { from, to });
    return await migrate(database, "2026-11-29T09:30:00.000Z", undefined, copy);
  } finally {
    await database.read("PRAGMA wal_checkpoint(TRUNCATE)");
    database.close();
  }
}

test("there is a database of each of them", () => {
  expect(released).toEqual(Array.from({ length: released.length }, (_, at) => at + 1));
  expect(released.length).toBeGreaterThanOrEqual(13);
});

test.each(released)("schema %i", async (schema) => {
  folder = mkdtempSync(join(tmpdir(), "rhythmx-way-back-"));
  const path = join(folder, "rhythmx.db");
  writeFileSync(path, gunzipSync(readFileSync(join(root, `test/data/databases/schema-${schema}.db.gz`))));
  const before = withFile(path, contents);
  expect(await upgraded(path)).toHaveLength(schemaVersion - schema);

  const { code, out } = await command(["restore", `${path}.schema-${schema}`, "--yes"], { dataDir: folder });
  expect([code, out]).toEqual([0, expect.stringContaining("what was there is kept")]);
  const old = await Database.open(path, "read");
  try {
    expect(await schemaOf(old, steps.slice(0, schema))).toBe(schema);
    const { rows } = await old.read("select key, value from meta");
    const meta = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
    expect(Number(meta.generation)).toBeGreaterThan(1_700_000_000);
    expect(meta.restores).toBe("1");
  } finally {
    old.close();
  }
  expect(withFile(path, contents)).toEqual(before);
  // What had not ended is looked up, in the schemas that know deliveries.
  if (schema >= 4) {
    const left = withFile(path, (file) =>
      file.all("select id from deliveries where kind in ('create', 'comment') and state in ('planned', 'sending')"),
    );
    expect(left).toEqual([]);
  }
  // And forward again.
  expect(await upgraded(path)).toHaveLength(schemaVersion - schema);
});
