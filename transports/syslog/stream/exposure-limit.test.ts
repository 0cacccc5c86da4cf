import { expect, test } from "bun:test";
import { ExposureLimit } from "./exposure-limit.ts";

const limits = { resendBytes: 64 * 1024, settleMs: 1_000, resendMs: 10_000, resendAfterResetMs: 60_000 };

function broken(times: number, limit = new ExposureLimit(limits)): ExposureLimit {
  for (let count = 0; count < times; count++) limit.broke(false);
  return limit;
}

test("sets in after three fruitless connections, tightens to a floor, and ends when one lasts", () => {
  const limit = broken(2);
  expect(limit.active).toBe(false);
  limit.broke(false);
  expect(limit.exposure).toBe(4096);
  limit.broke(true);
  expect(limit.exposure).toBe(4096);
  broken(9, limit);
  expect(limit.exposure).toBe(1);
  limit.lasted(10_000);
  expect(limit.active).toBe(false);
  limit.broke(false);
  expect(limit.active).toBe(false);
});

test("connections on which something settled never lead to a limit", () => {
  const limit = new ExposureLimit(limits);
  for (let count = 0; count < 20; count++) {
    limit.broke(false);
    limit.broke(true);
  }
  expect(limit.active).toBe(false);
});

test("at one message a time the pauses grow until a message has stood for as long as a reset wants, and shrink when a connection lasts", () => {
  // 64 Ki / 16 / 16 / 16 / 16 is one byte, after six breaks.
  const limit = broken(6);
  expect([limit.exposure, limit.waitMs]).toEqual([1, 1_000]);
  const waits = Array.from({ length: 9 }, () => broken(1, limit).waitMs);
  expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 120_000, 120_000, 120_000]);
  limit.lasted(10_000);
  expect(limit.waitMs).toBe(1_000);
});

test("a receiver that breaks again once the limit is lifted has to last longer each time, until it is cured", () => {
  const limit = new ExposureLimit(limits);
  const lasts = Array.from({ length: 5 }, () => {
    broken(3, limit);
    limit.lasted(limit.lastsMs);
    return limit.lastsMs;
  });
  expect(lasts).toEqual([10_000, 20_000, 40_000, 80_000, 10_000]);
});
