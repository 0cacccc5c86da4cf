import { expect, test } from "bun:test";
import { KeyLookup } from "./key-lookup.ts";

test("looks that break off go on, read no issue twice, and find what comes later", async () => {
  const reads: number[] = [];
  let now = 0;
  const issues = new Map([6, 7, 9, 12].map((n) => [n, { id: `${n}`, key: `SEC-${n}`, correlations: [`c${n}`] }]));
  let breaks = true;
  const lookup = new KeyLookup(
    async (number) => {
      breaks = !breaks;
      if (breaks) throw new Error("the connection broke");
      reads.push(number);
      return issues.get(number) ?? null;
    },
    () => now,
  );
  const find = async (correlation: string) => {
    for (let tries = 1; ; tries++) {
      try {
        return [(await lookup.find(correlation, 5))?.key ?? null, tries];
      } catch {}
    }
  };
  // Every second read fails: seven numbers from 6 to 12, one for each look-up.
  expect(await find("c12")).toEqual(["SEC-12", 7]);
  expect(reads).toEqual([6, 7, 8, 9, 10, 11, 12]);
  // Ten missing keys after SEC-12 end the look-up.
  expect((await find("none"))[0]).toBeNull();
  expect(reads.slice(7)).toEqual([8, 10, 11, ...Array.from({ length: 10 }, (_, n) => 13 + n)]);
  issues.set(14, { id: "14", key: "SEC-14", correlations: ["none"] });
  expect((await find("none"))[0]).toBe("SEC-14");
  // A look-up interrupted long ago starts again: the missing issue may exist by now.
  breaks = false;
  await lookup.find("late", 20).catch(() => null);
  breaks = true;
  await lookup.find("late", 20).catch(() => null);
  issues.set(21, { id: "21", key: "SEC-21", correlations: ["late"] });
  now = 11 * 60_000;
  expect((await find("late"))[0]).toBe("SEC-21");
});
