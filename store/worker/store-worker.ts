/** The store's Worker: takes calls in order, several in one commit where that saves a sync, and keeps the file open. */

import { type CasePattern, preparePatterns } from "../../core/correlation/patterns.ts";
import { EdgeError, messageOf, StoreError } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import { type Batch, Database } from "../database/database.ts";
import { InstanceLock } from "../database/instance-lock.ts";
import { expectNewestSchema, migrate, schemaOf } from "../database/migrate.ts";
import type { OpenDatabase, Operation } from "../database/operation.ts";
import { copyBeforeUpgrade } from "../database/upgrade-copy.ts";
import { Sequences } from "../events/sequences.ts";
import { Assessments } from "../incidents/assessments.ts";
import type { OpenReading } from "../lists/operations.ts";
import { noTicketRules } from "../outbox/ticket-updates.ts";
import type { Open } from "./open-file.ts";
import {
  type Catalogue,
  catalogueOf,
  type Groups,
  type OperationName,
  operationIn,
  reading,
  writing,
} from "./operations.ts";

export type StoreMethod = OperationName | "open" | "openReader" | "close";

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
  | { appended: { end: number; counts: AppendedCounts } }
  | { committed: Batch };

/** What opening tells the client. */
export interface Opened {
  /** Names of the migrations that were applied. */
  migrated: string[];
  writing: Catalogue;
  reading: Catalogue;
}

const callsPerCommit = 32;
const recordsPerCommit = 1000;

/** The Worker's state: closed, or open on one file. */
export class StoreWorker {
  readonly #writing: Groups<Open>;
  #open: Open | null = null;
  /** Open instead of `#open` in the Worker that only reads. */
  #reading: OpenReading | null = null;
  /** A call failed, so the ids kept in memory may no longer be those of the file. */
  #doubtful = false;
  /** What has been appended and not yet announced. */
  #appended: StoreReply[] = [];
  /** What has been committed and not yet announced; always empty where nobody wants to know. */
  readonly #committed: StoreReply[] = [];

  /** `table`: what it can be asked where it writes. */
  constructor(table: Groups<Open> = writing) {
    this.#writing = table;
  }

  /** Small reads are worth no turn each; writes are, because what comes in meanwhile shares their commit. */
  get callsPerTurn(): number {
    return this.#reading === null ? 1 : 8;
  }

  /** Takes the next call, or several that share a commit, off the front of `waiting` and returns what there is to say when that is done. */
  async work(waiting: StoreCall[]): Promise<StoreReply[]> {
    const calls = waiting.splice(0, this.#sharingCount(waiting));
    const replies = (calls.length > 1 ? await this.#together(calls) : null) ?? (await this.#eachAlone(calls));
    return [...this.#committed.splice(0), ...this.#appended.splice(0), ...replies];
  }

  /** How many calls at the front share a commit; 1 where that would save none. */
  #sharingCount(waiting: readonly StoreCall[]): number {
    let writes = 0;
    let records = 0;
    let count = 0;
    for (const { method, args } of waiting) {
      const operation = operationIn(this.#writing, method);
      if (operation?.shares !== true || count === callsPerCommit) break;
      records += operation.records?.(...(args as never[])) ?? 0;
      if (records > recordsPerCommit) break;
      if (operation.kind === "write") writes++;
      count++;
    }
    return writes > 1 ? count : 1;
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
    if (method === "open") return this.#openFile(...(args as [string, number, OpenMode, boolean?]));
    if (method === "openReader") return this.#openReader(...(args as [string, readonly CasePattern[]]));
    if (method === "close") return this.#close();
    if (this.#reading !== null) return perform(this.#reading, operationIn(reading, method), method, args);
    if (this.#open === null) throw new Error(`the store is not open for ${method}`);
    const { database, sequences } = this.#open;
    try {
      if (this.#doubtful) await sequences.reload(database);
      this.#doubtful = false;
      return await perform(this.#open, operationIn(this.#writing, method), method, args);
    } catch (error) {
      this.#doubtful = true;
      throw error;
    }
  }

  get #commits(): number {
    return this.#open?.database.commits ?? 0;
  }

  /** Takes the folder's lock, opens the file and brings its schema up to date, as far as `mode` lets it. */
  async #openFile(path: string, now: number, mode: OpenMode, tellCommits = false): Promise<Opened> {
    const lock = mode === "look" ? null : await InstanceLock.take(`${path}.lock`);
    let database: Database | null = null;
    try {
      const onCommit = (batch: Batch) => void this.#committed.push({ committed: batch });
      database = await Database.open(path, mode === "look" ? "read" : "write", tellCommits ? onCommit : null);
      const migrated = await bringUpToDate(database, path, now, mode);
      const sequences = await Sequences.load(database);
      const assessments = new Assessments();
      const ticketRules = { ...noTicketRules };
      const appended = (counts: AppendedCounts) => {
        if (Object.keys(counts).length > 0) this.#appended.push({ appended: { end: sequences.lastSeq, counts } });
      };
      this.#open = { database, lock, sequences, appended, assessments, correlator: null, ticketRules };
      return { migrated, writing: catalogueOf(this.#writing), reading: catalogueOf(reading) };
    } catch (error) {
      database?.close();
      await lock?.release();
      throw error;
    }
  }

  async #openReader(path: string, patterns: readonly CasePattern[]): Promise<void> {
    this.#reading = { database: await Database.open(path, "read"), patterns: preparePatterns(patterns) };
  }

  /** Moves the WAL into the file first: libsql does not when it closes. */
  async #close(): Promise<void> {
    if (this.#open?.lock) await this.#open.database.read("PRAGMA wal_checkpoint(TRUNCATE)").catch(() => {});
    this.#open?.database.close();
    await this.#open?.lock?.release();
    this.#reading?.database.close();
    this.#open = null;
    this.#reading = null;
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

/** Throws where an operation that is declared to leave the file alone writes. */
async function perform<Open extends OpenDatabase>(
  open: Open,
  operation: Operation<Open> | undefined,
  method: StoreMethod,
  args: unknown[],
): Promise<unknown> {
  if (operation === undefined) throw new Error(`this Worker of the store does not do ${method}`);
  const run = operation.run as (open: Open, ...args: unknown[]) => Promise<unknown>;
  return operation.kind === "write" ? run(open, ...args) : open.database.reading(() => run(open, ...args));
}

function failure(id: number, error: unknown): StoreReply {
  const { code, message, data } = error instanceof EdgeError ? error : new EdgeError("store_failed", messageOf(error));
  return { id, error: { code, message, data } };
}
