/**
 * A circuit per ticket system: when several requests in a row failed because of the target and not of a ticket, nothing is sent until a
 * read-only probe is answered. So an outage burns no attempts (CONTRACT 6).
 */

const failuresThatOpen = 3;
const firstPauseMs = 15_000;
const longestPauseMs = 120_000;

export class Circuit {
  #failures = 0;
  #pauseMs = firstPauseMs;
  /** Epoch milliseconds of the next probe; null = closed. */
  #probeAt: number | null = null;
  /** The target wants nothing before this. */
  #notBefore = 0;

  /** `send`; `wait`; or `probe`, whose outcome is to be told. */
  decide(now: number): "send" | "wait" | "probe" {
    if (now < this.#notBefore) return "wait";
    if (this.#probeAt === null) return "send";
    return now >= this.#probeAt ? "probe" : "wait";
  }

  get isOpen(): boolean {
    return this.#probeAt !== null;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
    this.#probeAt = null;
  }

  /** The target failed, or cannot be reached. */
  failed(now: number): void {
    this.#failures++;
    if (this.#probeAt === null && this.#failures < failuresThatOpen) return;
    if (this.#probeAt !== null) this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
    this.#probeAt = now + this.#pauseMs;
  }

  /** The target asks for patience until then (epoch ms). */
  throttled(until: number): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }
}
