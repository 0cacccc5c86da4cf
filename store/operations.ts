/** What the Worker can be asked to do. One table: its types are the store's interface on both sides. */
import type { ApiKeyRecord } from "../core/api-key.ts";
import type { Exception } from "../core/correlation/exceptions.ts";
import { EdgeError, messageOf, StoreError } from "../core/errors.ts";
import type { AppendedCounts, EventKind } from "../core/event.ts";
import type { Incident } from "../core/incident.ts";
import type { CaseRequest, IncidentRequest } from "../core/incident-change.ts";
import type { AlarmWrite, DetectionWrite } from "../core/ports.ts";
import type { ThreatCase } from "../core/threat-case.ts";
import { writeAlarms } from "./alarms.ts";
import { AlertWriter, type Written } from "./alerts.ts";
import { insertApiKey, listApiKeys, revokeApiKey, touchApiKeys } from "./api-keys.ts";
import { Assessments } from "./assessments.ts";
import { findBatch } from "./batches.ts";
import { applyCaseChange } from "./case-changes.ts";
import { type CorrelationSettings, Correlator } from "./correlator.ts";
import { Database } from "./database.ts";
import type { EventBatch } from "./event-batch.ts";
import { countEventsAfter, listReaders, readEvents, readPosition, savePosition, seqBefore } from "./event-log.ts";
import { deleteException, insertException, listExceptions } from "./exceptions.ts";
import { heartbeat } from "./heartbeat.ts";
import { recordHourly } from "./hourly.ts";
import { type Author, applyIncidentChange, promote } from "./incident-changes.ts";
import { InstanceLock } from "./instance-lock.ts";
import { integrityCheck, storeFacts } from "./integrity.ts";
import { migrate } from "./migrate.ts";
import { type PruneStep, prune } from "./retention.ts";
import { Sequences } from "./sequences.ts";

interface Open {
  database: Database;
  lock: InstanceLock;
  sequences: Sequences;
  alerts: AlertWriter;
  assessments: Assessments;
  /** Null while there is no incident step: what comes in is no evidence. */
  correlator: Correlator | null;
}

type OnAppend = (end: number, counts: AppendedCounts) => void;

