import { expect, test } from "bun:test";
import { spaceDecision } from "./disk-space.ts";

const gib = 1024 ** 3;

test("intake is open with a gibibyte and five percent free, and closed below either", () => {
  expect(spaceDecision({ freeBytes: gib, totalBytes: 20 * gib }, gib, 5)).toEqual({ open: true, reason: "enough" });
  expect(spaceDecision({ freeBytes: gib - 1, totalBytes: gib }, gib, 5)).toMatchObject({
    open: false,
    reason: "few-bytes",
  });
  expect(spaceDecision({ freeBytes: 5 * gib, totalBytes: 101 * gib }, gib, 5)).toMatchObject({
    open: false,
    reason: "few-percent",
  });
});

test("the message says how much is left and when it opens again", () => {
  const decision = spaceDecision({ freeBytes: gib / 2, totalBytes: 10 * gib }, gib, 5);
  expect(decision).toMatchObject({
    message: "the data folder's disk has 512 MiB (5.0 %) left; intake opens again at 1024 MiB: free some space",
  });
});

test("never more room is shown than there is", () => {
  const freeBytes = 513 * 1024 ** 2 - 1;
  const decision = spaceDecision({ freeBytes, totalBytes: 10 * gib }, gib, 5);
  expect(decision).toMatchObject({ message: expect.stringContaining("has 512 MiB (5.0 %) left") });
});
