import { expect, test } from "bun:test";
import { ExposureLimit } from "./exposure-limit.ts";

test("sets in after three fruitless connections, tightens to a floor, and ends when one lasts", () => {
  const limit = new ExposureLimit(64 * 1024);
  limit.broke(false);
  limit.broke(false);
  expect(limit.active).toBe(false);
  limit.broke(false);
  expect(limit.exposure).toBe(4096);
  limit.broke(true);
  expect(limit.exposure).toBe(4096);
  for (let count = 0; count < 9; count++) limit.broke(false);
  expect(limit.exposure).toBe(1);
  limit.relax();
  expect(limit.active).toBe(false);
  limit.broke(false);
  expect(limit.active).toBe(false);
});

test("connections on which something settled never lead to limit", () => {
  const limit = new ExposureLimit(64 * 1024);
  for (let count = 0; count < 20; count++) {
    limit.broke(false);
    limit.broke(true);
  }
  expect(limit.active).toBe(false);
});
