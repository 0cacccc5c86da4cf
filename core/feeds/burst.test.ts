import { expect, test } from "bun:test";
import { hourMs } from "../time.ts";
import { burst } from "./burst.ts";

/** An alert of `sent` occurrences in `hours` hours, with `delta` more since. */
const counts = (sent: number, hours: number, delta: number) => ({
  count: sent + delta,
  sentCount: sent,
  recordedAt: 1_773_376_200_000,
  lastMessageAt: 1_773_376_200_000 + hours * hourMs,
});

test("over 100 is a burst, 100 is not, however busy the alert has been", () => {
  expect(burst(counts(1_000_000, 1, 101))).toEqual({ burst: true, reason: "over-100" });
  expect(burst(counts(1_000_000, 1, 100))).toEqual({ burst: false, reason: "steady" });
});

test("over five times the mean hourly count before the window is a burst, exactly five times is not", () => {
  expect(burst(counts(40, 10, 20))).toEqual({ burst: false, reason: "steady" });
  expect(burst(counts(40, 10, 21))).toEqual({ burst: true, reason: "over-5x-average" });
});

test("the edge is exact where the mean is no whole number", () => {
  // 7 in 3.5 h are 2 an hour; 1 in 3 h is a third an hour, five times that 1.67.
  expect(burst(counts(7, 3.5, 10)).burst).toBe(false);
  expect(burst(counts(7, 3.5, 11)).burst).toBe(true);
  expect(burst(counts(1, 3, 1)).burst).toBe(false);
  expect(burst(counts(1, 3, 2)).burst).toBe(true);
});

test("a life under one hour counts as one hour", () => {
  for (const hours of [0, 0.1, 1]) {
    expect(burst(counts(1, hours, 5)).burst).toBe(false);
    expect(burst(counts(1, hours, 6)).reason).toBe("over-5x-average");
  }
});

test("a life that is negative because the clock was set back counts as one hour", () => {
  expect(burst(counts(1, -1000, 5)).burst).toBe(false);
  expect(burst(counts(1, -1000, 6)).burst).toBe(true);
});

test("nothing new is steady, whatever the past", () => {
  expect(burst(counts(0, 0, 0))).toEqual({ burst: false, reason: "steady" });
  expect(burst(counts(500, 2, 0))).toEqual({ burst: false, reason: "steady" });
});

test("the seed's example, 146 more within the hour after the first, is a burst", () => {
  expect(burst(counts(1, 0, 146))).toEqual({ burst: true, reason: "over-100" });
});
