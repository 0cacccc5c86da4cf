/**
 * Getting through to a receiver that breaks every connection before it has taken all that must be written again: at full speed
 * nobody can tell what it read, and the same messages would go round for ever. So after fruitless attempts less and less is
 * written at a time, and what has stood acknowledged for a while on a live connection counts as read.
 */

/** Breaks in a row, with nothing settled, before caution sets in: one or two prove nothing. */
const BREAKS_BEFORE_LIMIT = 3;
/** One message at a time. */
const SMALLEST_EXPOSURE = 1;

export class ExposureLimit {
  readonly #resendBytes: number;
  #fruitless = 0;
  #exposure = Number.POSITIVE_INFINITY;

  constructor(resendBytes: number) {
    this.#resendBytes = resendBytes;
  }

  /** Bytes to write before waiting `settleMs`; Infinity while there is no reason for limit. */
  get exposure(): number {
    return this.#exposure;
  }

  get active(): boolean {
    return this.#exposure !== Number.POSITIVE_INFINITY;
  }

  /** A connection broke before it had lasted. @param settled some of what was written on it counts as read. */
  broke(settled: boolean): void {
    this.#fruitless = settled ? 0 : this.#fruitless + 1;
    if (settled || (this.#fruitless < BREAKS_BEFORE_LIMIT && !this.active)) return;
    this.#exposure = Math.max(SMALLEST_EXPOSURE, Math.min(this.#exposure, this.#resendBytes) / 16);
  }

  /** A connection has lasted. */
  relax(): void {
    this.#fruitless = 0;
    this.#exposure = Number.POSITIVE_INFINITY;
  }
}