function operations(store: Open, onAppend: OnAppend) {
  const { database, alerts, sequences, assessments } = store;
  const appended = (counts: AppendedCounts) => {
    if (Object.keys(counts).length > 0) onAppend(sequences.lastSeq, counts);
  };
  /** A change that has been written: its events are announced. */
  const written = (events: EventBatch) => {
    sequences.advance({ events: events.size });
    appended(events.counts());
  };
  const took = ({ tally, counts, periodIds }: Written, more: string | null) => {
    if (more !== null) assessments.wait(more, periodIds);
    appended(counts);
    return tally;
  };
  const assessed = ({ counts, more }: { counts: AppendedCounts; more: boolean }) => {
    appended(counts);
    return more;
  };
  const correlator = () => {
    if (store.correlator === null) throw new EdgeError("no_correlation", "this appliance runs without incidents");
    return store.correlator;
  };
  const reloadExceptions = async () => {
    await store.correlator?.reloadExceptions();
  };
  return {
    /** Null leaves the incident step out. */
    configureCorrelation: async (settings: CorrelationSettings | null) => {
      store.correlator = settings === null ? null : await Correlator.load(database, sequences, settings);
    },
    writeDetections: async (write: DetectionWrite) => took(await alerts.write(write, store.correlator), write.more),
    writeAlarms: async (write: AlarmWrite) =>
      took(await writeAlarms(database, sequences, write, store.correlator), write.more),
    assessBatch: async (name: string, now: number) =>
      store.correlator !== null && assessed(await assessments.batch(name, store.correlator, now)),
    assessLeft: async (now: number, starting: boolean) =>
      store.correlator !== null && assessed(await assessments.left(store.correlator, now, starting)),
    decayScores: async (now: number) =>
      store.correlator !== null && assessed(await assessments.decay(store.correlator, now)),
    changeIncident: async (incidentId: string, request: IncidentRequest, author: Author, now: number) => {
      const after = sequences.lastSeq;
      const { row, changed, events } = await applyIncidentChange(
        database,
        store.correlator?.rules.patterns ?? [],
        after,
        incidentId,
        request,
        author,
        now,
      );
      written(events);
      return { incident: row as Incident, changed };
    },
    promoteActor: async (request: { entity: string; actor: string; reason: string }, author: Author, now: number) => {
      const { incidentId, events } = await promote(database, correlator(), sequences.lastSeq, request, author, now);
      written(events);
      return incidentId;
    },
    changeCase: async (caseId: string, request: CaseRequest, author: Author, now: number) => {
      const after = sequences.lastSeq;
      const { row, changed, events } = await applyCaseChange(
        database,
        store.correlator,
        after,
        caseId,
        request,
        author,
        now,
      );
      written(events);
      return { threatCase: row as ThreatCase, changed };
    },
    listExceptions: () => listExceptions(database),
    insertException: async (exception: Exception) => {
      await insertException(database, exception);
      await reloadExceptions();
    },
    deleteException: async (id: string) => {
      const deleted = await deleteException(database, id);
      await reloadExceptions();
      return deleted;
    },
    recordHourly: async (now: number, intervalMs: number) => {
      const { recorded, more } = await recordHourly(database, sequences, now, intervalMs);
      if (recorded > 0) appended({ alert_hourly: recorded });
      return { recorded, more };
    },
    findBatch: (owner: string, key: string) => findBatch(database, owner, key),
    readEvents: (after: number, limit: number, kinds: readonly EventKind[]) =>
      readEvents(database, after, limit, kinds),
    countEventsAfter: (after: number, kinds: readonly EventKind[]) => countEventsAfter(database, after, kinds),
    lastSeq: async () => sequences.lastSeq,
    seqBefore: (at: number) => seqBefore(database, at),
    readPosition: (reader: string) => readPosition(database, reader),
    savePosition: (reader: string, position: number, now: number) => savePosition(database, reader, position, now),
    listReaders: () => listReaders(database),
    insertApiKey: (key: ApiKeyRecord) => insertApiKey(database, key),
    listApiKeys: () => listApiKeys(database),
    revokeApiKey: (id: string, now: number) => revokeApiKey(database, id, now),
    touchApiKeys: (uses: readonly (readonly [string, number])[]) => touchApiKeys(database, uses),
    prune: (now: number, retentionDays: number, step: PruneStep) =>
      prune(database, sequences, now, retentionDays, step),
    heartbeat: (now: number, distrustMs: number | null) => heartbeat(database, now, distrustMs),
    facts: () => storeFacts(database),
    integrityCheck: () => integrityCheck(database),
  };
}

export type StoreOperations = ReturnType<typeof operations>;
export type StoreMethod = keyof StoreOperations | "open" | "close";

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
  #operations: StoreOperations | null = null;
  /** A call failed, so the ids kept in memory may no longer be those of the file. */
  #doubtful = false;
  /** What has been appended and not yet announced. */
  #appended: StoreReply[] = [];

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
    if (method === "open") return this.#openFile(...(args as [string, number]));
    if (method === "close") return this.#close();
    if (this.#open === null || this.#operations === null) throw new Error(`the store is not open: ${method}`);
    const { database, sequences } = this.#open;
    const operation = this.#operations[method] as (...args: unknown[]) => Promise<unknown>;
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

  /** Takes the folder's lock, opens the file and brings its schema up to date. Returns the migrations applied. */
  async #openFile(path: string, now: number): Promise<string[]> {
    const lock = await InstanceLock.take(`${path}.lock`);
    let database: Database | null = null;
    try {
      database = await Database.open(path);
      const applied = await migrate(database, new Date(now).toISOString());
      const sequences = await Sequences.load(database);
      const alerts = new AlertWriter(database, sequences);
      const assessments = new Assessments(database, sequences);
      this.#open = { database, lock, sequences, alerts, assessments, correlator: null };
      this.#operations = operations(this.#open, (end, counts) => this.#appended.push({ appended: { end, counts } }));
      return applied;
    } catch (error) {
      database?.close();
      await lock.release();
      throw error;
    }
  }

  /** Moves the WAL into the file first: libsql does not when it closes. */
  async #close(): Promise<void> {
    await this.#open?.database.read("PRAGMA wal_checkpoint(TRUNCATE)").catch(() => {});
    this.#open?.database.close();
    await this.#open?.lock.release();
    this.#open = null;
    this.#operations = null;
  }
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
