import { describe, expect, test } from "bun:test";
import { minuteMs } from "../time.ts";
import { countAfter, endedCauses, isProbedFor, nextProbe } from "./probes.ts";

const now = 10_000;
const parked = (...causes: string[]) => causes.map((cause, n) => ({ cause, oldest: 1000 + n }));

describe("when a system with parked deliveries is tried", () => {
  test("a quarter of an hour after the first was parked, then every hour", () => {
    expect(nextProbe(parked("forbidden", "rejected"), null, now)).toBe(1000 + 15 * minuteMs);
    expect(nextProbe(parked("forbidden"), { count: 40, last: 5000, ok: false }, now)).toBe(5000 + 60 * minuteMs);
  });
  test("at once, where a clock that was ahead has noted the times", () => {
    const ahead = now + 60 * minuteMs;
    expect(nextProbe([{ cause: "forbidden", oldest: ahead }], null, now)).toBe(now);
    expect(nextProbe(parked("forbidden"), { count: 2, last: ahead, ok: false }, now)).toBe(now);
  });
  test("with wrong credentials three times, after a CAPTCHA never", () => {
    const after = (count: number) => nextProbe(parked("unauthorized"), { count, last: 0, ok: false }, now);
    expect([after(2), after(3)]).toEqual([60 * minuteMs, null]);
    expect(nextProbe(parked("unauthorized", "captcha"), null, now)).toBeNull();
  });
  test("only tries with credentials that had been refused are counted", () => {
    const before = { count: 2, last: 0, ok: true };
    expect([countAfter(parked("forbidden", "unauthorized"), before), countAfter(parked("forbidden"), before)]).toEqual([
      3, 0,
    ]);
    expect(countAfter(parked("unauthorized"), null)).toBe(1);
  });
  test("also for what has used its retries up because of a limit, and for nothing else that has", () => {
    expect(nextProbe(parked("throttled"), null, now)).toBe(1000 + 15 * minuteMs);
    const dead = ["throttled", "server_error", "unauthorized"].map((cause) => isProbedFor({ state: "dead", cause }));
    expect(dead).toEqual([true, false, false]);
    expect(isProbedFor({ state: "parked", cause: "rejected" })).toBe(true);
  });
  test("not for what only a person can mend", () => {
    for (const cause of ["unknown_outcome", "too_large", "not_configured", "ca_file"])
      expect(nextProbe(parked(cause), null, now)).toBeNull();
    expect(nextProbe([], null, now)).toBeNull();
  });
});

test("what an answer ends: credentials at once, the rest only where the test failed before", () => {
  expect(endedCauses(null, true)).toEqual(["unauthorized", "redirected"]);
  expect(endedCauses({ count: 1, last: 0, ok: true }, true)).not.toContain("rejected");
  expect(endedCauses({ count: 1, last: 0, ok: false }, true)).toContain("rejected");
  expect(endedCauses({ count: 1, last: 0, ok: false }, false)).toEqual([]);
});
