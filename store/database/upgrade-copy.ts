/**
 * A copy of the database before a schema upgrade. An upgrade cannot be undone; to return to the earlier version, restore the copy.
 * There is one copy for each schema that was upgraded, in the same folder as the file. It is never removed automatically.
 */
import { chmodSync, readdirSync, renameSync, rmSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { StoreError } from "../../core/errors.ts";
import { syncPath } from "../disk/sync.ts";
import type { Database } from "./database.ts";
import { integer } from "./rows.ts";

/** Disk space for the upgrade itself and for the files beside the database. */
const mebibyte = 1024 * 1024;
const reserveBytes = 16 * mebibyte;

/**
 * Writes `rhythmx.db.schema-N` next to the file at `path`; the copy is complete and on disk when this resolves. `freeBytes` returns the
 * free bytes of the disk. @throws StoreError store_full, with the space that is needed
 */
export async function copyBeforeUpgrade(
  database: Database,
  path: string,
  { from, to, freeBytes = freeBytesOf }: { from: number; to: number; freeBytes?: (path: string) => Promise<number> },
): Promise<string> {
  const { rows } = await database.read(
    "select (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as bytes",
  );
  const needed = (rows[0] === undefined ? 0 : integer(rows[0], "bytes")) + reserveBytes;
  const free = await freeBytes(path);
  if (free < needed)
    throw new StoreError(
      "store_full",
      `before the database goes from schema ${from} to ${to} it is copied, and there is no room for that: it takes ${Math.ceil(needed / mebibyte)} MiB, the disk of ${path} has ${Math.floor(free / mebibyte)} MiB free: free some space`,
    );
  const copy = `${path}.schema-${from}`;
  const part = `${copy}.part`;
  rmSync(part, { force: true });
  try {
    await database.read("VACUUM INTO ?", [part]);
    chmodSync(part, 0o600);
    syncPath(part);
    renameSync(part, copy);
    syncPath(dirname(copy));
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  return copy;
}

/** The copies of the database file at `path`, oldest schema first. */
export function copiesBeside(path: string): string[] {
  const start = `${basename(path)}.schema-`;
  const schemaOf = (name: string) => Number(name.slice(start.length));
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(start) && Number.isInteger(schemaOf(name)))
    .sort((a, b) => schemaOf(a) - schemaOf(b))
    .map((name) => join(dirname(path), name));
}

async function freeBytesOf(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize;
}
