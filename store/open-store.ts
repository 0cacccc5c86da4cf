/** The store as the rest of the process sees it: calls travel to the Worker and back, commits are announced. */

import type { CasePattern } from "../core/correlation/patterns.ts";
import { StoreError } from "../core/errors.ts";
import type { Clock, EventLog, HourlyStore, IntakeStore } from "../core/ports.ts";
import type { StoreOperations } from "./worker/operations.ts";
import type { ReadOperations } from "./worker/read-operations.ts";
import type { TicketOperations } from "./worker/ticket-operations.ts";
import { type OnFault, WorkerCalls } from "./worker/worker-calls.ts";

/** Every operation of the Worker as a method, plus the ports of core that consist of them. */
export interface Store extends IntakeStore, HourlyStore {
  readonly events: EventLog & { seqBefore(at: number): Promise<number> };
  readonly admin: Pick<
    StoreOperations,
    | "insertApiKey"
    | "listApiKeys"
    | "revokeApiKey"
    | "touchApiKeys"
    | "listReaders"
    | "prune"
    | "facts"
    | "integrityCheck"
    | "heartbeat"
    | "listUsers"
    | "insertUser"
    | "updateUser"
    | "deleteUser"
    | "listSessions"
    | "insertSession"
    | "updateSession"
    | "deleteSessions"
    | "addAudit"
    | "pruneAudit"
    | "readGeneration"
    | "listPollPositions"
    | "savePollPositions"
  >;
  /** On a connection of their own: what is being written does not hold them up. */
  readonly reading: ReadOperations;
  readonly incidents: Pick<
    StoreOperations,
    | "configureCorrelation"
    | "assessLeft"
    | "decayScores"
    | "changeIncident"
    | "promoteActor"
    | "changeCase"
    | "listExceptions"
    | "insertException"
    | "deleteException"
  >;
  readonly tickets: TicketOperations;
  /** Names of the schema steps that opening applied. */
  readonly migrated: readonly string[];
  /** Waits for calls under way, closes the file, ends the Worker. */
  close(): Promise<void>;
}

export interface StoreOptions {
  path: string;
  clock: Clock;
  onFault?: OnFault;
  /** Told once if the Worker ended by itself: nothing can be stored or read any more. */
  onBroken?: (error: StoreError) => void;
}

