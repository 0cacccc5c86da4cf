/**
 * Workers that a store has closed, for the next one. A node of a cluster closes one store and opens another in a take-over, and on a busy machine
 * most of the time went into starting their Workers. They keep nothing of the file that they had open.
 */
import type { Worker } from "node:worker_threads";

/** One that writes and one that reads. */
const most = 2;

export class KeptWorkers {
  readonly #kept: Worker[] = [];
  #ended = false;

  /** Null: there is none. */
  take(): Worker | null {
    const worker = this.#kept.pop() ?? null;
    worker?.removeAllListeners();
    worker?.ref();
    return worker;
  }

  /** Takes one that has closed its file and answered every call; ends it where it is not kept. */
  async give(worker: Worker): Promise<void> {
    worker.removeAllListeners();
    if (this.#ended || this.#kept.length >= most) {
      await worker.terminate();
      return;
    }
    const drop = () => {
      const at = this.#kept.indexOf(worker);
      if (at >= 0) this.#kept.splice(at, 1);
    };
    worker.on("error", drop);
    worker.on("exit", drop);
    worker.unref();
    this.#kept.push(worker);
  }

  /** Ends those that are kept; no more are. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#kept.splice(0).map((worker) => worker.terminate()));
  }
}
