import { describe, expect, test } from "bun:test";
import { Cron } from "croner";
import { canCome } from "../../core/settings/cron.ts";

const from = new Date("2026-01-01T00:00:00Z");
/** What the program that follows the schedule says. */
function comes(schedule: string): boolean {
  try {
    return new Cron(schedule, { paused: true, timezone: "UTC" }).nextRun(from) !== null;
  } catch {
    return false;
  }
}

describe("schedules that come", () => {
  test.each([
    ...[
      "* * * * *",
      "*/2 * * * *",
      "0 3 * * *",
      "*/3 * * * * *",
      "0 0 29 2 *",
      "0 0 31 1,2 *",
      "5-10/2 1-3 * * MON-FRI",
    ],
    ...["0 0 L * *", "0 0 1 JAN *", "0 0 * * 7", "0 9 * * 1#2", "0 0 ? * SUN", "1,2,3 4 5 6 *", "0 0 31 2 1"],
  ])("%s", (schedule) => {
    expect(canCome(schedule)).toBe(true);
    expect(comes(schedule)).toBe(true);
  });
});

describe("schedules that can never come, or are none", () => {
  test.each([
    ...[
      "61 25 * * *",
      "99 99 * * *",
      "60 * * * *",
      "* 24 * * *",
      "0 0 0 * *",
      "0 0 32 * *",
      "0 0 31 2 *",
      "0 0 30 FEB *",
    ],
    ...["0 0 31 4,6,9,11 *", "0 0 * 13 *", "0 0 * * 8", "10-5 * * * *", "*/0 * * * *", "*/99 * * * *", "a b c d e"],
    ...["60 * * * * *", "* * * *", "", "0 0 * FOO *"],
  ])("%s", (schedule) => {
    expect(canCome(schedule)).toBe(false);
    expect(comes(schedule)).toBe(false);
  });
});
