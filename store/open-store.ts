/** The store as the rest of the process uses it. Calls are sent to the Worker, and commits are announced. */

import type { StoreError } from "../core/errors.ts";
import type { Clock, EventLog, HourlyStore, IntakeStore } from "../core/ports.ts";
import type { OnCommit } from "./database/database.ts";
import { LiveBackups } from "./worker/backups.ts";
import { type Clients, clientsOf } from "./worker/client.ts";
import type { Reading, Writing } from "./worker/operations.ts";
import { Reader } from "./worker/reader.ts";
import type { Opened, OpenMode } from "./worker/store-worker.ts";
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
  /** True if no call is in progress. */
  readonly isIdle: boolean;
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
}

/**
 * Opens or creates the database file and upgrades its schema. @throws StoreError store_in_use (another rhythmx runs),
 * store_newer, store_older (for commands), store_corrupt, and errors of the disk
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { path, clock, mode = "serve", onFault = () => {}, onBroken = () => {}, onCommit } = options;
  const calls = new WorkerCalls(onFault, onBroken, onCommit);
  let opened: Opened;
  try {
    opened = (await calls.call("open", null, [path, clock.now(), mode, onCommit !== undefined])) as Opened;
  } catch (error) {
    await calls.end();
    throw error;
  }
  const reader = new Reader(path, onFault);
  const backups = new LiveBackups(path);
  const { intake, events, admin, incidents, campaigns, tickets } = clientsOf<Writing>(opened.writing, (...call) =>
    calls.call(...call),
  );
  const { reading } = clientsOf<Reading>(opened.reading, (...call) => reader.call(...call));
  return {
    migrated: opened.migrated,
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
    get isIdle() {
      return calls.isIdle && reader.isIdle && backups.isIdle;
    },
    get waiting() {
      return { writer: calls.waiting, reader: reader.waiting };
    },
    close: async () => {
      // The reader is closed first, so that the writer can move the whole WAL into the file.
      await reader.close();
      await calls.close();
      backups.close();
    },
  };
}
