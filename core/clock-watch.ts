/** Detects jumps of the wall clock, so that retention deletes nothing because of a wrong clock. */
import { dayMs } from "./time.ts";

/** A difference between wall and monotonic time beyond this is a jump, not drift or a correction in small steps. */
const jumpMs = 60_000;
/** How long the clock is watched after a jump before retention trusts it again. */
export const steadyMs = dayMs;
/** After a longer absence the clock is watched before it is trusted. */
const longestAbsenceMs = 7 * dayMs;

export interface ClockReading {
  wall: number;
  monotonic: number;
}

export type ClockDecision =
  | { trusted: true; reason: "steady" }
  | { trusted: false; reason: Distrust; jumpedBy: number; trustedInMs: number };

/** `not-yet-steady`: it jumped before the last restart. */
export type Distrust = "jumped-forward" | "jumped-back" | "long-absence" | "not-yet-steady";

export class ClockWatch {
  #last: ClockReading;
  #jump: { reason: Distrust; jumpedBy: number; at: number } | null = null;

  /**
   * `lastAlive`: wall time at which the appliance last ran, null when it never did; `distrustMs`: for how long it would then have
   * gone on distrusting the clock.
   */
  constructor(start: ClockReading, lastAlive: number | null, distrustMs = 0) {
    this.#last = start;
    if (lastAlive === null) return;
    const gap = start.wall - lastAlive;
    if (gap < -jumpMs) this.#jump = { reason: "jumped-back", jumpedBy: gap, at: start.monotonic };
    else if (gap > longestAbsenceMs) this.#jump = { reason: "long-absence", jumpedBy: gap, at: start.monotonic };
    else if (distrustMs > 0)
      this.#jump = { reason: "not-yet-steady", jumpedBy: 0, at: start.monotonic - steadyMs + distrustMs };
  }

  /** Compares a reading with the one before. */
  read(now: ClockReading): ClockDecision {
    const drift = now.wall - this.#last.wall - (now.monotonic - this.#last.monotonic);
    this.#last = now;
    if (Math.abs(drift) > jumpMs)
      this.#jump = { reason: drift > 0 ? "jumped-forward" : "jumped-back", jumpedBy: drift, at: now.monotonic };
    if (this.#jump === null) return { trusted: true, reason: "steady" };
    const trustedInMs = this.#jump.at + steadyMs - now.monotonic;
    if (trustedInMs <= 0) {
      this.#jump = null;
      return { trusted: true, reason: "steady" };
    }
    return { trusted: false, reason: this.#jump.reason, jumpedBy: this.#jump.jumpedBy, trustedInMs };
  }
}
