import { expect, test } from "bun:test";
import { AttendedTime } from "./attended-time.ts";

const started = () => {
  const time = new AttendedTime(250);
  time.begin(1_000);
  return time;
};

test("while ticks come in time, it is now", () => {
  const time = started();
  expect(time.until(1_100)).toBe(1_100);
  time.tick(1_250);
  time.tick(1_700);
  expect(time.until(2_000)).toBe(2_000);
});

test("after a standstill it is the tick before, whether a close or the late tick is met first, until a tick comes in time", () => {
  const time = started();
  time.tick(1_250);
  expect(time.until(61_250)).toBe(1_250);
  time.tick(61_250);
  expect(time.until(61_260)).toBe(1_250);
  time.tick(61_500);
  expect(time.until(61_510)).toBe(61_510);
});

test("several standstills in a row are one", () => {
  const time = started();
  for (const at of [5_000, 9_000, 13_000]) time.tick(at);
  expect(time.until(13_010)).toBe(1_000);
});

test("what was before the first of new ticks says nothing", () => {
  const time = started();
  time.begin(90_000);
  expect(time.until(90_200)).toBe(90_200);
});
