import { expect, test } from "bun:test";
import { dayMs, hourMs, minuteMs } from "../time.ts";
import { ageInWords } from "./age.ts";

test("the largest unit that there is one of", () => {
  const ages = [-5, 0, minuteMs - 1, minuteMs, 59 * minuteMs, hourMs, 23.9 * hourMs, dayMs, 400 * dayMs];
  expect(ages.map(ageInWords)).toEqual([
    ...["less than a minute", "less than a minute", "less than a minute", "1 minute", "59 minutes"],
    ...["1 hour", "23 hours", "1 day", "400 days"],
  ]);
});
