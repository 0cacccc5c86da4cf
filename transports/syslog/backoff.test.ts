import { expect, test } from "bun:test";
import { Backoff } from "./backoff.ts";

test("doubles from the smallest to the largest delay, with jitter in the upper half, and starts again after a reset", () => {
  const least = new Backoff(500, 30_000, () => 0);
  expect(Array.from({ length: 9 }, () => least.next())).toEqual([
    250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000,
  ]);
  least.reset();
  expect(least.next()).toBe(250);
  const most = new Backoff(500, 30_000, () => 0.999);
  expect(most.next()).toBeCloseTo(499.75);
});