/**
 * Opens or creates the database file and upgrades its schema. Throws `StoreError`: store_in_use (another rhythmx runs),
 * store_newer, store_corrupt, and what the disk says.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const calls = new WorkerCalls(options.onFault ?? (() => {}), options.onBroken ?? (() => {}));
  let migrated: string[];
  try {
    migrated = (await calls.call("open", [options.path, options.clock.now()])) as string[];
  } catch (error) {
    await calls.end();
    throw error;
  }
  const operation = <M extends keyof StoreOperations>(method: M): StoreOperations[M] =>
    ((...args: unknown[]) => calls.call(method, args)) as StoreOperations[M];
  const save = operation("savePosition");
  const configure = operation("configureCorrelation");
  const reader = new Reader(options);
  const read = <M extends keyof ReadOperations>(method: M): ReadOperations[M] =>
    ((...args: unknown[]) => reader.call(method, args)) as ReadOperations[M];
  return {
    migrated,
    writeDetections: operation("writeDetections"),
    writeAlarms: operation("writeAlarms"),
    assessBatch: operation("assessBatch"),
    findBatch: operation("findBatch"),
    recordHourly: operation("recordHourly"),
    events: {
      read: operation("readEvents"),
      position: operation("readPosition"),
      savePosition: (reader, seq) => save(reader, seq, options.clock.now()),
      end: operation("lastSeq"),
      countAfter: operation("countEventsAfter"),
      onAppend: (listener) => calls.onAppend(listener),
      seqBefore: operation("seqBefore"),
    },
    admin: {
      insertApiKey: operation("insertApiKey"),
      listApiKeys: operation("listApiKeys"),
      revokeApiKey: operation("revokeApiKey"),
      touchApiKeys: operation("touchApiKeys"),
      listReaders: operation("listReaders"),
      prune: operation("prune"),
      heartbeat: operation("heartbeat"),
      facts: operation("facts"),
      integrityCheck: operation("integrityCheck"),
      listUsers: operation("listUsers"),
      insertUser: operation("insertUser"),
      updateUser: operation("updateUser"),
      deleteUser: operation("deleteUser"),
      listSessions: operation("listSessions"),
      insertSession: operation("insertSession"),
      updateSession: operation("updateSession"),
      deleteSessions: operation("deleteSessions"),
      addAudit: operation("addAudit"),
      pruneAudit: operation("pruneAudit"),
      readGeneration: operation("readGeneration"),
      listPollPositions: operation("listPollPositions"),
      savePollPositions: operation("savePollPositions"),
    },
    reading: {
      listPage: read("listPage"),
      readRow: read("readRow"),
      readIncident: read("readIncident"),
      readCase: read("readCase"),
      readSamples: read("readSamples"),
      readEvents: read("readEvents"),
      listTickets: read("listTickets"),
      listDeliveries: read("listDeliveries"),
      listDeadLetters: read("listDeadLetters"),
      findDelivery: read("findDelivery"),
      findTicket: read("findTicket"),
      oldestEvent: read("oldestEvent"),
      lastPosition: read("lastPosition"),
      listAudit: read("listAudit"),
    },
    incidents: {
      configureCorrelation: async (settings) => {
        reader.patterns = settings?.patterns ?? [];
        await configure(settings);
      },
      assessLeft: operation("assessLeft"),
      decayScores: operation("decayScores"),
      changeIncident: operation("changeIncident"),
      promoteActor: operation("promoteActor"),
      changeCase: operation("changeCase"),
      listExceptions: operation("listExceptions"),
      insertException: operation("insertException"),
      deleteException: operation("deleteException"),
    },
    tickets: Object.fromEntries(ticketMethods.map((name) => [name, operation(name)])) as Pick<
      StoreOperations,
      (typeof ticketMethods)[number]
    >,
    close: async () => {
      // First, so that the writer can move the whole WAL into the file.
      await reader.close();
      await calls.call("close", []);
      await calls.end();
    },
  };
}

/** The second Worker: it starts with the first call, so that an appliance that nobody asks keeps its memory. */
class Reader {
  readonly #options: StoreOptions;
  #calls: Promise<WorkerCalls> | null = null;
  #closed = false;
  /** Which patterns make a case: details and lists of cases count by them. */
  patterns: readonly CasePattern[] = [];

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  async call(method: keyof ReadOperations, args: unknown[]): Promise<unknown> {
    if (this.#closed) throw new StoreError("store_failed", "the store is closed");
    this.#calls ??= this.#start();
    const calls = await this.#calls;
    return calls.call(method, args.length > 0 && takesPatterns.has(method) ? [...args, this.patterns] : args);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const calls = await this.#calls?.catch(() => null);
    await calls?.call("close", []).catch(() => {});
    await calls?.end();
  }

  /** A Worker that could not start, or ended, is started anew by the next call. */
  async #start(): Promise<WorkerCalls> {
    const forget = () => {
      this.#calls = null;
    };
    const calls = new WorkerCalls(this.#options.onFault ?? (() => {}), forget);
    try {
      await calls.call("openReader", [this.#options.path]);
      return calls;
    } catch (error) {
      forget();
      await calls.end();
      throw error;
    }
  }
}

const ticketMethods = [
  ...([
    "configureTickets",
    "planTicket",
    "dueDeliveries",
    "recoverDeliveries",
    "beginDelivery",
    "finishDelivery",
  ] as const),
  ...(["findDelivery", "ticketOfDelivery", "retryDeliveries", "discardDeliveries", "discardDelivery"] as const),
  ...(["mendDelivery", "saveThrottle", "listThrottles", "readProbe", "saveProbe", "countDeliveries"] as const),
  ...([
    "countTickets",
    "passGate",
    "readCursor",
    "noteChanges",
    "saveCursor",
    "readSoon",
    "readStale",
    "readEach",
    "dueReadings",
  ] as const),
  ...(["findIncident", "oldestTicket", "knownComments", "readFailed", "ticketGone", "applyReading"] as const),
  ...(["listSealed", "readKeyCheck", "reseal", "listSavedSettings", "saveSettings"] as const),
  ...(["listConnectionTests", "saveConnectionTest"] as const),
] satisfies readonly (keyof TicketOperations)[];

/** Calls to which the patterns are added as the last argument. */
const takesPatterns: ReadonlySet<keyof ReadOperations> = new Set<keyof ReadOperations>([
  "listPage",
  "readRow",
  "readIncident",
  "readCase",
]);
