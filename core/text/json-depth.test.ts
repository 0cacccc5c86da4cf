import { expect, test } from "bun:test";
import { isNestedDeeper } from "./json-depth.ts";

test("arrays and objects count together, and only those that are open at the same time", () => {
  expect(isNestedDeeper('[{"a":[1]}]', 3)).toBe(false);
  expect(isNestedDeeper('[{"a":[[1]]}]', 3)).toBe(true);
  expect(isNestedDeeper("[[],[],[],{}]", 2)).toBe(false);
  expect(isNestedDeeper("1", 0)).toBe(false);
});

test("brackets within strings do not count, also behind an escaped quote", () => {
  expect(isNestedDeeper(JSON.stringify({ a: "[[[[{{{{" }), 1)).toBe(false);
  expect(isNestedDeeper(JSON.stringify({ a: '"[[[[' }), 1)).toBe(false);
  // The string ends behind an escaped backslash: what follows counts.
  expect(isNestedDeeper(`{"a":"\\\\","b":[[1]]}`, 2)).toBe(true);
});
