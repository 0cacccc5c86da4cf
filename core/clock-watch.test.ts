import { expect, test } from "bun:test";
import { ClockWatch, steadyMs } from "./clock-watch.ts";
import { hourMs } from "./time.ts";

const start = { wall: 1_000_000 * hourMs, monotonic: 0 };
const after = (monotonic: number, jumped = 0) => ({ wall: start.wall + monotonic + jumped, monotonic });

test("a clock that goes with time is trusted, small corrections included", () => {
  const watch = new ClockWatch(start, start.wall - hourMs);
  expect(watch.read(after(hourMs, 30_000))).toEqual({ trusted: true, reason: "steady" });
  expect(watch.read(after(2 * hourMs, -20_000))).toEqual({ trusted: true, reason: "steady" });
});

test("a jump is named with its size and direction and distrusted for a day", () => {
  const watch = new ClockWatch(start, null);
  expect(watch.read(after(hourMs, 48 * hourMs))).toMatchObject({
    trusted: false,
    reason: "jumped-forward",
    jumpedBy: 48 * hourMs,
  });
  expect(watch.read(after(2 * hourMs, 0))).toMatchObject({
    trusted: false,
    reason: "jumped-back",
    jumpedBy: -48 * hourMs,
  });
  expect(watch.read(after(2 * hourMs + steadyMs - 1)).trusted).toBe(false);
  expect(watch.read(after(2 * hourMs + steadyMs)).trusted).toBe(true);
});

test("after a long absence, or a start before the last one ended, the clock is watched first", () => {
  expect(new ClockWatch(start, start.wall - 8 * 24 * hourMs).read(after(1))).toMatchObject({ reason: "long-absence" });
  expect(new ClockWatch(start, start.wall + hourMs).read(after(1))).toMatchObject({ reason: "jumped-back" });
  expect(new ClockWatch(start, start.wall - 6 * 24 * hourMs).read(after(1)).trusted).toBe(true);
});

test("what was left of the distrust when the appliance ended goes on after a restart", () => {
  const watch = new ClockWatch(start, start.wall - hourMs, 5 * hourMs);
  expect(watch.read(after(hourMs))).toMatchObject({ reason: "not-yet-steady", jumpedBy: 0, trustedInMs: 4 * hourMs });
  expect(watch.read(after(5 * hourMs)).trusted).toBe(true);
  // A jump while it was off counts from the start.
  expect(new ClockWatch(start, start.wall + hourMs, 5 * hourMs).read(after(1))).toMatchObject({
    reason: "jumped-back",
  });
});
