/**
 * Makes a backup, step by step: a copy of the database, which is checked, and an archive of it and the configuration. A step takes some
 * milliseconds, the check of the copy as long as it takes to read it. Whoever ends the steps early leaves nothing behind.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { EdgeError, messageOf, StoreError } from "../../core/errors.ts";
import { toIso } from "../../core/time.ts";
import { storeErrorFrom } from "../database/store-errors.ts";
import { syncPath } from "../disk/sync.ts";
import { ArchiveWriter } from "./archive.ts";
import { countRows, countSealed, expectWhole, makeOneFile, schemaIn, withFile } from "./examine.ts";
import { copyLive } from "./live-copy.ts";
import { archiveFormat, databaseName, type Manifest, manifestName } from "./manifest.ts";

const readBytes = 4 * 1024 * 1024;
const mebibyte = 1024 * 1024;
/** Names of unfinished files: what a killed process left is removed by the next backup into the same folder. */
const unfinished = /^\.rhythmx-backup-.*\.(?:copy|part)(?:-wal|-shm|-journal)?$/;

export interface BackupOrder {
  /** The database file. */
  database: string;
  /** A descriptor of it (`LiveCopy.file`). */
  file: number | null;
  /** The file to be made. */
  target: string;
  /** Whether a file of that name may be replaced. */
  replace: boolean;
  /** Where the copy of the database is kept meanwhile: a folder that is there. */
  workFolder: string;
  /** Files of the configuration, by the name that they have in the archive. */
  config: readonly { name: string; text: string }[];
  leftOut: readonly string[];
  version: string;
  commit: string;
  /** Epoch milliseconds. */
  at: number;
  /** Bytes that have to stay free on each disk that is written to. */
  keepFree: number;
}

export interface BackupProgress {
  phase: "copy" | "check" | "pack";
  done: number;
  total: number;
}

export interface MadeBackup {
  path: string;
  bytes: number;
  /** Of the archive. */
  sha256: string;
  manifest: Manifest;
}

/** @throws EdgeError backup_exists, backup_failed; StoreError store_full, store_corrupt … Nothing is left then but what a kill leaves */
export function* makeBackup(order: BackupOrder): Generator<BackupProgress, MadeBackup> {
  const { target, workFolder } = order;
  if (!order.replace && existsSync(target))
    throw new EdgeError("backup_exists", `${target} is there already: choose another name, or replace it with --force`);
  for (const folder of new Set([workFolder, dirname(target)])) removeUnfinished(folder);
  const mark = `.rhythmx-backup-${process.pid}-${order.at}`;
  const copy = join(workFolder, `${mark}.copy`);
  const part = join(dirname(target), `${mark}.part`);
  try {
    const made = yield* steps(order, copy, part);
    renameSync(part, target);
    syncPath(dirname(target));
    return { ...made, path: target };
  } catch (error) {
    throw failure(error, target);
  } finally {
    for (const path of [copy, `${copy}-wal`, `${copy}-shm`, `${copy}-journal`, part]) rmSync(path, { force: true });
  }
}

function* steps(order: BackupOrder, copy: string, part: string): Generator<BackupProgress, Omit<MadeBackup, "path">> {
  const size = statSync(order.database).size + sizeOf(`${order.database}-wal`);
  // The archive is a fifth to a half of the database; while it is written, the space is watched again.
  expectRoom(dirname(copy), size + size / 2, order.keepFree);
  for (const step of copyLive({ from: order.database, to: copy, file: order.file })) {
    expectRoom(dirname(copy), 0, order.keepFree);
    yield { phase: "copy", ...step };
  }
  yield { phase: "check", done: 0, total: 1 };
  makeOneFile(copy);
  expectWhole(copy);
  const facts = withFile(copy, (file) => ({
    schema: schemaIn(file) ?? 0,
    counts: countRows(file),
    sealed: countSealed(file),
  }));
  yield { phase: "check", done: 1, total: 1 };
  const manifest = manifestOf(order, copy, facts);
  const file = openSync(part, "wx", 0o600);
  try {
    const archive = new ArchiveWriter(file, order.at);
    const head = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    addText(archive, manifestName, head);
    const total = statSync(copy).size;
    const hash = createHash("sha256");
    archive.beginMember(databaseName, total);
    for (const bytes of partsOf(copy)) {
      archive.write(bytes.part);
      hash.update(bytes.part);
      expectRoom(dirname(part), 0, order.keepFree);
      yield { phase: "pack", done: bytes.done, total };
    }
    archive.endMember(total);
    // What was packed is what was checked.
    if (hash.digest("hex") !== manifest.files[0]?.sha256) throw new Error("the copy changed while it was packed");
    for (const { name, text } of order.config) addText(archive, `config/${name}`, Buffer.from(text));
    const { bytes, sha256 } = archive.end();
    fsyncSync(file);
    return { bytes, sha256, manifest };
  } finally {
    closeSync(file);
  }
}

