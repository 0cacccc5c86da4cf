/**
 * Holds back look-ups, searches and readings while a target refuses the credentials: an account that is tried too often is locked
 * (CONTRACT 6). Tried again after a quarter of an hour, then after an hour, then not before the settings change or a test succeeds.
 */
import { hourMs, minuteMs } from "../time.ts";

const pausesMs = [15 * minuteMs, hourMs, Number.POSITIVE_INFINITY];

export class CredentialHold {
  #refusals = 0;
  #since = 0;

  /** The target refused them. `final`: it wants a person to log in first. `now`: epoch milliseconds. */
  refused(now: number, final: boolean): void {
    // Requests that were under way together are one refusal.
    if (this.#refusals > 0 && now < this.heldUntil(now)) return;
    this.#refusals = final ? pausesMs.length : this.#refusals + 1;
    this.#since = now;
  }

  /** The target accepted them. */
  accepted(): void {
    this.#refusals = 0;
  }

  /** Before this nothing is read; epoch milliseconds. In the past: nothing is held back. A clock that was set back begins the pause anew. */
  heldUntil(now: number): number {
    const pause = pausesMs[Math.min(this.#refusals, pausesMs.length) - 1];
    // Kept, because it would otherwise move on with the time.
    this.#since = Math.min(this.#since, now);
    return pause === undefined ? Number.NEGATIVE_INFINITY : this.#since + pause;
  }
}
