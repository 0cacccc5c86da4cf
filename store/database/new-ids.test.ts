import { expect, test } from "bun:test";
import { drawnNumber } from "./new-ids.ts";

const random = (hex: string) => Buffer.from(hex, "hex");
const extremes = ["00000000", "00000001", "7fffffff", "80000000", "a5a5a5a5", "ffffffff"];

test("numbers of different counts of restores never meet, and each count has a part of its own", () => {
  const parts = [0, 1, 2, 3, 4, 5, 6, 7].map((restores) =>
    extremes.map((one) => Number.parseInt(drawnNumber(random(one), restores), 16)),
  );
  const ranges = parts.map((numbers) => [Math.min(...numbers), Math.max(...numbers)]);
  expect(ranges).toEqual([
    [0x00000000, 0x7fffffff],
    [0x80000000, 0xbfffffff],
    [0xc0000000, 0xdfffffff],
    [0xe0000000, 0xefffffff],
    [0xf0000000, 0xf7ffffff],
    [0xf8000000, 0xfbffffff],
    [0xfc000000, 0xfdffffff],
    [0xfe000000, 0xffffffff],
  ]);
});

test("eight lower-case digits, also after more restores than there are parts", () => {
  for (const restores of [0, 3, 7, 8, 1000])
    for (const one of extremes) expect(drawnNumber(random(one), restores)).toMatch(/^[0-9a-f]{8}$/);
  expect(drawnNumber(random("00000007"), 1000)).toBe("fe000007");
});
