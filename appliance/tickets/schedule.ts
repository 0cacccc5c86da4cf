/** A cron schedule that is asked whether it has come round: croner at the edge, so that tests hand in the time. */
import { Cron } from "croner";

export class Schedule {
  #cron: Cron | null = null;
  #nextAt = 0;

  /** Five or six fields; a pattern that cannot be read keeps the one before. */
  set(pattern: string): void {
    try {
      this.#cron = new Cron(pattern, { paused: true });
      this.#nextAt = 0;
    } catch {
      this.#cron ??= new Cron("*/2 * * * *", { paused: true });
    }
  }

  /** True once for each time that has come since the last call; the first call only notes the time. `now`: epoch milliseconds. */
  isDue(now: number): boolean {
    const due = this.#nextAt !== 0 && now >= this.#nextAt;
    // A clock that went back must not make it wait for the old time.
    if (due || this.#nextAt === 0 || this.#nextAt - now > 24 * 3600_000)
      this.#nextAt = this.#cron?.nextRun(new Date(now))?.getTime() ?? now + 120_000;
    return due;
  }
}
