/** The store as the rest of the process uses it. Calls are sent to the Worker, and commits are announced. */

import type { StoreError } from "../core/errors.ts";
import type { Clock, EventLog, HourlyStore, IntakeStore } from "../core/ports.ts";
import type { OnCommit } from "./database/database.ts";
import type { ReplicaOrder } from "./replica/open-replica.ts";
import { LiveBackups } from "./worker/backups.ts";
import type { Followed, Opened, OpenMode } from "./worker/calls.ts";
import { type Clients, clientsOf } from "./worker/client.ts";
import { FileCheck } from "./worker/file-check.ts";
import type { KeptWorkers } from "./worker/kept-workers.ts";
import type { Reading, Writing } from "./worker/operations.ts";
import { Reader } from "./worker/reader.ts";
import { type OnFault, WorkerCalls } from "./worker/worker-calls.ts";

type Writer = Clients<Writing>;

/** Every operation of the Workers as a method, and the ports of core that are made of them. */
export interface Store extends IntakeStore, HourlyStore {
  readonly events: EventLog & Omit<Writer["events"], keyof EventLog>;
  readonly admin: Writer["admin"];
  /** Operations on a separate connection, which need not wait for writes. */
  readonly reading: Clients<Reading>["reading"];
  readonly incidents: Writer["incidents"];
  /** What concerns several actors. */
  readonly campaigns: Writer["campaigns"];
  readonly tickets: Writer["tickets"];
  /** Makes a backup of the open file. */
  readonly backup: LiveBackups["make"];
  /** The names of the migrations that were applied when the file was opened. */
  readonly migrated: readonly string[];
  /**
   * The file of a node that follows has an older schema than this version: only `follow` and `copy` work, because what other operations ask of a
   * database may not be in it. It is never upgraded here: the leader's batches would no longer fit.
   */
  readonly isBehind: boolean;
  /** True if no call is in progress. */
  readonly isIdle: boolean;
  /**
   * Of a node that follows: applies the next records of the cluster's log and tells of the events in them.
   * @throws StoreError store_diverged, store_behind, store_newer, store_no_quorum
   */
  follow(): Promise<Followed>;
  /** Of a node of a cluster: the last record of the log that is in the file. */
  logPosition(): Promise<number>;
  /** Of a node that leads: removes old records of the cluster's log (`trimLog` in replica/trim.ts). @throws StoreError */
  trimLog(seq: number, mostBytes: number): Promise<void>;
  /** Copies the open file as it is at one moment to `to`, a new file, without holding up who writes. @throws StoreError */
  copy(to: string): Promise<void>;
  /** The faults that SQLite finds in the file; empty when there are none. Reads the whole file, without holding up who writes or reads. @throws StoreError */
  integrityCheck(): Promise<string[]>;
  /** Has the Workers collect their garbage now; `withCode`: also what was compiled so far goes. For a time of rest. @throws StoreError */
  giveBackMemory(withCode: boolean): Promise<void>;
  /** Calls without an answer yet, of the Worker that writes and of the one that reads. */
  readonly waiting: Readonly<{ writer: number; reader: number }>;
  /** Waits for calls in progress, closes the file and ends the Workers. Later calls are refused. */
  close(): Promise<void>;
}

export interface StoreOptions {
  path: string;
  clock: Clock;
  /** Default: `serve`, which upgrades the file. */
  mode?: OpenMode;
  onFault?: OnFault;
  /** Called once if the Worker ended unexpectedly: nothing can be stored or read any more. */
  onBroken?: (error: StoreError) => void;
  /** Called for each commit of the writer, in order and before the call that made it is answered. */
  onCommit?: OnCommit;
  /** Makes this the store of a node of a cluster. Default: it is one by itself. */
  replica?: ReplicaOrder;
  /** Workers of stores before and after this one. Default: it starts and ends its own. */
  workers?: KeptWorkers;
}

/**
 * Opens or creates the database file and upgrades its schema. @throws StoreError store_in_use (another rhythmx runs),
 * store_newer, store_older (for commands), store_corrupt, and errors of the disk
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, clock, mode = "serve", onFault = () => {}, onBroken = () => {}, onCommit, replica = null } = options;
  const calls = new WorkerCalls(onFault, onBroken, onCommit, options.workers);
  let opened: Opened;
  try {
    opened = (await calls.call("open", null, [path, clock.now(), mode, onCommit !== undefined, replica])) as Opened;
  } catch (error) {
    await calls.end();
    throw error;
  }
  const reader = new Reader(path, onFault, options.workers);
  const backups = new LiveBackups(path);
  const check = new FileCheck(path);
  const { intake, events, admin, incidents, campaigns, tickets } = clientsOf<Writing>(opened.writing, (...call) =>
    calls.call(...call),
  );
  const { reading } = clientsOf<Reading>(opened.reading, (...call) => reader.call(...call));
  return {
    migrated: opened.migrated,
    isBehind: opened.isBehind,
    ...intake,
    events: {
      ...events,
      savePosition: (reader, seq) => events.savePosition(reader, seq, clock.now()),
      onAppend: (listener) => calls.onAppend(listener),
    },
    admin,
    reading,
    incidents: {
      ...incidents,
      configureCorrelation: async (settings) => {
        const {
          patterns = [],
          assets = [],
          floors = [],
          actors = { sharedAccounts: [], hostShortNames: false },
        } = settings ?? {};
        await reader.configure({ patterns, assets, floors, actors });
        await incidents.configureCorrelation(settings);
      },
    },
    campaigns,
    tickets,
    backup: (...call) => backups.make(...call),
    follow: async () => (await calls.call("follow", null, [])) as Followed,
    logPosition: async () => (await calls.call("logPosition", null, [])) as number,
    trimLog: async (seq, mostBytes) => void (await calls.call("trimLog", null, [seq, mostBytes])),
    copy: (to) => backups.copy(to),
    integrityCheck: () => check.run(),
    giveBackMemory: async (withCode) => {
      await Promise.all([calls.call("giveBackHeap", null, [withCode]), reader.giveBackHeap(withCode)]);
    },
    get isIdle() {
      return calls.isIdle && reader.isIdle && backups.isIdle && check.isIdle;
    },
    get waiting() {
      return { writer: calls.waiting, reader: reader.waiting };
    },
    close: async () => {
      // The reader is closed first, so that the writer can move the whole WAL into the file.
      await reader.close();
      check.close();
      await calls.close();
      backups.close();
    },
  };
}
