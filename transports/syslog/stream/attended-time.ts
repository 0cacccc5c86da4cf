/**
 * Until when this process has attended to its connections. One that stood still (stopped, suspended with its machine, kept from the
 * processor) learns of a close only afterwards, and what it wrote just before must not count as having stood with the receiver all that while.
 */

/** A tick that comes this much later than it was due says that the process stood still. Milliseconds. */
const LATE_MS = 250;

export class AttendedTime {
  readonly #everyMs: number;
  #tickedAt = Number.NEGATIVE_INFINITY;
  /** The last tick before it stood still; null once a tick came in time again, with a look at all connections in between. */
  #stoodStillAt: number | null = null;

  /** `everyMs`: between two ticks. */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Ticks come from now on. Monotonic milliseconds, as all times here. */
  begin(now: number): void {
    this.#tickedAt = now;
    this.#stoodStillAt = null;
  }

  tick(now: number): void {
    if (this.#isLate(now)) this.#stoodStillAt ??= this.#tickedAt;
    else this.#stoodStillAt = null;
    this.#tickedAt = now;
  }

  /** What has been seen of the connections now is how they were at this time, or later. */
  until(now: number): number {
    if (this.#stoodStillAt !== null) return this.#stoodStillAt;
    return this.#isLate(now) ? this.#tickedAt : now;
  }

  #isLate(now: number): boolean {
    return now - this.#tickedAt > this.#everyMs + LATE_MS;
  }
}
