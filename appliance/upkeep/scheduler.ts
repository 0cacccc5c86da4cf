/** Runs a table of loops. A loop never overlaps itself; one that fails runs again at its next turn. */
import { messageOf } from "../../core/errors.ts";
import type { Clock, Sleep } from "../../core/ports.ts";
import type { Log } from "../runtime/log.ts";

export interface Loop {
  name: string;
  /** The longest time between two turns, in milliseconds; read after each turn, because a setting may change it. */
  everyMs(): number;
  /**
   * Epoch milliseconds at which the next turn may have something to do, read after each turn. Infinity: nothing before the loop is
   * woken. Absent: every turn may have something to do.
   */
  nextDueAt?(now: number): number;
  /** Runs one turn at the appliance's time. `stepped` is called after each step of a turn that may take longer than three of its intervals. */
  tick(now: number, stepped: () => void): Promise<void> | void;
}

export interface LoopStatus {
  name: string;
  everyMs: number;
  runs: number;
  failures: number;
  /** When the last turn ended, successfully or not, in epoch milliseconds; null before the first. */
  lastRun: number | null;
  /** When the last turn, or a step of the present one, ended: monotonic milliseconds, to judge whether the loop is alive. */
  aliveMonotonic: number | null;
  lastDurationMs: number;
  lastError: string | null;
  /** When the next turn comes at the latest, in epoch milliseconds; null before the first. Something may wake it before. */
  nextRun: number | null;
}

interface Tools {
  clock: Clock;
  sleep: Sleep;
  log: Log;
}

/** The shortest wait of a loop that stays due because its work cannot start yet. Milliseconds. */
const overdueMs = 1_000;

export class Scheduler {
  readonly #loops: readonly Loop[];
  readonly #tools: Tools;
  readonly #status = new Map<string, LoopStatus>();
  readonly #stop = new AbortController();
  /** Functions that end the waiting of loops; true: a turn follows. */
  readonly #waiting = new Map<string, (turn: boolean) => void>();
  #turning = 0;
  #running: Promise<void>[] = [];

  constructor(loops: readonly Loop[], tools: Tools) {
    this.#loops = loops;
    this.#tools = tools;
    for (const { name, everyMs } of loops) {
      const none = {
        runs: 0,
        failures: 0,
        lastRun: null,
        aliveMonotonic: null,
        lastDurationMs: 0,
        lastError: null,
        nextRun: null,
      };
      this.#status.set(name, { name, everyMs: everyMs(), ...none });
    }
  }

  start(): void {
    this.#running = this.#loops.map((loop) => this.#run(loop));
  }

  /** Ends all waiting and waits for turns in progress. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  /** Ends the waiting of every loop after a change of intervals: each runs a turn and then waits for the new interval. */
  wake(): void {
    for (const end of this.#waiting.values()) end(true);
  }

  /** Recomputes the waiting time of this loop after its due time may have changed. */
  dueChanged(name: string): void {
    this.#waiting.get(name)?.(false);
  }

  /** True if no turn is in progress. */
  get isIdle(): boolean {
    return this.#turning === 0;
  }

  status(): LoopStatus[] {
    const now = this.#tools.clock.now();
    return this.#loops.flatMap((loop) => {
      const status = this.#status.get(loop.name);
      if (status === undefined) return [];
      return [{ ...status, nextRun: status.lastRun === null ? null : now + this.#pauseOf(loop) }];
    });
  }

  async #run(loop: Loop): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#turn(loop);
      while (!this.#stop.signal.aborted && !(await this.#wait(loop)));
    }
  }

  /** Waits for the loop's next turn; false if the waiting time has to be computed again. */
  async #wait(loop: Loop): Promise<boolean> {
    const woken = new AbortController();
    let turn = true;
    this.#waiting.set(loop.name, (turnFollows) => {
      turn = turnFollows;
      woken.abort();
    });
    try {
      await this.#tools.sleep(this.#pauseOf(loop), AbortSignal.any([this.#stop.signal, woken.signal]));
      return true;
    } catch {
      return turn;
    } finally {
      this.#waiting.delete(loop.name);
    }
  }

  #pauseOf(loop: Loop): number {
    const { clock } = this.#tools;
    const now = clock.now();
    // Measured from the last turn, so that recomputing the time does not delay the turn.
    const waited = clock.monotonic() - (this.#status.get(loop.name)?.aliveMonotonic ?? clock.monotonic());
    const due = loop.nextDueAt?.(now) ?? Number.POSITIVE_INFINITY;
    return Math.max(0, Math.min(loop.everyMs() - waited, due > now ? due - now : overdueMs - waited));
  }

  async #turn(loop: Loop): Promise<void> {
    const status = this.#status.get(loop.name);
    if (status === undefined) return;
    const { clock, log } = this.#tools;
    const started = clock.monotonic();
    this.#turning++;
    try {
      await loop.tick(clock.now(), () => {
        status.aliveMonotonic = clock.monotonic();
      });
      status.lastError = null;
    } catch (error) {
      // Logged once for each kind of failure, not at every turn.
      const message = messageOf(error);
      if (message !== status.lastError) log.error(`loop ${loop.name} failed`, { error: message });
      status.failures++;
      status.lastError = message;
    } finally {
      this.#turning--;
    }
    status.everyMs = loop.everyMs();
    status.runs++;
    status.lastRun = clock.now();
    status.aliveMonotonic = clock.monotonic();
    status.lastDurationMs = clock.monotonic() - started;
  }
}
