/** Everything that time moves, as a table of loops. A loop never overlaps itself, and one that fails is tried again at its next turn. */
import { messageOf } from "../../core/errors.ts";
import type { Clock, Sleep } from "../../core/ports.ts";
import type { Log } from "../runtime/log.ts";

export interface Loop {
  name: string;
  /** Milliseconds between two turns, or at most so many where `nextDueAt` is given; asked after each, so that a setting may change it. */
  everyMs(): number;
  /** Epoch milliseconds of the next turn that may find something to do. `retime` says that the answer has changed. */
  nextDueAt?(now: number): number;
  /** Nothing that a turn has begun is still under way. */
  isIdle?(): boolean;
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

/** A loop that is due again at once, because what it has begun is under way, turns after so many milliseconds. */
const leastMs = 1_000;

export class Scheduler {
  readonly #loops: readonly Loop[];
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  readonly #log: Log;
  readonly #status = new Map<string, LoopStatus>();
  readonly #stop = new AbortController();
  #wake = new AbortController();
  #retime = new AbortController();
  readonly #turning = new Set<string>();
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

  /** Loops that tell when they are due are asked again; none takes a turn for it. */
  retime(): void {
    const retime = this.#retime;
    this.#retime = new AbortController();
    retime.abort();
  }

  /** Names of the loops that take a turn now, or whose last turn has begun something that is under way. */
  busy(): string[] {
    return this.#loops
      .filter(({ name, isIdle }) => this.#turning.has(name) || isIdle?.() === false)
      .map(({ name }) => name);
  }

  status(): LoopStatus[] {
    return [...this.#status.values()];
  }

  async #run(loop: Loop): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#turn(loop);
      await this.#wait(loop);
    }
  }

  async #wait(loop: Loop): Promise<void> {
    const ending = [this.#stop.signal, this.#wake.signal];
    while (ending.every(({ aborted }) => !aborted)) {
      const retime = loop.nextDueAt === undefined ? [] : [this.#retime.signal];
      try {
        await this.#sleep(this.#untilDue(loop), AbortSignal.any([...ending, ...retime]));
        return;
      } catch {
        // Woken, at the end, or to be asked again.
      }
    }
  }

  #untilDue(loop: Loop): number {
    const now = this.#clock.now();
    const dueInMs = (loop.nextDueAt?.(now) ?? Number.POSITIVE_INFINITY) - now;
    return Math.min(dueInMs > 0 ? dueInMs : leastMs, loop.everyMs());
  }

  async #turn(loop: Loop): Promise<void> {
    const status = this.#status.get(loop.name);
    if (status === undefined) return;
    const started = this.#clock.monotonic();
    this.#turning.add(loop.name);
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
    this.#turning.delete(loop.name);
    status.everyMs = loop.everyMs();
    status.runs++;
    status.lastRun = this.#clock.now();
    status.lastRunMonotonic = this.#clock.monotonic();
    status.lastDurationMs = this.#clock.monotonic() - started;
  }
}
