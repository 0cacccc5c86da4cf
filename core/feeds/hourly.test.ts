import { expect, test } from "bun:test";
import fc from "fast-check";
import type { AlertCounts } from "../alert.ts";
import { hourlyDecision } from "./hourly.ts";

const interval = 3_600_000;
const at = 1_773_376_200_000;
const counts = (delta: number): AlertCounts => ({ count: 5 + delta, sentCount: 5, recordedAt: at, lastMessageAt: at });

test("due at the end of the interval, not a millisecond before", () => {
  expect(hourlyDecision(counts(3), at + interval - 1, interval)).toEqual({
    send: false,
    reason: "within-interval",
    nextAt: at + interval,
    delta: 3,
  });
  expect(hourlyDecision(counts(3), at + interval, interval)).toEqual({
    send: true,
    reason: "due",
    nextAt: at + 2 * interval,
    delta: 3,
  });
});

test("nothing new sends nothing, and the next occurrence may go at once when the interval has passed", () => {
  expect(hourlyDecision(counts(0), at + 5 * interval, interval)).toEqual({
    send: false,
    reason: "nothing-new",
    nextAt: at + 5 * interval,
    delta: 0,
  });
  expect(hourlyDecision(counts(0), at + 10, interval).nextAt).toBe(at + interval);
});

test("a last message in the future asks to be set to now", () => {
  expect(hourlyDecision(counts(1), at - 1, interval)).toEqual({
    send: false,
    reason: "clock-went-back",
    nextAt: at - 1 + interval,
    delta: 1,
  });
});

/** What happens to an alert: occurrences, and ticks after the clock moved by some milliseconds, back as well. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("occurrences" as const), amount: fc.integer({ min: 1, max: 300 }) }),
  fc.record({ kind: fc.constant("tick" as const), amount: fc.integer({ min: -3 * interval, max: 3 * interval }) }),
);

test("count in FIRST plus the sum of deltas is the count, whatever the clock does", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(step, { maxLength: 60 }), (first, steps) => {
      let now = at;
      let told = first;
      const alert = { count: first, sentCount: first, recordedAt: now, lastMessageAt: now };
      const tick = () => {
        const decision = hourlyDecision(alert, now, interval);
        if (decision.reason === "clock-went-back") alert.lastMessageAt = now;
        if (!decision.send) return;
        expect(decision.delta).toBeGreaterThan(0);
        told += decision.delta;
        alert.sentCount = alert.count;
        alert.lastMessageAt = now;
      };
      for (const { kind, amount } of steps) {
        if (kind === "occurrences") alert.count += amount;
        else {
          now += amount;
          tick();
        }
        expect(told).toBe(alert.sentCount);
      }
      // Wherever the clock stands, one interval and two ticks later everything has been told.
      tick();
      now += interval;
      tick();
      expect(told).toBe(alert.count);
    }),
    { numRuns: 500 },
  );
});
