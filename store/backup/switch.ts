/**
 * Puts a restored database in the place of the one that is there, which is kept under another name. The intention is on the disk before the
 * first file is moved, so that whoever opens the database after a crash completes it: there is never a moment at which an empty database would
 * be made in the place of both.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { StoreError } from "../../core/errors.ts";
import { syncPath } from "../disk/sync.ts";

/** The database file is followed by its WAL; the index of the WAL (`-shm`) is made anew. */
const suffixes = ["-wal", ""] as const;

/** The restored file before the switch. */
export function restoredPath(database: string): string {
  return `${database}.restoring`;
}

function intentionPath(database: string): string {
  return `${database}.restore-intention`;
}

/** A name beside the database that is not taken; `at`: epoch milliseconds. */
export function keptPath(database: string, at: number): string {
  const stamp = new Date(at).toISOString().replace(/[-:]|\.\d+/g, "");
  const name = `${database}.before-restore-${stamp}`;
  for (let n = 1; ; n++) {
    const path = n === 1 ? name : `${name}-${n}`;
    if (!existsSync(path) && !existsSync(`${path}-wal`)) return path;
  }
}

/** The databases beside this one that restores have replaced, oldest first. */
export function keptDatabases(database: string): string[] {
  const begin = `${basename(database)}.before-restore-`;
  return readdirSync(dirname(database))
    .filter((name) => name.startsWith(begin) && !/-(?:wal|shm)$/.test(name))
    .sort()
    .map((name) => join(dirname(database), name));
}

/** Keeps what is there as `kept` and puts the restored file in its place. Durable when this returns. */
export function switchDatabase(database: string, kept: string): void {
  const path = intentionPath(database);
  const file = openSync(`${path}.part`, "w", 0o600);
  try {
    writeFileSync(file, JSON.stringify({ kept: basename(kept) }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
  syncPath(dirname(database));
  completeSwitch(database);
}

/**
 * Completes a switch that a crash has interrupted; every step may already have been taken. Returns whether there was one. For whoever holds the
 * lock of the data folder.
 */
export function completeSwitch(database: string): boolean {
  const intention = intentionPath(database);
  if (!existsSync(intention)) {
    // What a restore has left that was killed before it changed anything.
    for (const suffix of ["", "-wal", "-shm", "-journal"]) {
      const left = `${restoredPath(database)}${suffix}`;
      // A disk that is read-only refuses also what would change nothing.
      if (existsSync(left)) rmSync(left);
    }
    return false;
  }
  const { kept } = JSON.parse(readFileSync(intention, "utf8")) as { kept: string };
  const keptAt = join(dirname(database), basename(kept));
  const restored = restoredPath(database);
  if (existsSync(restored)) {
    rmSync(`${database}-shm`, { force: true });
    if (existsSync(`${database}-wal`) && statSync(`${database}-wal`).size === 0) rmSync(`${database}-wal`);
    for (const suffix of suffixes)
      if (existsSync(`${database}${suffix}`) && !existsSync(`${keptAt}${suffix}`))
        renameSync(`${database}${suffix}`, `${keptAt}${suffix}`);
    syncPath(dirname(database));
    renameSync(restored, database);
  }
  syncPath(dirname(database));
  rmSync(intention);
  syncPath(dirname(database));
  return true;
}

/** For those who only read. @throws StoreError store_failed: a restore was interrupted in its last step */
export function expectNoSwitch(database: string): void {
  if (existsSync(intentionPath(database)))
    throw new StoreError(
      "store_failed",
      "a restore was interrupted while it put the database in place: start the service, which completes it",
    );
}
