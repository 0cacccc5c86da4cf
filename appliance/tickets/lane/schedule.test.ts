import { expect, test } from "bun:test";
import { dayMs, minuteMs } from "../../../core/time.ts";
import { Schedule } from "./schedule.ts";

const at = (text: string) => Date.parse(`2026-03-13T${text}`);
const every = (pattern: string) => {
  const schedule = new Schedule();
  schedule.set(pattern);
  return schedule;
};

test("is due once for each time that has come, however many have gone by", () => {
  const schedule = every("*/5 * * * *");
  expect(schedule.isDue(at("04:31:00Z"))).toBe(false);
  expect(schedule.nextAt).toBe(at("04:35:00Z"));
  expect(schedule.isDue(at("04:34:59.999Z"))).toBe(false);
  expect(schedule.isDue(at("04:35:00Z"))).toBe(true);
  expect(schedule.isDue(at("04:35:00Z"))).toBe(false);
  expect(schedule.isDue(at("05:12:00Z"))).toBe(true);
  expect(schedule.nextAt).toBe(at("05:15:00Z"));
});

test("a clock that was set back does not make it wait for the old time", () => {
  const schedule = every("*/5 * * * *");
  schedule.isDue(at("10:01:00Z"));
  expect(schedule.isDue(at("04:01:00Z"))).toBe(false);
  expect(schedule.nextAt).toBe(at("04:05:00Z"));
});

test("tells the times before and after a moment", () => {
  const schedule = every("*/2 * * * *");
  expect(schedule.notBefore(at("04:30:00Z"))).toBe(at("04:30:00Z"));
  expect(schedule.notBefore(at("04:30:00.001Z"))).toBe(at("04:32:00Z"));
  expect(schedule.last(at("04:30:00Z"))).toBe(at("04:30:00Z"));
  expect(schedule.last(at("04:31:59.999Z"))).toBe(at("04:30:00Z"));
  expect(every("0 0 3 * * *").last(at("02:59:59Z"))).toBe(every("0 0 3 * * *").notBefore(at("02:59:59Z")) - dayMs);
  expect(every("* * 3 * * *").last(at("04:30:00Z")) % minuteMs).toBe(minuteMs - 1000);
  expect(every("*/10 * * * * *").last(at("04:30:17Z"))).toBe(at("04:30:10Z"));
});

test("a pattern that cannot be read keeps the one before; at first it is every other minute", () => {
  const schedule = new Schedule();
  schedule.set("nonsense");
  schedule.isDue(at("04:31:00Z"));
  expect(schedule.nextAt).toBe(at("04:31:00Z") + minuteMs);
  schedule.set("*/5 * * * *");
  schedule.set("61 * * * *");
  expect(schedule.notBefore(at("04:31:00Z"))).toBe(at("04:35:00Z"));
});
