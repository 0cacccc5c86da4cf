/** Decides when to give up a connection that no longer takes data. */

export interface StallLimits {
  stallMs: number;
  notReadingMs: number;
}

export interface StallSample {
  /** Total bytes of this connection that the peer's kernel has acknowledged. */
  acknowledged: number;
  /** Something written is not acknowledged yet. */
  outstanding: boolean;
  /** The peer's kernel is alive but its program does not read. */
  windowClosed: boolean;
}

export type StallVerdict =
  | "moving"
  /** Nothing acknowledged for a while, but no reason yet to give up. */
  | "waiting"
  /** The peer reads nothing: for people to know, not yet a reason to give up. */
  | "not-reading"
  /** Give up: the peer's machine or the network path is dead. */
  | "dead"
  /** Give up: the peer's program has hung. */
  | "hung";

/**
 * Watches one connection. A reader of 20 kB/s opens a closed window only every 10 to 20 s (the kernel waits until a sixteenth of
 * the buffer is free), so a closed window is tolerated for far longer than silence.
 */
export class StallWatch {
  readonly #limits: StallLimits;
  #acknowledged = 0;
  #movedAt: number;
  #answeredAt: number;

  constructor(limits: StallLimits, now: number) {
    this.#limits = limits;
    this.#movedAt = now;
    this.#answeredAt = now;
  }

  /** Nothing is outstanding: how long that lasts says nothing about what is written next. */
  rests(now: number): void {
    this.#movedAt = now;
    this.#answeredAt = now;
  }

  /** Evaluates a sample taken at `now` (monotonic milliseconds). */
  judge(sample: StallSample, now: number): StallVerdict {
    if (sample.acknowledged > this.#acknowledged || !sample.outstanding) {
      this.#acknowledged = sample.acknowledged;
      this.#movedAt = now;
      this.#answeredAt = now;
      return "moving";
    }
    if (sample.windowClosed) this.#answeredAt = now;
    if (now - this.#answeredAt >= this.#limits.stallMs) return "dead";
    if (now - this.#movedAt >= this.#limits.notReadingMs) return "hung";
    return sample.windowClosed && now - this.#movedAt >= this.#limits.stallMs ? "not-reading" : "waiting";
  }
}
