import { describe, expect, test } from "bun:test";
import { hourMs, minuteMs } from "../../time.ts";
import { updatesOf } from "./cadence.ts";
import { compareRetries, courseOf, outageOf, type Retries } from "./retries.ts";

/** Every two minutes, as the default schedule. */
const notBefore = (time: number) => Math.ceil(time / (2 * minuteMs)) * 2 * minuteMs;
const usual: Retries = { maxRetries: 5, baseDelaySeconds: 60, maxDelaySeconds: 3600, notBefore };
const hasty: Retries = { maxRetries: 2, baseDelaySeconds: 1, maxDelaySeconds: 1, notBefore: (time) => time };

describe("retries", () => {
  test("each at a time of the schedule, until one goes through", () => {
    const course = courseOf(0, 5 * minuteMs, usual);
    expect(course).toEqual({ attempts: [0, 2, 4, 8].map((at) => at * minuteMs), end: "delivered", at: 8 * minuteMs });
  });

  test("dead when they are used up, waiting when the next is not due yet", () => {
    expect(courseOf(0, hourMs, hasty)).toEqual({ attempts: [0, 1000, 2000], end: "dead", at: 2000 });
    expect(courseOf(0, hourMs, usual, 3 * minuteMs).end).toBe("waiting");
    expect(courseOf(0, hourMs, { ...usual, maxRetries: 0 })).toEqual({ attempts: [0], end: "dead", at: 0 });
  });

  test("compared: who is sooner, later, dead, and the fullest hour", () => {
    const one = (id: string, firstFailed: number, lastFailed: number, done: number | null) => ({
      ...{ id, incidentId: "INC-1", system: "jira", kind: "create", attempts: 2 },
      ...{ firstFailed, lastFailed, done },
    });
    const failed = [one("a", 0, 0, minuteMs), one("b", 0, 500, minuteMs), one("c", 0, 0, null)];
    const found = compareRetries(failed, usual, hasty, hourMs);
    expect(found).toMatchObject({ sooner: 2, later: 0, mostSooner: 2 * minuteMs - 1000, mostLater: 0 });
    expect(found.meant).toEqual({ attempts: 7, mostInHour: 7, delivered: 2, dead: 1, waiting: 0 });
    expect(found.present).toMatchObject({ delivered: 2, dead: 1 });
  });

  test("outages: a ticket alone, and a whole system with its probes", () => {
    // 15, 30, 60 and then every 120 s.
    expect(outageOf(1, usual, 0)).toMatchObject({ probes: 32, mostProbesInHour: 32, goesOnWithin: 2 * minuteMs });
    const long = outageOf(72, usual, 0);
    expect([long.alone.end, long.mostProbesInHour]).toEqual(["dead", 32]);
    expect(long.probes).toBe(32 + 71 * 30);
  });
});

describe("cadence", () => {
  const ticket = {
    ...{ incidentId: "INC-1", system: "jira", createdAt: hourMs },
    levels: [
      { at: 2 * hourMs, level: "medium" as const, before: "low" as const },
      { at: 3 * hourMs, level: "high" as const, before: "medium" as const },
      { at: 4 * hourMs, level: "critical" as const, before: "high" as const },
      { at: 5 * hourMs, level: "high" as const, before: "critical" as const },
    ],
  };
  test("first and critical at once, others once the hours are over", () => {
    expect(updatesOf(ticket, 24, 0, 20 * hourMs)).toBe(2);
    expect(updatesOf(ticket, 24, 0, 30 * hourMs)).toBe(3);
    expect(updatesOf(ticket, 0, 0, 30 * hourMs)).toBe(4);
    expect(updatesOf(ticket, 24, 3 * hourMs, 20 * hourMs)).toBe(1);
  });
});
