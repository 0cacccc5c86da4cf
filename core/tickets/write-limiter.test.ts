import { expect, test } from "bun:test";
import { WriteLimiter } from "./write-limiter.ts";

test("a ticket is written to below what an issue takes, and others meanwhile", () => {
  const limiter = new WriteLimiter();
  const written: number[] = [];
  for (let now = 0; now < 60_000; now += 50)
    if (limiter.mayWrite(1, now)) {
      limiter.wrote(1, now);
      written.push(now);
    }
  const most = (ms: number) => Math.max(...written.map((at) => written.filter((t) => t >= at && t < at + ms).length));
  expect([most(2_000), most(30_000)]).toEqual([15, 90]);
  expect(written.length).toBe(180);
  expect(limiter.mayWrite(2, 5_000)).toBe(true);
});
