/** Everything that time moves, as a table of loops. A loop never overlaps itself, and one that fails is tried again at its next turn. */
import { messageOf } from "../../core/errors.ts";
import type { Clock, Sleep } from "../../core/ports.ts";
import type { Log } from "../runtime/log.ts";

export interface Loop {
  name: string;
  /** Milliseconds between two turns; asked after each, so that a setting may change it. */
  everyMs(): number;
  /** One turn at the appliance's time. */
  tick(now: number): Promise<void> | void;
}

export interface LoopStatus {
  name: string;
  everyMs: number;
  runs: number;
  failures: number;
  /** Epoch milliseconds of the last turn that ended, well or not; null before the first. */
  lastRun: number | null;
  /** The same on the monotonic clock: is the loop alive? */
  lastRunMonotonic: number | null;
  lastDurationMs: number;
  lastError: string | null;
}

export class Scheduler {
  readonly #loops: readonly Loop[];
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  readonly #log: Log;
  readonly #status = new Map<string, LoopStatus>();
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #running: Promise<void>[] = [];

  constructor(loops: readonly Loop[], tools: { clock: Clock; sleep: Sleep; log: Log }) {
    this.#loops = loops;
    this.#clock = tools.clock;
    this.#sleep = tools.sleep;
    this.#log = tools.log;
    for (const { name, everyMs } of loops) {
      const none = { runs: 0, failures: 0, lastRun: null, lastRunMonotonic: null, lastDurationMs: 0, lastError: null };
      this.#status.set(name, { name, everyMs: everyMs(), ...none });
    }
  }

  start(): void {
    this.#running = this.#loops.map((loop) => this.#run(loop));
  }

  /** Ends the waiting and waits for turns in progress. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Ends the waiting of every loop, because paces have changed: each takes a turn, then waits as long as it now should. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = new AbortController();
    wake.abort();
  }

  status(): LoopStatus[] {
    return [...this.#status.values()];
  }

  async #run(loop: Loop): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#turn(loop);
      try {
        await this.#sleep(loop.everyMs(), AbortSignal.any([this.#stop.signal, this.#wake.signal]));
      } catch {
        // Woken, or at the end.
      }
    }
  }

  async #turn(loop: Loop): Promise<void> {
    const status = this.#status.get(loop.name);
    if (status === undefined) return;
    const started = this.#clock.monotonic();
    try {
      await loop.tick(this.#clock.now());
      status.lastError = null;
    } catch (error) {
      // Said once per kind of failure, not once per turn.
      const message = messageOf(error);
      if (message !== status.lastError) this.#log.error(`loop ${loop.name} failed`, { error: message });
      status.failures++;
      status.lastError = message;
    }
    status.everyMs = loop.everyMs();
    status.runs++;
    status.lastRun = this.#clock.now();
    status.lastRunMonotonic = this.#clock.monotonic();
    status.lastDurationMs = this.#clock.monotonic() - started;
  }
}
