/**
 * Brings what is to be restored beside the database as `rhythmx.db.restoring`, and checks it there: from a backup's archive, or from a database
 * file such as the copy before an upgrade. Nothing that is in use is touched.
 */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { EdgeError, StoreError } from "../../core/errors.ts";
import { Database } from "../database/database.ts";
import { schemaOf } from "../database/migrate.ts";
import { storeErrorFrom } from "../database/store-errors.ts";
import { syncPath } from "../disk/sync.ts";
import { type Member, readArchive } from "./archive.ts";
import { countRows, countSealed, expectWhole, makeOneFile, withFile } from "./examine.ts";
import { copyLive } from "./live-copy.ts";
import {
  databaseName,
  largestConfigBytes,
  largestManifestBytes,
  type Manifest,
  manifestName,
  readManifest,
} from "./manifest.ts";

const mebibyte = 1024 * 1024;
/** Space that has to stay free besides the restored file. */
const reserveBytes = 16 * mebibyte;

/** What was found in a backup or database file, after it was checked. */
export interface Unpacked {
  /** Null for a database file, which says nothing about itself. */
  manifest: Manifest | null;
  schema: number;
  counts: Record<string, number>;
  sealedSecrets: number;
  config: { name: string; text: string }[];
}

export type OnUnpack = (phase: "read" | "check", done: number, total: number) => void;

/**
 * Unpacks `source` to `target`, or only checks it where `target` is a file of no use afterwards. The caller removes `target` after an error.
 * @throws EdgeError backup_damaged, backup_newer, backup_unreadable; StoreError store_full, store_corrupt, store_newer
 */
export async function unpack(source: string, target: string, onProgress: OnUnpack = () => {}): Promise<Unpacked> {
  removeFile(target);
  const kind = kindOf(source);
  if (kind === "other")
    throw new EdgeError(
      "backup_damaged",
      `${source} is neither a backup of RhythmX Edge nor a database: nothing was changed`,
    );
  const { manifest, config } =
    kind === "archive" ? await unpackArchive(source, target, onProgress) : copyFile(source, target, onProgress);
  onProgress("check", 0, 1);
  const schema = await checkedSchema(source, target);
  try {
    expectWhole(target);
  } catch (error) {
    if (error instanceof StoreError && error.code === "store_corrupt")
      throw damaged(source, `its database is damaged (${error.message.slice(0, 200)})`);
    throw error;
  }
  const facts = withFile(target, (file) => ({ counts: countRows(file), sealedSecrets: countSealed(file) }));
  if (manifest !== null) expectSame(source, manifest, schema, facts.counts);
  syncPath(target);
  onProgress("check", 1, 1);
  return { manifest, schema, ...facts, config };
}

