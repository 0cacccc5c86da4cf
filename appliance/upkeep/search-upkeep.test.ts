import { expect, test } from "bun:test";
import type { IndexStep } from "../../store/search/search-index.ts";
import { SearchUpkeep } from "./search-upkeep.ts";

/** An index whose steps give what the test says, and the steps that were asked for. */
function following() {
  let now = 0;
  let answer: IndexStep = { indexed: 0, newestAlert: 0, behind: 0, tookMs: 0 };
  let waitMs = 0;
  const asked: string[] = [];
  const search = new SearchUpkeep({
    clock: { now: () => now, monotonic: () => now },
    store: {
      admin: {
        indexSome: async (isShort?: boolean) => {
          asked.push(isShort === true ? "short" : "long");
          now += waitMs + answer.tookMs;
          return answer;
        },
      } as never,
    },
  });
  /** Takes the next step, which waits so long for the writer, and gives its kind and the pause after it. */
  const step = async (newestAlert: number, behind: number, tookMs: number, waits = 0) => {
    now += 1_000;
    waitMs = waits;
    answer = { indexed: 60, newestAlert, behind, tookMs };
    await search.tick();
    return [asked.at(-1), search.nextDueAt() - now];
  };
  return { search, step };
}

test("while alerts come in, steps are short, and pauses leave intake 95 % of the writer", async () => {
  const { step } = following();
  expect(await step(1_000, 0, 4)).toEqual(["long", Number.POSITIVE_INFINITY]);
  expect(await step(1_150, 0, 4)).toEqual(["long", 150]);
  expect(await step(1_300, 90, 3)).toEqual(["short", 57]);
  expect(await step(1_360, 90, 0.2)).toEqual(["short", 10]);
  expect(await step(1_420, 40, 3)).toEqual(["short", 150]);
  expect(await step(1_480, 40, 10)).toEqual(["short", 190]);
});

test("far behind, steps are long again: they get through more", async () => {
  const { step } = following();
  await step(1_000, 0, 4);
  expect(await step(9_000, 7_600, 16)).toEqual(["long", 304]);
  expect(await step(12_000, 10_200, 16)).toEqual(["long", 304]);
  expect(await step(12_100, 1_000, 16)).toEqual(["long", 304]);
  expect(await step(12_200, 950, 3)).toEqual(["short", 57]);
});

test("while repeats keep the writer busy, pauses leave them 90 % of it", async () => {
  const { step } = following();
  await step(1_000, 0, 4);
  await step(9_000, 7_600, 16);
  expect(await step(9_010, 7_200, 16, 30)).toEqual(["long", 144]);
  expect(await step(9_010, 6_800, 16, 5)).toEqual(["long", 144]);
  expect(await step(9_010, 6_400, 16, 3)).toEqual(["long", 10]);
  expect(await step(9_010, 0, 16, 30)).toEqual(["long", Number.POSITIVE_INFINITY]);
});

test("once none come in any more, steps are long and close together until nothing is left", async () => {
  const { search, step } = following();
  await step(1_000, 0, 4);
  await step(2_000, 900, 4);
  expect(await step(2_010, 840, 4)).toEqual(["short", 10]);
  expect(await step(2_010, 440, 30)).toEqual(["long", 15]);
  expect(await step(2_010, 0, 30)).toEqual(["long", Number.POSITIVE_INFINITY]);
  search.wake({ alert_hourly: 3 });
  expect(search.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
  search.wake({ alert_first: 1 });
  expect(search.nextDueAt()).toBeLessThan(Number.POSITIVE_INFINITY);
});
