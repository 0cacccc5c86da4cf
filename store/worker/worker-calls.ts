/** Sends calls to a Worker of the store and receives answers, failures and announcements of commits. */
import { Worker } from "node:worker_threads";
import { EdgeError, StoreError, type StoreErrorCode } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import type { OnCommit } from "../database/database.ts";
import type { OperationKind } from "../database/operation.ts";
import type { StoreMethod, StoreReply } from "./calls.ts";
import type { KeptWorkers } from "./kept-workers.ts";
import { encodeCall } from "./messages.ts";

/** Called with every failure of reading or writing, and with null when the same works again. */
export type OnFault = (what: "read" | "write", error: StoreError | null) => void;

type Append = (end: number, counts: AppendedCounts) => void;

/** The kind of a call; null for opening and closing, whose failures the caller reports. */
type Kind = OperationKind | null;

interface Waiting {
  kind: Kind;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A Worker that is used again never answers with the number of a call of before. */
let nextId = 1;

export class WorkerCalls {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<Append>();
  readonly #onFault: OnFault;
  readonly #onBroken: (error: StoreError) => void;
  readonly #onCommit: OnCommit;
  readonly #kept: KeptWorkers | null;
  #dead: StoreError | null = null;
  #closing: Promise<void> | null = null;

  /** `kept`: where a Worker is taken from, and left once it has closed its file. */
  constructor(
    onFault: OnFault,
    onBroken: (error: StoreError) => void,
    onCommit: OnCommit = () => {},
    kept: KeptWorkers | null = null,
  ) {
    this.#kept = kept;
    this.#onCommit = onCommit;
    this.#onFault = onFault;
    this.#onBroken = onBroken;
    this.#worker = kept?.take() ?? new Worker(new URL("./worker.ts", import.meta.url));
    this.#worker.on("message", (reply: StoreReply) => this.#receive(reply));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("it ended")));
  }

  /** Calls the Worker. @throws EdgeError of the operation; StoreError if the Worker has ended or is closing */
  call(method: StoreMethod, kind: Kind, args: unknown[]): Promise<unknown> {
    if (this.#dead !== null) return Promise.reject(this.#dead);
    if (this.#closing !== null) return Promise.reject(closed());
    return this.#send(method, kind, args);
  }

  /** Calls that wait for an answer. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** True if no call waits for an answer. */
  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  onAppend(listener: Append): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for calls in progress, closes the file and ends the Worker. Later calls are refused: the store is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends the Worker at once; calls without an answer fail, because the store is closed. */
  async end(): Promise<void> {
    this.#dead ??= closed();
    await this.#worker.terminate();
    this.#rejectAll(this.#dead);
  }

  async #close(): Promise<void> {
    try {
      if (this.#dead !== null) throw this.#dead;
      await this.#send("close", null, []);
    } catch (error) {
      await this.end();
      throw error;
    }
    if (this.#kept === null) return this.end();
    this.#dead ??= closed();
    this.#rejectAll(this.#dead);
    await this.#kept.give(this.#worker);
  }

  #send(method: StoreMethod, kind: Kind, args: unknown[]): Promise<unknown> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      this.#worker.postMessage(encodeCall({ id, method, args }));
      this.#waiting.set(id, { kind, resolve, reject });
    });
  }

  #receive(reply: StoreReply): void {
    if ("appended" in reply) {
      for (const listener of this.#listeners) listener(reply.appended.end, reply.appended.counts);
      return;
    }
    if ("committed" in reply) {
      this.#onCommit(reply.committed);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if ("error" in reply) {
      const { code, message, data } = reply.error;
      // A request that is refused is no fault of the storage.
      if (!code.startsWith("store_")) {
        waiting.reject(new EdgeError(code, message, { data: { ...data } }));
        return;
      }
      const error = new StoreError(code as StoreErrorCode, message, { data });
      if (waiting.kind === "read" || waiting.kind === "write") this.#onFault(waiting.kind, error);
      waiting.reject(error);
    } else {
      // A call that wrote nothing does not show whether writing works.
      if (waiting.kind === "read" || (waiting.kind === "write" && reply.wrote)) this.#onFault(waiting.kind, null);
      waiting.resolve(reply.value);
    }
  }

  #fail(error: unknown): void {
    if (this.#dead !== null) return;
    this.#dead = new StoreError("store_failed", "the database worker ended: restart the appliance", { cause: error });
    this.#onBroken(this.#dead);
    this.#rejectAll(this.#dead);
  }

  #rejectAll(error: StoreError): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function closed(): StoreError {
  return new StoreError("store_failed", "the store is closed");
}
