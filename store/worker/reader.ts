/** The second Worker: it starts with the first call, so that an appliance that nobody asks keeps its memory. */
import type { CasePattern } from "../../core/correlation/patterns.ts";
import { StoreError } from "../../core/errors.ts";
import type { OperationKind } from "../database/operation.ts";
import type { OperationName } from "./operations.ts";
import { type OnFault, WorkerCalls } from "./worker-calls.ts";

export class Reader {
  readonly #path: string;
  readonly #onFault: OnFault;
  #calls: Promise<WorkerCalls> | null = null;
  #closing: Promise<void> | null = null;
  #patterns: readonly CasePattern[] = [];
  #underWay = 0;

  /** `path`: the database file, which must be there when the first call comes. */
  constructor(path: string, onFault: OnFault) {
    this.#path = path;
    this.#onFault = onFault;
  }

  /** Asks the Worker; `StoreError` where it cannot start, and once the store is closed. */
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

  /** No call waits for its answer. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  /** From now on: which patterns make a case. A Worker that starts later begins with them. */
  async configurePatterns(patterns: readonly CasePattern[]): Promise<void> {
    this.#patterns = patterns;
    // One that cannot be told has ended, and the next call starts another.
    if (this.#calls !== null) await this.call("settings.configurePatterns", "memory", [patterns]).catch(() => {});
  }

  /** Lets calls under way finish and ends the Worker. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const calls = await this.#calls?.catch(() => null);
    await calls?.close().catch(() => {});
  }

  /** A Worker that could not start, or ended, is started anew by the next call. */
  async #start(): Promise<WorkerCalls> {
    const forget = () => {
      this.#calls = null;
    };
    const calls = new WorkerCalls(this.#onFault, forget);
    try {
      await calls.call("openReader", null, [this.#path, this.#patterns]);
      return calls;
    } catch (error) {
      forget();
      await calls.end();
      throw error;
    }
  }
}
