/**
 * Handles a receiver that breaks every connection before it has taken all that must be resent: at full speed
 * it is unknown what it read, and the same messages would be repeated for ever. So after fruitless attempts less and less is
 * written at a time, then with longer and longer pauses, until a connection lasts. What a receiver that resets has read is not
 * known, so only what has stood acknowledged for `resendAfterResetMs` counts as read: the pauses and the time for which a
 * connection has to last grow to that, so that even a receiver that never stops resetting gets one message after the other.
 */

/** Breaks in a row, with nothing settled, before the limit sets in: one or two prove nothing. */
const BREAKS_BEFORE_LIMIT = 3;
/** One message at a time. */
const SMALLEST_EXPOSURE = 1;

/** Bytes and milliseconds, as in `SenderLimits`. */
interface ExposureLimits {
  resendBytes: number;
  settleMs: number;
  resendMs: number;
  resendAfterResetMs: number;
}

export class ExposureLimit {
  readonly #limits: ExposureLimits;
  #fruitless = 0;
  #exposure = Number.POSITIVE_INFINITY;
  #waitMs: number;
  #lastsMs: number;
  /** The limit was lifted, and it is not yet known whether that was too early. */
  #lifted = false;

  constructor(limits: ExposureLimits) {
    this.#limits = limits;
    this.#waitMs = limits.settleMs;
    this.#lastsMs = limits.resendMs;
  }

  /** Bytes to write before waiting `waitMs`; Infinity while there is no reason for a limit. */
  get exposure(): number {
    return this.#exposure;
  }

  get active(): boolean {
    return this.#exposure !== Number.POSITIVE_INFINITY;
  }

  /** Milliseconds to wait after `exposure` bytes. */
  get waitMs(): number {
    return this.#waitMs;
  }

  /** After so many milliseconds a connection has lasted. */
  get lastsMs(): number {
    return this.#lastsMs;
  }

  /** A connection broke before it had lasted. @param settled some of what was written on it counts as read. */
  broke(settled: boolean): void {
    this.#fruitless = settled ? 0 : this.#fruitless + 1;
    if (settled || (this.#fruitless < BREAKS_BEFORE_LIMIT && !this.active)) return;
    if (this.#exposure === SMALLEST_EXPOSURE) this.#waitMs = Math.min(2 * this.#waitMs, this.#longestMs);
    if (this.#lifted) this.#lastsMs = Math.min(2 * this.#lastsMs, this.#longestMs);
    this.#lifted = false;
    this.#exposure = Math.max(SMALLEST_EXPOSURE, Math.min(this.#exposure, this.#limits.resendBytes) / 16);
  }

  /** A connection has lasted for `ageMs`. The receiver's history is forgotten after twice `resendAfterResetMs`. */
  lasted(ageMs: number): void {
    const isCured = ageMs >= this.#longestMs;
    this.#lifted = !isCured && (this.#lifted || this.active);
    if (isCured) this.#lastsMs = this.#limits.resendMs;
    this.#fruitless = 0;
    this.#waitMs = this.#limits.settleMs;
    this.#exposure = Number.POSITIVE_INFINITY;
  }

  get #longestMs(): number {
    return 2 * this.#limits.resendAfterResetMs;
  }
}
