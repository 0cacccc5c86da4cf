/** The store as the rest of the process sees it: calls travel to the Worker and back, commits are announced. */
import { Worker } from "node:worker_threads";
import { EdgeError, StoreError, type StoreErrorCode } from "../core/errors.ts";
import type { AppendedCounts } from "../core/event.ts";
import type { Clock, EventLog, HourlyStore, IntakeStore } from "../core/ports.ts";
import type { StoreOperations } from "./operations.ts";
import type { StoreMethod, StoreReply } from "./store-worker.ts";

export type OnFault = (what: "read" | "write", error: StoreError | null) => void;

type Append = (end: number, counts: AppendedCounts) => void;

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
  >;
  readonly incidents: Pick<
    StoreOperations,
    | "configureCorrelation"
    | "assessLeft"
    | "decayScores"
    | "changeIncident"
    | "promoteActor"
    | "changeCase"
    | "readIncident"
    | "readCase"
    | "listExceptions"
    | "insertException"
    | "deleteException"
  >;
  /** Names of the schema steps that opening applied. */
  readonly migrated: readonly string[];
  /** Waits for calls under way, closes the file, ends the Worker. */
  close(): Promise<void>;
}

export interface StoreOptions {
  path: string;
  clock: Clock;
  /** Told of every failure of reading or of writing, and null when the same went well again. */
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
    },
    incidents: {
      configureCorrelation: operation("configureCorrelation"),
      assessLeft: operation("assessLeft"),
      decayScores: operation("decayScores"),
      changeIncident: operation("changeIncident"),
      promoteActor: operation("promoteActor"),
      changeCase: operation("changeCase"),
      readIncident: operation("readIncident"),
      readCase: operation("readCase"),
      listExceptions: operation("listExceptions"),
      insertException: operation("insertException"),
      deleteException: operation("deleteException"),
    },
    close: async () => {
      await calls.call("close", []);
      await calls.end();
    },
  };
}

const writes: ReadonlySet<StoreMethod> = new Set<StoreMethod>([
  "writeDetections",
  "writeAlarms",
  "assessBatch",
  "assessLeft",
  "decayScores",
  "changeIncident",
  "promoteActor",
  "changeCase",
  "insertException",
  "deleteException",
  "recordHourly",
  "savePosition",
  "insertApiKey",
  "revokeApiKey",
  "touchApiKeys",
  "prune",
  "heartbeat",
]);

interface Waiting {
  /** Null for opening and closing, whose failures are the caller's to name. */
  what: "read" | "write" | null;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

class WorkerCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Append>();
  readonly #onFault: OnFault;
  readonly #onBroken: (error: StoreError) => void;
  #nextId = 1;
  #dead: StoreError | null = null;

  constructor(onFault: OnFault, onBroken: (error: StoreError) => void) {
    this.#onFault = onFault;
    this.#onBroken = onBroken;
    this.#worker = new Worker(new URL("./worker.ts", import.meta.url));
    this.#worker.on("message", (reply: StoreReply) => this.#receive(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("it ended")));
  }

  call(method: StoreMethod, args: unknown[]): Promise<unknown> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const what = method === "open" || method === "close" ? null : writes.has(method) ? "write" : "read";
      this.#waiting.set(id, { what, resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  onAppend(listener: Append): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async end(): Promise<void> {
    this.#dead ??= new StoreError("store_failed", "the store is closed");
    await this.#worker.terminate();
  }

  #receive(reply: StoreReply): void {
    if ("appended" in reply) {
      for (const listener of this.#listeners) listener(reply.appended.end, reply.appended.counts);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if ("error" in reply) {
      const { code, message, data } = reply.error;
      // What a caller asked for and cannot have is no fault of the storage.
      if (!code.startsWith("store_")) {
        waiting.reject(new EdgeError(code, message, { data: { ...data } }));
        return;
      }
      const error = new StoreError(code as StoreErrorCode, message, { data });
      if (waiting.what !== null) this.#onFault(waiting.what, error);
      waiting.reject(error);
    } else {
      // A call that had nothing to write says nothing about whether writing works.
      if (waiting.what === "read" || (waiting.what === "write" && reply.wrote)) this.#onFault(waiting.what, null);
      waiting.resolve(reply.value);
    }
  }

  #fail(error: unknown): void {
    if (this.#dead !== null) return;
    this.#dead = new StoreError("store_failed", "the database worker ended: restart the appliance", { cause: error });
    this.#onBroken(this.#dead);
    for (const { reject } of this.#waiting.values()) reject(this.#dead);
    this.#waiting.clear();
  }
}
