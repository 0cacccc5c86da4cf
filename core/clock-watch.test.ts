import { expect, test } from "bun:test";
import { ClockWatch, steadyMs } from "./clock-watch.ts";

const hour = 3_600_000;
const start = { wall: 1_000_000 * hour, monotonic: 0 };
const after = (monotonic: number, jumped = 0) => ({ wall: start.wall + monotonic + jumped, monotonic });

test("a clock that goes with time is trusted, small corrections included", () => {
  const watch = new ClockWatch(start, start.wall - hour);
  expect(watch.read(after(hour, 30_000))).toEqual({ trusted: true, reason: "steady" });
  expect(watch.read(after(2 * hour, -20_000))).toEqual({ trusted: true, reason: "steady" });
});

test("a jump is named with its size and direction and distrusted for a day", () => {
  const watch = new ClockWatch(start, null);
  expect(watch.read(after(hour, 48 * hour))).toMatchObject({
    trusted: false,
    reason: "jumped-forward",
    jumpedBy: 48 * hour,
  });
  expect(watch.read(after(2 * hour, 0))).toMatchObject({ trusted: false, reason: "jumped-back", jumpedBy: -48 * hour });
  expect(watch.read(after(2 * hour + steadyMs - 1)).trusted).toBe(false);
  expect(watch.read(after(2 * hour + steadyMs)).trusted).toBe(true);
});

test("after a long absence, or a start before the last one ended, the clock is watched first", () => {
  expect(new ClockWatch(start, start.wall - 8 * 24 * hour).read(after(1))).toMatchObject({ reason: "long-absence" });
  expect(new ClockWatch(start, start.wall + hour).read(after(1))).toMatchObject({ reason: "jumped-back" });
  expect(new ClockWatch(start, start.wall - 6 * 24 * hour).read(after(1)).trusted).toBe(true);
});

test("what was left of the distrust when the appliance ended goes on after a restart", () => {
  const watch = new ClockWatch(start, start.wall - hour, 5 * hour);
  expect(watch.read(after(hour))).toMatchObject({ reason: "not-yet-steady", jumpedBy: 0, trustedInMs: 4 * hour });
  expect(watch.read(after(5 * hour)).trusted).toBe(true);
  // A jump while it was off counts from the start.
  expect(new ClockWatch(start, start.wall + hour, 5 * hour).read(after(1))).toMatchObject({ reason: "jumped-back" });
});
