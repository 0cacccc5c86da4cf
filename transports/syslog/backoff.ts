import type { Random } from "../../core/ports.ts";

/** Exponential backoff with jitter: each delay is between half and all of a bound that doubles from `minMs` to `maxMs`. */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: Random;
  #bound: number;

  constructor(minMs: number, maxMs: number, random: Random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
    this.#bound = minMs;
  }

  /** Milliseconds to wait before the next attempt. */
  next(): number {
    const delay = this.#bound * (0.5 + this.#random() / 2);
    this.#bound = Math.min(this.#bound * 2, this.#maxMs);
    return delay;
  }

  reset(): void {
    this.#bound = this.#minMs;
  }
}
