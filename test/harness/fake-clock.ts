/** A clock that stands still until a test moves it; sleeps end when it has come far enough. */
import type { Clock, Sleep } from "../../core/ports.ts";

interface Sleeper {
  until: number;
  wake(): void;
}

export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];

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

  /** Lets time pass: sleepers wake in order, and what they do is given time to finish. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds;
    // What was started just before falls asleep first.
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (;;) {
      const before = this.#sleepers.length;
      const next = this.#sleepers.filter(({ until }) => until <= end).sort((a, b) => a.until - b.until)[0];
      if (next === undefined) break;
      this.#move(next.until - this.#monotonic);
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      next.wake();
      await this.#settled(before);
    }
    this.#move(end - this.#monotonic);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Time passes, but nobody wakes before the next `advance`: days cost nothing, as on a machine that slept. */
  skip(milliseconds: number): void {
    this.#move(milliseconds);
  }

  /** Waits until the loop that was woken sleeps again, or has ended. */
  async #settled(sleepers: number): Promise<void> {
    const end = performance.now() + 250;
    do {
      // A turn of the event loop: a timer would take a millisecond at least, and an hour has a thousand wakings.
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#sleepers.length < sleepers && performance.now() < end);
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
