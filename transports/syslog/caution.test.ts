import { expect, test } from "bun:test";
import { Caution } from "./caution.ts";

test("sets in after three fruitless connections, tightens to a floor, and ends when one lasts", () => {
  const caution = new Caution(64 * 1024);
  caution.broke(false);
  caution.broke(false);
  expect(caution.active).toBe(false);
  caution.broke(false);
  expect(caution.exposure).toBe(4096);
  caution.broke(true);
  expect(caution.exposure).toBe(4096);
  for (let count = 0; count < 9; count++) caution.broke(false);
  expect(caution.exposure).toBe(1);
  caution.relax();
  expect(caution.active).toBe(false);
  caution.broke(false);
  expect(caution.active).toBe(false);
});

test("connections on which something settled never lead to caution", () => {
  const caution = new Caution(64 * 1024);
  for (let count = 0; count < 20; count++) {
    caution.broke(false);
    caution.broke(true);
  }
  expect(caution.active).toBe(false);
});
