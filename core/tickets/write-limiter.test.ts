import { expect, test } from "bun:test";
import { WriteLimiter } from "./write-limiter.ts";

test("a ticket is written to below what an issue takes, and others meanwhile", () => {
  const limiter = new WriteLimiter();
  const written: number[] = [];
  for (let now = 0; now < 60_000; now += 50)
    if (limiter.nextAt(1, now) <= now) {
      limiter.wrote(1, now);
      written.push(now);
    }
  const most = (ms: number) => Math.max(...written.map((at) => written.filter((t) => t >= at && t < at + ms).length));
  expect([most(2_000), most(30_000)]).toEqual([15, 90]);
  expect(written.length).toBe(180);
  expect(limiter.nextAt(2, 5_000)).toBe(5_000);
});

test("says when the next write may be, for either window", () => {
  const limiter = new WriteLimiter();
  for (let n = 0; n < 15; n++) limiter.wrote(1, 1_000 + n);
  expect(limiter.nextAt(1, 1_100)).toBe(3_000);
  expect(limiter.nextAt(1, 3_500)).toBe(3_500);
  const slowly = new WriteLimiter();
  for (let n = 0; n < 90; n++) slowly.wrote(1, n * 300);
  expect(slowly.nextAt(1, 27_000)).toBe(30_000);
});

test("forgets tickets that nothing holds back any more, and no other", () => {
  const limiter = new WriteLimiter();
  for (let n = 0; n < 15; n++) limiter.wrote(7, 40_000);
  for (let id = 1_000; id < 2_100; id++) limiter.wrote(id, 1_000);
  limiter.wrote(8, 40_500);
  expect(limiter.nextAt(7, 40_500)).toBe(42_000);
  for (let id = 3_000; id < 4_100; id++) limiter.wrote(id, 40_600);
  expect(limiter.nextAt(7, 40_700)).toBe(42_000);
});
