/** A cron schedule that is asked whether it has come round: croner at the edge, so that tests hand in the time. */
import { Cron } from "croner";
import { dayMs, minuteMs } from "../../core/time.ts";

/** Nothing is looked for further back. */
const longestBackMs = 400 * dayMs;

/** Times are epoch milliseconds. */
export class Schedule {
  #cron = new Cron("*/2 * * * *", { paused: true });
  #askedAt: number | null = null;
  #nextAt = Number.POSITIVE_INFINITY;

  /** Five or six fields; a pattern that cannot be read keeps the one before. */
  set(pattern: string): void {
    try {
      this.#cron = new Cron(pattern, { paused: true });
      this.#askedAt = null;
    } catch {
      // The settings have said so.
    }
  }

  /** True once for the times that have come since the last call; the first call only notes the time. */
  isDue(now: number): boolean {
    const due = this.#askedAt !== null && now >= this.#nextAt;
    // A clock that was set back must not make it wait for the old time.
    if (this.#askedAt === null || due || now < this.#askedAt) this.#nextAt = this.#after(now);
    this.#askedAt = now;
    return due;
  }

  /** When `isDue` will be true. */
  get nextAt(): number {
    return this.#askedAt === null ? 0 : this.#nextAt;
  }

  /** The first of its times that is not before `time`. */
  notBefore(time: number): number {
    return this.#after(time - 1);
  }

  /** The last of its times up to `now`; 0 = none for a long time. */
  last(now: number): number {
    let back = minuteMs;
    while (this.#after(now - back - 1) > now) {
      if (back > longestBackMs) return 0;
      back *= 2;
    }
    // One is among the last `back` milliseconds: halved until it is the last.
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