/** Removes a file and what SQLite may have put beside it. */
export function removeFile(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${suffix}`, { force: true });
}

function kindOf(path: string): "archive" | "database" | "other" {
  const head = Buffer.alloc(16);
  try {
    if (!statSync(path).isFile()) throw new EdgeError("backup_unreadable", `${path} is no file: name a backup`);
    const file = openSync(path, "r");
    try {
      readSync(file, head, 0, head.length, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof EdgeError) throw error;
    const code = String((error as { code?: unknown }).code);
    const why = code === "ENOENT" ? "it does not exist" : code === "EACCES" ? "this user may not read it" : code;
    throw new EdgeError("backup_unreadable", `${path} cannot be read: ${why}`, { cause: error });
  }
  if (head[0] === 0x1f && head[1] === 0x8b) return "archive";
  return head.toString("latin1") === "SQLite format 3\0" ? "database" : "other";
}

function copyFile(source: string, target: string, onProgress: OnUnpack): { manifest: null; config: [] } {
  expectRoom(target, statSync(source).size);
  try {
    for (const { done, total } of copyLive({ from: source, to: target, file: null })) onProgress("read", done, total);
    makeOneFile(target);
  } catch (error) {
    throw error instanceof EdgeError ? error : storeErrorFrom(error, source);
  }
  return { manifest: null, config: [] };
}

async function unpackArchive(
  source: string,
  target: string,
  onProgress: OnUnpack,
): Promise<{ manifest: Manifest; config: { name: string; text: string }[] }> {
  const sink = new Sink(source, target, onProgress);
  try {
    await readArchive(source, sink);
    return sink.finished();
  } finally {
    sink.close();
  }
}

/** Takes exactly the files that the manifest names, in its order; a name leads to no path. */
class Sink {
  readonly #source: string;
  readonly #target: string;
  readonly #onProgress: OnUnpack;
  #manifest: Manifest | null = null;
  #next = 0;
  #hash = createHash("sha256");
  #texts: Buffer[] = [];
  #file: number | null = null;
  #written = 0;
  readonly #config: { name: string; text: string }[] = [];

  constructor(source: string, target: string, onProgress: OnUnpack) {
    this.#source = source;
    this.#target = target;
    this.#onProgress = onProgress;
  }

  begin({ name, size }: Member): void {
    this.#hash = createHash("sha256");
    this.#texts = [];
    if (this.#manifest === null) {
      if (name !== manifestName || size > largestManifestBytes)
        throw damaged(this.#source, "it does not begin as a backup of RhythmX Edge does");
      return;
    }
    const expected = this.#manifest.files[this.#next];
    if (expected?.name !== name || expected.bytes !== size)
      throw damaged(this.#source, "it holds other files than it says");
    if (name === databaseName) {
      expectRoom(this.#target, size);
      this.#file = openSync(this.#target, "wx", 0o600);
    } else if (size > largestConfigBytes) throw damaged(this.#source, "a configuration file in it is too large");
  }

  content(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    if (this.#file === null) {
      this.#texts.push(Buffer.from(bytes));
      return;
    }
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    this.#written += bytes.length;
    this.#onProgress("read", this.#written, this.#manifest?.files[0]?.bytes ?? 0);
  }

  end(): void {
    if (this.#manifest === null) {
      this.#manifest = readManifest(Buffer.concat(this.#texts).toString("utf8"), this.#source);
      return;
    }
    const expected = this.#manifest.files[this.#next++];
    if (this.#hash.digest("hex") !== expected?.sha256)
      throw damaged(this.#source, `${expected?.name ?? "a file in it"} has another checksum than it should`);
    if (this.#file === null)
      this.#config.push({ name: expected.name.slice("config/".length), text: Buffer.concat(this.#texts).toString() });
    this.close();
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  finished(): { manifest: Manifest; config: { name: string; text: string }[] } {
    if (this.#manifest === null || this.#next < this.#manifest.files.length)
      throw damaged(this.#source, "files are missing in it");
    return { manifest: this.#manifest, config: this.#config };
  }
}

/** @throws StoreError store_newer; EdgeError backup_damaged */
async function checkedSchema(source: string, target: string): Promise<number> {
  let database: Database | null = null;
  try {
    database = await Database.open(target, "read");
    const schema = await schemaOf(database);
    if (schema === 0) throw damaged(source, "its database is not one of RhythmX Edge");
    return schema;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === "store_newer")
      throw new StoreError(
        "store_newer",
        `${source} is of a newer version than this one: restore it with that version. Nothing was changed`,
        { cause: error },
      );
    if (error.code === "store_corrupt") throw damaged(source, error.message);
    throw error;
  } finally {
    database?.close();
  }
}

function expectSame(source: string, manifest: Manifest, schema: number, counts: Record<string, number>): void {
  if (manifest.schema !== schema)
    throw damaged(source, `it says schema ${manifest.schema}, its database has ${schema}`);
  for (const [what, n] of Object.entries(manifest.counts))
    if (counts[what] !== n) throw damaged(source, `it says ${n} of ${what}, its database has ${counts[what] ?? 0}`);
}

function expectRoom(target: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(dirname(target));
  const needed = bytes + reserveBytes;
  if (bavail * bsize < needed)
    throw new StoreError(
      "store_full",
      `there is no room to restore: it takes ${Math.ceil(needed / mebibyte)} MiB in ${dirname(target)}, ${Math.floor((bavail * bsize) / mebibyte)} MiB are free: free some space. Nothing was changed`,
    );
}

function damaged(path: string, why: string): EdgeError {
  return new EdgeError("backup_damaged", `${path} is no whole backup: ${why}. Nothing was changed; use another backup`);
}
