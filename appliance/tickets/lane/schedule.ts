/** A cron schedule (croner) that is asked whether it is due, so that tests can pass the time. */
import { Cron } from "croner";
import { dayMs, minuteMs } from "../../../core/time.ts";

/** How far back the last time is searched. */
const longestBackMs = 400 * dayMs;

/** Times are epoch milliseconds. */
export class Schedule {
  #cron = new Cron("*/2 * * * *", { paused: true });
  #askedAt: number | null = null;
  #nextAt = Number.POSITIVE_INFINITY;

  /** Sets the pattern, with five or six fields; an invalid one leaves the present one. */
  set(pattern: string): void {
    try {
      this.#cron = new Cron(pattern, { paused: true });
      this.#askedAt = null;
    } catch {
      // The settings have already reported it.
    }
  }

  /** Returns true once if a time of the schedule has passed since the last call; the first call only notes the time. */
  isDue(now: number): boolean {
    const due = this.#askedAt !== null && now >= this.#nextAt;
    // A clock that was set back must not make it wait for the old time.
    if (this.#askedAt === null || due || now < this.#askedAt) this.#nextAt = this.#after(now);
    this.#askedAt = now;
    return due;
  }

  /** When `isDue` next returns true. */
  get nextAt(): number {
    return this.#askedAt === null ? 0 : this.#nextAt;
  }

  /** The first time of the schedule at or after `time`. */
  notBefore(time: number): number {
    return this.#after(time - 1);
  }

  /** The last time of the schedule up to `now`; 0 = none for a long time. */
  last(now: number): number {
    let back = minuteMs;
    while (this.#after(now - back - 1) > now) {
      if (back > longestBackMs) return 0;
      back *= 2;
    }
    // There is one within the last `back` milliseconds; bisect for the last.
    let [early, late] = [now - back - 1, now];
    while (late - early > 1) {
      const middle = Math.floor((early + late) / 2);
      if (this.#after(middle) <= now) early = middle;
      else late = middle;
    }
    return this.#after(early);
  }

  #after(time: number): number {
    return this.#cron.nextRun(new Date(time))?.getTime() ?? Number.POSITIVE_INFINITY;
  }
}
