/** The store's Worker: takes calls in order, several in one commit where that saves a sync, and keeps the file open. */
import { EdgeError, messageOf, StoreError } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import type { DetectionWrite } from "../../core/ports.ts";
import { Database } from "../database/database.ts";
import { InstanceLock } from "../database/instance-lock.ts";
import { expectNewestSchema, migrate, schemaOf } from "../database/migrate.ts";
import { copyBeforeUpgrade } from "../database/upgrade-copy.ts";
import { Sequences } from "../events/sequences.ts";
import { Assessments } from "../incidents/assessments.ts";
import { AlertWriter } from "../intake/alerts.ts";
import { noTicketRules } from "../outbox/ticket-updates.ts";
import type { Open } from "./open-file.ts";
import { operations, type StoreOperations } from "./operations.ts";
import { type ReadOperations, readOperations } from "./read-operations.ts";

export type StoreMethod = keyof StoreOperations | keyof ReadOperations | "open" | "openReader" | "close";

/** The service; a command that changes something while no service runs; one that only looks. */
export type OpenMode = "serve" | "change" | "look";

export interface StoreCall {
  id: number;
  method: StoreMethod;
  args: unknown[];
}

export type StoreReply =
  | { id: number; value: unknown; wrote: boolean }
  | { id: number; error: { code: string; message: string; data: Readonly<Record<string, unknown>> } }
  | { appended: { end: number; counts: AppendedCounts } };

/** Small calls that share a commit when several wait: one sync of the disk serves them all. */
const sharing: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  "writeDetections",
  "writeAlarms",
  "savePosition",
  "findBatch",
  "readEvents",
]);
const callsPerCommit = 32;
const recordsPerCommit = 1000;

/** The Worker's state: closed, or open on one file. */
export class StoreWorker {
  #open: Open | null = null;
  #operations: Partial<Record<StoreMethod, unknown>> | null = null;
  /** Open instead of `#open` in the Worker that only reads. */
  #reading: Database | null = null;
  /** A call failed, so the ids kept in memory may no longer be those of the file. */
  #doubtful = false;
  /** What has been appended and not yet announced. */
  #appended: StoreReply[] = [];

  /** Small reads are worth no turn each; writes are, because what comes in meanwhile shares their commit. */
  get callsPerTurn(): number {
    return this.#reading === null ? 1 : 8;
  }

  /** Takes the next call, or several that share a commit, off the front of `waiting` and returns what there is to say when that is done. */
  async work(waiting: StoreCall[]): Promise<StoreReply[]> {
    const calls = waiting.splice(0, sharingCount(waiting));
    const replies = (calls.length > 1 ? await this.#together(calls) : null) ?? (await this.#eachAlone(calls));
    return [...this.#appended.splice(0), ...replies];
  }

  /**
   * Null when a call is at fault: then nothing has happened, and each is done alone. Where the storage is, all fail: a commit that
   * was reported as failed may be in the file after all, so nothing of it is done a second time here.
   */
  async #together(calls: readonly StoreCall[]): Promise<StoreReply[] | null> {
    try {
      return (
        (await this.#open?.database.transaction(async () => {
          const replies: StoreReply[] = [];
          for (const call of calls) replies.push(await this.#answer(call));
          return replies;
        })) ?? null
      );
    } catch (error) {
      this.#appended = [];
      this.#doubtful = true;
      if (!(error instanceof StoreError) || error.code === "store_failed") return null;
      return calls.map(({ id }) => failure(id, error));
    }
  }

  async #eachAlone(calls: readonly StoreCall[]): Promise<StoreReply[]> {
    const replies: StoreReply[] = [];
    for (const call of calls) replies.push(await this.#answer(call).catch((error: unknown) => failure(call.id, error)));
    return replies;
  }

  async #answer({ id, method, args }: StoreCall): Promise<StoreReply> {
    const before = this.#commits;
    const value = await this.#run(method, args);
    return { id, value, wrote: this.#commits > before };
  }

  async #run(method: StoreMethod, args: unknown[]): Promise<unknown> {
    if (method === "open") return this.#openFile(...(args as [string, number, OpenMode]));
    if (method === "openReader") return this.#openReader(...(args as [string]));
    if (method === "close") return this.#close();
    const operation = this.#operations?.[method] as ((...args: unknown[]) => Promise<unknown>) | undefined;
    if (operation === undefined) throw new Error(`the store is not open for ${method}`);
    if (this.#open === null) return operation(...args);
    const { database, sequences } = this.#open;
    try {
      if (this.#doubtful) await sequences.reload(database);
      this.#doubtful = false;
      return await operation(...args);
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }

  get #commits(): number {
    return this.#open?.database.commits ?? 0;
  }

  /** Takes the folder's lock, opens the file and brings its schema up to date, as far as `mode` lets it. Returns the migrations applied. */
  async #openFile(path: string, now: number, mode: OpenMode): Promise<string[]> {
    const lock = mode === "look" ? null : await InstanceLock.take(`${path}.lock`);
    let database: Database | null = null;
    try {
      database = await Database.open(path, mode === "look" ? "read" : "write");
      const applied = await bringUpToDate(database, path, now, mode);
      const sequences = await Sequences.load(database);
      const alerts = new AlertWriter(database, sequences);
      const assessments = new Assessments(database, sequences);
      const ticketRules = { ...noTicketRules };
      this.#open = { database, lock, sequences, alerts, assessments, correlator: null, ticketRules };
      this.#operations = operations(this.#open, (end, counts) => this.#appended.push({ appended: { end, counts } }));
      return applied;
    } catch (error) {
      database?.close();
      await lock?.release();
      throw error;
    }
  }

  async #openReader(path: string): Promise<void> {
    this.#reading = await Database.open(path, "read");
    this.#operations = readOperations(this.#reading);
  }

  /** Moves the WAL into the file first: libsql does not when it closes. */
  async #close(): Promise<void> {
    if (this.#open?.lock) await this.#open.database.read("PRAGMA wal_checkpoint(TRUNCATE)").catch(() => {});
    this.#open?.database.close();
    await this.#open?.lock?.release();
    this.#reading?.close();
    this.#open = null;
    this.#reading = null;
    this.#operations = null;
  }
}

/** Only the service upgrades a file, with a copy of it beside; everybody may make a new one. */
async function bringUpToDate(database: Database, path: string, now: number, mode: OpenMode): Promise<string[]> {
  const at = new Date(now).toISOString();
  if (mode === "serve")
    return migrate(database, at, undefined, (from, to) => copyBeforeUpgrade(database, path, { from, to }));
  if (mode === "change" && (await schemaOf(database)) === 0) return migrate(database, at);
  await expectNewestSchema(database);
  return [];
}

function failure(id: number, error: unknown): StoreReply {
  const { code, message, data } = error instanceof EdgeError ? error : new EdgeError("store_failed", messageOf(error));
  return { id, error: { code, message, data } };
}

/** How many calls at the front share a commit; 1 where that would save none. */
function sharingCount(waiting: readonly StoreCall[]): number {
  let writes = 0;
  let records = 0;
  let count = 0;
  for (const { method, args } of waiting) {
    if (!sharing.has(method) || count === callsPerCommit) break;
    if (method === "writeDetections") records += (args as [DetectionWrite])[0].detections.length;
    if (records > recordsPerCommit) break;
    if (method.startsWith("write") || method === "savePosition") writes++;
    count++;
  }
  return writes > 1 ? count : 1;
}