function manifestOf(
  order: BackupOrder,
  copy: string,
  facts: { schema: number; counts: Record<string, number>; sealed: number },
): Manifest {
  const hash = createHash("sha256");
  for (const { part } of partsOf(copy)) hash.update(part);
  const config = order.config.map(({ name, text }) => {
    const bytes = Buffer.from(text);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name: `config/${name}`, bytes: bytes.length, sha256 };
  });
  const files = [{ name: databaseName, bytes: statSync(copy).size, sha256: hash.digest("hex") }, ...config];
  return {
    product: "rhythmx-edge",
    format: archiveFormat,
    version: order.version,
    commit: order.commit,
    created_at: toIso(order.at),
    host: hostname(),
    schema: facts.schema,
    counts: facts.counts,
    sealed_secrets: facts.sealed,
    files: files as Manifest["files"],
    left_out: [...order.leftOut],
  };
}

function addText(archive: ArchiveWriter, name: string, bytes: Buffer): void {
  archive.beginMember(name, bytes.length);
  archive.write(bytes);
  archive.endMember(bytes.length);
}

/** The buffer is used again for each part. */
function* partsOf(path: string): Generator<{ part: Buffer; done: number }> {
  const file = openSync(path, "r");
  const buffer = Buffer.allocUnsafe(readBytes);
  try {
    const total = fstatSync(file).size;
    for (let done = 0; done < total; ) {
      const read = readSync(file, buffer, 0, readBytes, done);
      if (read === 0) throw new Error(`${path} became shorter`);
      done += read;
      yield { part: buffer.subarray(0, read), done };
    }
  } finally {
    closeSync(file);
  }
}

/** @throws StoreError store_full: `needed` bytes would leave less than `keepFree` */
function expectRoom(folder: string, needed: number, keepFree: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free - needed >= keepFree) return;
  throw new StoreError(
    "store_full",
    `there is no room for a backup in ${folder}: it takes up to ${mib(needed)} MiB there, ${mib(free)} MiB are free, and ${mib(keepFree)} MiB of them stay free for intake: free some space, or choose another disk`,
  );
}

function mib(bytes: number): number {
  return Math.ceil(bytes / mebibyte);
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

/** Removes what killed processes left in a folder; files of backups that are being made now are younger than their process. */
export function removeUnfinished(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const pid = Number(/^\.rhythmx-backup-(\d+)-/.exec(name)?.[1]);
    if (unfinished.test(name) && (pid === process.pid || !isAlive(pid))) rmSync(join(folder, name), { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code === "EPERM";
  }
}

/** Errors of the disk in words that name the file and the way out. */
function failure(error: unknown, target: string): unknown {
  if (error instanceof EdgeError) return error;
  const code = String((error as { code?: unknown }).code ?? "");
  const why = {
    ENOSPC: "its disk is full: free some space",
    EDQUOT: "its quota is used up: free some space",
    EROFS: "its file system is read-only: choose another folder",
    EACCES: "this user may not write there: choose another folder, or run it as root (sudo)",
    EPERM: "this user may not write there: choose another folder, or run it as root (sudo)",
    ENOENT: `there is no folder ${dirname(target)}: make it first`,
    ENOTDIR: `${dirname(target)} is no folder`,
    EISDIR: `${basename(target)} is a folder: give the name of a file in it`,
  }[code];
  if (why !== undefined) return new EdgeError("backup_failed", `${target} cannot be written: ${why}`, { cause: error });
  const mapped = storeErrorFrom(error, target);
  return mapped.code === "store_failed"
    ? new EdgeError("backup_failed", `the backup ${target} failed: ${messageOf(error)}`, { cause: error })
    : mapped;
}

export function readConfigFile(path: string, most: number): string | null {
  try {
    return statSync(path).isFile() && statSync(path).size <= most ? readFileSync(path, "utf8") : null;
  } catch {
    return null;
  }
}
