/**
 * A circuit per ticket system: when several requests in a row failed because of the target and not of a ticket, nothing is sent until a
 * read-only probe is answered. So an outage uses up no attempts (CONTRACT 6).
 */

import { CredentialHold } from "./credential-hold.ts";
import type { TestStep } from "./ticket-system.ts";

const failuresThatOpen = 3;

/**
 * What a probe with these steps has shown, as the name of what to call; null = the target is away. One that refuses is there: the
 * deliveries, which stand still with that cause, tell of it, and nobody tries wrong credentials again and again.
 */
export function answerOf(steps: readonly TestStep[]): "succeeded" | "answered" | null {
  const [first] = steps;
  if (first === undefined) return null;
  const failed = steps.slice(0, 2).find(({ ok }) => !ok);
  if (failed === undefined) return "succeeded";
  return failed.refused === true ? "answered" : null;
}

export class Circuit {
  /** Whether the target accepts the credentials. */
  readonly credentials = new CredentialHold();
  readonly #firstPauseMs: number;
  readonly #longestPauseMs: number;
  #failures = 0;
  #pauseMs: number;
  #outage = false;
  /** Epoch milliseconds of the next probe; null = closed. */
  #probeAt: number | null = null;

  /** Probes come a quarter of the retries' base delay (60 s) after the failure, then less often, up to twice the base delay. */
  constructor(baseDelaySeconds: number) {
    this.#firstPauseMs = baseDelaySeconds * 250;
    this.#longestPauseMs = baseDelaySeconds * 2000;
    this.#pauseMs = this.#firstPauseMs;
  }

  /** `send`; `wait`; or `probe`, whose outcome must be reported. */
  decide(now: number): "send" | "wait" | "probe" {
    const probeAt = this.nextProbeAt(now);
    if (probeAt === null) return "send";
    // Kept, because after a clock that was set back it would otherwise move on with the time.
    this.#probeAt = probeAt;
    return now >= probeAt ? "probe" : "wait";
  }

  /** Epoch milliseconds; null = closed. A clock that was set back must not make it wait for longer than the longest pause. */
  nextProbeAt(now: number): number | null {
    return this.#probeAt === null ? null : Math.min(this.#probeAt, now + this.#longestPauseMs);
  }

  /** It was open and the target did not answer a probe either, so not only some requests fail. */
  get isOutage(): boolean {
    return this.#outage;
  }

  get isOpen(): boolean {
    return this.#probeAt !== null;
  }

  succeeded(): void {
    this.credentials.accepted();
    this.answered();
  }

  /** The target works, whatever it thinks of the credentials. */
  answered(): void {
    this.#failures = 0;
    this.#outage = false;
    this.#pauseMs = this.#firstPauseMs;
    this.#probeAt = null;
  }

  /** The target failed, or cannot be reached. */
  failed(now: number): void {
    this.#failures++;
    // While it is open, only probes and requests already under way end here.
    if (this.#probeAt !== null && now >= this.#probeAt) this.#outage = true;
    if (this.#probeAt === null && this.#failures < failuresThatOpen) return;
    if (this.#probeAt !== null) this.#pauseMs = Math.min(this.#longestPauseMs, this.#pauseMs * 2);
    this.#probeAt = now + this.#pauseMs;
  }
}
