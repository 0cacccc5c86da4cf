/** Calls to a Worker of the store, and what comes back: answers, failures, announcements of commits. */
import { Worker } from "node:worker_threads";
import { EdgeError, StoreError, type StoreErrorCode } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import type { StoreMethod, StoreReply } from "./store-worker.ts";

/** Told of every failure of reading or of writing, and null when the same went well again. */
export type OnFault = (what: "read" | "write", error: StoreError | null) => void;

type Append = (end: number, counts: AppendedCounts) => void;

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
  "insertUser",
  "updateUser",
  "deleteUser",
  "insertSession",
  "updateSession",
  "deleteSessions",
  "addAudit",
  "pruneAudit",
  "savePollPositions",
  "planTicket",
  "recoverDeliveries",
  "beginDelivery",
  "finishDelivery",
  "retryDeliveries",
  "discardDelivery",
  "mendDelivery",
  "saveThrottle",
  "discardDeliveries",
  "saveProbe",
  "reseal",
  "saveSettings",
  "saveConnectionTest",
  "passGate",
  "noteChanges",
  "saveCursor",
  "readSoon",
  "readStale",
  "readEach",
  "readFailed",
  "ticketGone",
  "applyReading",
]);

/** Opening and closing: their failures are the caller's to name. */
const unnamed: ReadonlySet<StoreMethod> = new Set<StoreMethod>(["open", "openReader", "close"]);

interface Waiting {
  what: "read" | "write" | null;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export class WorkerCalls {
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
      const what = unnamed.has(method) ? null : writes.has(method) ? "write" : "read";
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
