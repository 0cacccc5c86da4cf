/**
 * A consistent copy of a database file while others write to it, step by step. A read transaction keeps what was committed at the beginning:
 * until it ends, no checkpoint changes pages of the file that are newer, and no frame of the WAL is written over. So the file and its WAL are
 * copied byte by byte, at the speed of the disk, and SQLite puts the two together in the copy. VACUUM INTO would hold the transaction several
 * times as long, and with it the WAL, which nothing shortens meanwhile ([decision 31](../../docs/decisions/0031-backups.md)).
 */
import { closeSync, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { Connection } from "../database/connection.ts";

const usualStepBytes = 4 * 1024 * 1024;
const walHeaderBytes = 32;
const lockWaitMs = 1_000;

export interface CopyStep {
  done: number;
  total: number;
}

export interface LiveCopy {
  /** The database file, and where its copy goes. */
  from: string;
  to: string;
  /**
   * A descriptor of the file, where this process has other connections to it: closing one of the file's descriptors would release the
   * locks of all of them (POSIX). Null: opened, and closed after the connection.
   */
  file: number | null;
  /** Bytes copied in one step. */
  stepBytes?: number;
}

/** Copies to `to` and, if needed, `to-wal`. Both are new files. @throws SqliteError, errors of the disk */
export function* copyLive({ from, to, file, stepBytes = usualStepBytes }: LiveCopy): Generator<CopyStep, void> {
  const connection = new Connection(from, lockWaitMs);
  let own: number | null = null;
  try {
    connection.run({ sql: "PRAGMA query_only = ON" });
    connection.run({ sql: "BEGIN" });
    // The transaction begins with the first read.
    connection.all("select count(*) as n from sqlite_master");
    const before = walHeader(from);
    own = file === null ? openSync(from, "r") : null;
    yield* copyBytes(file ?? own ?? -1, to, stepBytes);
    if (before === null) return;
    const wal = openSync(`${from}-wal`, "r");
    try {
      for (const _ of copyBytes(wal, `${to}-wal`, stepBytes));
    } finally {
      closeSync(wal);
    }
    // The WAL begins anew only where all of it was in the file when the transaction began. Then the file is all there is.
    if (walHeader(from) !== before) truncate(`${to}-wal`);
  } finally {
    // The driver may keep a closed connection for a while, and with it the transaction.
    if (connection.inTransaction) connection.run({ sql: "ROLLBACK" });
    connection.close();
    if (own !== null) closeSync(own);
  }
}

/** The same at once, with the WAL moved into the copy. @throws SqliteError, errors of the disk */
export function copyWhole(order: LiveCopy): void {
  for (const _ of copyLive(order));
  const copy = new Connection(order.to, lockWaitMs);
  try {
    copy.all("PRAGMA wal_checkpoint(TRUNCATE)");
    copy.all("PRAGMA journal_mode = DELETE");
  } finally {
    copy.close();
  }
}

function* copyBytes(from: number, to: string, stepBytes: number): Generator<CopyStep, void> {
  const target = openSync(to, "wx", 0o600);
  const buffer = Buffer.allocUnsafe(stepBytes);
  try {
    // What is added behind it meanwhile is in the WAL.
    const total = fstatSync(from).size;
    for (let done = 0; done < total; ) {
      const read = readSync(from, buffer, 0, Math.min(stepBytes, total - done), done);
      if (read === 0) break;
      for (let at = 0; at < read; ) at += writeSync(target, buffer, at, read - at, done + at);
      done += read;
      yield { done, total };
    }
  } finally {
    closeSync(target);
  }
}

/** The header of the WAL, which changes when it begins anew; null if there is none. */
function walHeader(path: string): string | null {
  let file: number;
  try {
    if (statSync(`${path}-wal`).size < walHeaderBytes) return null;
    file = openSync(`${path}-wal`, "r");
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
  try {
    const header = Buffer.alloc(walHeaderBytes);
    return readSync(file, header, 0, walHeaderBytes, 0) < walHeaderBytes ? null : header.toString("hex");
  } finally {
    closeSync(file);
  }
}

function truncate(path: string): void {
  closeSync(openSync(path, "w", 0o600));
}
