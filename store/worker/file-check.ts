/** The integrity check of the file that is open, in a Worker of its own: it reads the whole file, and neither intake nor the API waits for it. */
import { WorkerCalls } from "./worker-calls.ts";

export class FileCheck {
  readonly #path: string;
  /** Who asks meanwhile is given the same answer. */
  #running: { calls: WorkerCalls; faults: Promise<string[]> } | null = null;

  /** `path`: the database file. */
  constructor(path: string) {
    this.#path = path;
  }

  /** True if none is being made. */
  get isIdle(): boolean {
    return this.#running === null;
  }

  /** The faults that SQLite finds in the file; empty when there are none. @throws StoreError */
  run(): Promise<string[]> {
    this.#running ??= this.#begin();
    return this.#running.faults;
  }

  /** Ends one that is being made: it is one long step, for which a stop does not wait. */
  close(): void {
    void this.#running?.calls.end();
  }

  #begin() {
    const calls = new WorkerCalls(
      () => {},
      () => {},
    );
    const ended = () => {
      this.#running = null;
      void calls.end();
    };
    const faults = calls.call("integrityCheck", null, [this.#path]) as Promise<string[]>;
    faults.then(ended, ended);
    return { calls, faults };
  }
}
