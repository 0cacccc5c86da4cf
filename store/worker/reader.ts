/** The second Worker, for reading. It starts with the first call, to save memory while the API is not used. */
import { StoreError } from "../../core/errors.ts";
import type { OperationKind } from "../database/operation.ts";
import type { KeptWorkers } from "./kept-workers.ts";
import type { OperationName, ReadingSettings } from "./operations.ts";
import { type OnFault, WorkerCalls } from "./worker-calls.ts";

export class Reader {
  readonly #path: string;
  readonly #onFault: OnFault;
  readonly #kept: KeptWorkers | null;
  #calls: Promise<WorkerCalls> | null = null;
  #closing: Promise<void> | null = null;
  #settings: ReadingSettings = {
    patterns: [],
    assets: [],
    floors: [],
    actors: { sharedAccounts: [], hostShortNames: false },
  };
  #underWay = 0;

  /** `path`: the database file, which must exist at the first call. */
  constructor(path: string, onFault: OnFault, kept: KeptWorkers | null = null) {
    this.#kept = kept;
    this.#path = path;
    this.#onFault = onFault;
  }

  /** Calls the Worker. @throws StoreError if it cannot start, or the store is closed */
  async call(method: OperationName, kind: OperationKind, args: unknown[]): Promise<unknown> {
    if (this.#closing !== null) throw new StoreError("store_failed", "the store is closed");
    this.#calls ??= this.#start();
    this.#underWay++;
    try {
      return await (await this.#calls).call(method, kind, args);
    } finally {
      this.#underWay--;
    }
  }

  /** Calls that wait for an answer. */
  get waiting(): number {
    return this.#underWay;
  }

  /** True if no call waits for an answer. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** Sets what makes cases and campaigns, and the assets of the file, also for a Worker that starts later. */
  async configure(settings: ReadingSettings): Promise<void> {
    this.#settings = settings;
    // If that fails the Worker has ended; the next call starts another with these settings.
    if (this.#calls !== null) await this.call("settings.configure", "read", [settings]).catch(() => {});
  }

  /** Has the Worker, if there is one, collect its garbage (`giveBackHeap`). */
  async giveBackHeap(withCode: boolean): Promise<void> {
    const calls = await this.#calls?.catch(() => null);
    await calls?.call("giveBackHeap", null, [withCode]).catch(() => {});
  }

  /** Waits for calls in progress and ends the Worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const calls = await this.#calls?.catch(() => null);
    await calls?.close().catch(() => {});
  }

  /** If the Worker could not start, or has ended, the next call starts another. */
  async #start(): Promise<WorkerCalls> {
    const forget = () => {
      this.#calls = null;
    };
    const calls = new WorkerCalls(this.#onFault, forget, () => {}, this.#kept);
    try {
      await calls.call("openReader", null, [this.#path, this.#settings]);
      return calls;
    } catch (error) {
      forget();
      await calls.end();
      throw error;
    }
  }
}
