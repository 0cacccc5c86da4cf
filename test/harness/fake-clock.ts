/**
 * A clock that stands still until a test moves it; sleeps end when it has come far enough. It goes from one sleeper to the next, and waits
 * in between until everything that was set in motion has come to rest, however long that takes on this machine.
 */
import type { Clock, Sleep } from "../../core/ports.ts";

interface Sleeper {
  until: number;
  wake(): void;
}

/** What is not at rest, in a few words each; empty when everything is. */
export type Busy = () => readonly string[];

/** Real time after which something that does not come to rest is a fault of what is tested, not of the machine. */
const deadlineMs = 300_000;
/** Turns of the event loop that what was woken gets to begin its work, which `Busy` then tells. */
const turnsToBegin = 3;
/** Turns as fast as the machine can; what takes longer waits for the database or the network, and turning would only take the processor from it. */
const turnsAtOnce = 8;
/** Where nothing tells what is busy: so many turns to fall asleep again. */
const turnsUntold = 400;

export class FakeClock implements Clock {
  #wall: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];
  readonly #watched = new Set<Busy>();

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

  /** From now on time waits for this to come to rest. Returns the function that ends it. */
  watch(busy: Busy): () => void {
    this.#watched.add(busy);
    return () => this.#watched.delete(busy);
  }

  /** Lets time pass: sleepers wake in order, and what they do is finished before the next one wakes. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#monotonic + milliseconds;
    // What was started just before falls asleep first.
    await this.settled();
    for (;;) {
      const before = this.#sleepers.length;
      const next = Math.min(...this.#sleepers.map(({ until }) => until));
      if (next > end) break;
      this.#move(next - this.#monotonic);
      // All that sleep until the same moment: one after the other would cost as much waiting as there are sleepers.
      const due = this.#sleepers.filter(({ until }) => until <= next);
      this.#sleepers = this.#sleepers.filter(({ until }) => until > next);
      for (const { wake } of due) wake();
      await this.settled(before);
    }
    this.#move(end - this.#monotonic);
    await this.settled();
  }

  /** Time passes, but nobody wakes before the next `advance`: days cost nothing, as on a machine that slept. */
  skip(milliseconds: number): void {
    this.#move(milliseconds);
  }

  /** The wall clock is set, as by hand or NTP: monotonic time does not notice. */
  jump(milliseconds: number): void {
    this.#wall += milliseconds;
  }

  /** Waits, without letting time pass, until everything watched is at rest. `sleepers`: how many are expected to sleep then. */
  async settled(sleepers = 0): Promise<void> {
    if (this.#watched.size === 0) return this.#asleep(sleepers);
    const end = performance.now() + deadlineMs;
    for (let quiet = 0, turns = 0; quiet < turnsToBegin; turns++) {
      // Real I/O takes its time: then there is no use in turning as fast as the machine can.
      await new Promise((resolve) => (turns < turnsAtOnce ? setImmediate(resolve) : setTimeout(resolve, 1)));
      const busy = [...this.#watched].flatMap((watched) => watched());
      quiet = busy.length === 0 ? quiet + 1 : 0;
      if (quiet === 0 && performance.now() > end)
        throw new Error(`after ${deadlineMs / 1000} s still not at rest: ${busy.join(", ")}`);
    }
  }

  /** Until whoever was woken sleeps again, or has ended. */
  async #asleep(sleepers: number): Promise<void> {
    for (let turns = 0; turns < turnsToBegin || (this.#sleepers.length < sleepers && turns < turnsUntold); turns++)
      await new Promise((resolve) => setImmediate(resolve));
  }

  #move(milliseconds: number): void {
    const step = Math.max(0, milliseconds);
    this.#monotonic += step;
    this.#wall += step;
  }
}
