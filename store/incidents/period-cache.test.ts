import { expect, test } from "bun:test";
import { newPeriod } from "./actor-periods.ts";
import { PeriodCache } from "./period-cache.ts";

const period = (id: number, characters: number) => ({
  ...newPeriod(id, "E", { type: "user", name: `u${id}` }, 0),
  characters,
});

test("an actor is kept from its second time on, unless thousands of others came in between", () => {
  const cache = new PeriodCache();
  cache.keep(period(1, 100));
  expect(cache.size).toBe(0);
  cache.keep(period(1, 100));
  expect(cache.size).toBe(1);
  for (const round of [1, 2]) for (let id = 2; id < 10_000; id++) cache.keep(period(id, 100 * round));
  expect(cache.size).toBe(1);
});

test("what is kept stays within the limit, the least recently used goes first, and what grows counts as what it is", () => {
  const cache = new PeriodCache(10_000);
  for (let id = 1; id < 100; id++) {
    for (const _ of [1, 2]) cache.keep(period(id, id * 10));
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
  }
  expect(cache.size).toBeGreaterThan(0);
  const before = cache.size;
  cache.forgetIds([1]);
  expect(cache.size).toBe(before);
  cache.forgetIds([99]);
  expect(cache.size).toBe(before - 1);
  for (const _ of [1, 2, 3]) cache.keep(period(200, 100_000));
  expect(cache.bytes).toBeLessThanOrEqual(10_000);
});
