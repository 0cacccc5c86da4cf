/** A clock that stands still until a test moves it; sleeps end when it has come far enough. */
import type { Clock, Sleep } from "../../core/ports.ts";

interface Sleeper {
  until: number;
  wake(): void;
}

/** Ends only what hangs. */
const restDeadlineMs = 60_000;
/** So many turns of the event loop in a row find nothing under way: between two steps of the same work there is one. */
const calmTurns = 3;

export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];
  readonly #probes = new Set<() => string | null>();

  constructor(start = Date.UTC(2026, 2, 13, 4, 30, 0)) {
    this.#wall = start;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  readonly sleep: Sleep = (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { until: this.#monotonic + milliseconds, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener("abort", () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal.reason);
      });
    });

  /** `underWay` says what is being worked on, null for nothing: time passes only when there is nothing. Returns the function that ends it. */
  waitsFor(underWay: () => string | null): () => void {
    this.#probes.add(underWay);
    return () => this.#probes.delete(underWay);
  }

  /** Lets time pass: sleepers wake in order, and what they begin comes to rest before the next one does. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds;
    // What was started just before falls asleep first.
    await this.atRest();
    for (;;) {
      const next = this.#sleepers.filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
      if (next === undefined) break;
      this.#move(next.until - this.#monotonic);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await this.atRest();
    }
    this.#move(end - this.#monotonic);
    await this.atRest();
  }

  /** Time passes, but nobody wakes before the next `advance`: days cost nothing, as on a machine that slept. */
  skip(milliseconds: number): void {
    this.#move(milliseconds);
  }

  /**
   * Resolves when nothing is under way: what waits only for other code of this process has had its turns of the event loop, and
   * what waits for database, socket or file says so. Throws with its words when it does not end.
   */
  async atRest(): Promise<void> {
    const deadline = performance.now() + restDeadlineMs;
    for (let calm = 0, turns = 0; calm < calmTurns; turns++) {
      // A timer takes a millisecond at least, and an hour has a thousand wakings: only for what takes longer.
      await new Promise((resolve) => (turns < 50 ? setImmediate(resolve) : setTimeout(resolve, 1)));
      const busy = [...this.#probes].map((probe) => probe()).filter((one) => one !== null);
      calm = busy.length === 0 ? calm + 1 : 0;
      if (busy.length > 0 && performance.now() > deadline)
        throw new Error(`simulated time cannot go on, this does not come to an end: ${busy.join("; ")}`);
    }
  }

  /** The wall clock is set, as by hand or NTP: monotonic time does not notice. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  #move(milliseconds: number): void {
    const step = Math.max(0, milliseconds);
    this.#monotonic += step;
    this.#wall += step;
  }
}
