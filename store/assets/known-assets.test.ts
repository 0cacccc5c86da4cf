/** What a connection knows of assets, over reads that fail. */
import { expect, test } from "bun:test";
import type { Database } from "../database/database.ts";
import { KnownAssets } from "./known-assets.ts";

/** A file with one list, which can be changed, and whose rows cannot be read while `failing`. */
function fileOf(role: string) {
  const file = { changes: 1, role, failing: false };
  const listed = () => ({ entity_name: "E", kind: "host", name: "a", role: file.role, criticality: "", aliases: "[]" });
  const read = async (sql: string) => {
    if (sql.includes("from asset_state")) return { rows: [{ changes: file.changes }] };
    if (file.failing) throw new Error("cannot be read");
    return { rows: sql.includes("from assets") ? [listed()] : [] };
  };
  return { file, database: { read } as unknown as Database };
}

test("a connection that could not read a change reads it with the next look", async () => {
  const { file, database } = fileOf("server");
  const known = new KnownAssets();
  await known.load(database);
  Object.assign(file, { changes: 2, role: "scanner", failing: true });
  await expect(known.current(database)).rejects.toThrow("cannot be read");
  file.failing = false;
  expect((await known.current(database)).ofHost("E", "a")?.role).toBe("scanner");
});

test("the connection that writes reads a change again after a failure", async () => {
  const { file, database } = fileOf("server");
  const known = new KnownAssets();
  await known.load(database);
  Object.assign(file, { changes: 2, role: "scanner", failing: true });
  await expect(known.load(database)).rejects.toThrow("cannot be read");
  file.failing = false;
  await known.forgetUnstored(database);
  expect(known.ofHost("E", "a")?.role).toBe("scanner");
});
