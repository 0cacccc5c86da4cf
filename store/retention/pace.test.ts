import { describe, expect, test } from "bun:test";
import { nextShare, rowsOf } from "./pace.ts";

describe("a step of retention", () => {
  /** Steps in which each row takes so many milliseconds, until they are as large as they stay. */
  const settled = (perRow: number, most: number) => {
    let share = 1;
    for (let step = 0; step < 100; step++) share = nextShare(share, rowsOf(most, share) * perRow);
    return rowsOf(most, share);
  };

  test("takes a few milliseconds, however long a row takes", () => {
    expect(settled(0.001, 1_000)).toBe(1_000);
    for (const perRow of [0.006, 0.01, 0.018]) {
      const took = settled(perRow, 1_000) * perRow;
      expect(took).toBeGreaterThanOrEqual(2.5);
      expect(took).toBeLessThanOrEqual(5);
    }
  });

  test("does a quarter where the commit itself is slow, and something in any case", () => {
    expect(settled(1_000, 1_000)).toBe(250);
    expect(settled(1_000, 5)).toBe(1);
  });

  test("does less at once, also after one that took a hundred times as long, and as much as ever once that is over", () => {
    expect(nextShare(1, 500)).toBe(0.5);
    expect(nextShare(0.25, 500)).toBe(0.25);
    let share = 0.25;
    for (let step = 0; step < 20; step++) share = nextShare(share, 0.1);
    expect(share).toBe(1);
  });
});
