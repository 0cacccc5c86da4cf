import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { Circuit } from "./circuit.ts";
import { afterEmptyLookup, afterFailure, type Failure, type RetrySettings } from "./retry.ts";
import type { Delivery } from "./ticket.ts";

const settings: RetrySettings = {
  maxRetries: 5,
  baseDelaySeconds: 60,
  maxDelaySeconds: 3600,
  lookupDelaysSeconds: [60, 300, 900, 3600],
  unknownOutcome: "resend",
};
const delivery = { kind: "create", attempts: 0, lookups: 0 } as Delivery;
const failure: Failure = {
  cause: "busy",
  detail: "",
  permanent: false,
  effectUnknown: false,
  notBefore: null,
  outage: false,
};
const now = 1_000_000;

test("five retries after the first attempt: 60, 120, 240, 480, 960 s; then it is dead", () => {
  const delays: number[] = [];
  let at = delivery;
  for (;;) {
    const next = afterFailure(at, failure, settings, now, 0);
    if (next.state === "dead") break;
    delays.push((next.nextAttemptAt - now) / 1000);
    at = { ...at, attempts: next.attempts };
  }
  expect(delays).toEqual([60, 120, 240, 480, 960]);
});

test("jitter only adds, at most a tenth, and every time is a whole number", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.999999, noNaN: true }),
      fc.nat(4),
      fc.double({ min: 0.001, max: 5000, noNaN: true }),
      (random, attempts, base) => {
        const some = { ...settings, baseDelaySeconds: base };
        const least = afterFailure({ ...delivery, attempts }, failure, some, now, 0).nextAttemptAt - now;
        const next = afterFailure({ ...delivery, attempts }, failure, some, now, random).nextAttemptAt - now;
        expect(Number.isInteger(next)).toBe(true);
        expect(next).toBeGreaterThanOrEqual(least);
        expect(next).toBeLessThanOrEqual(least * 1.1 + 1);
      },
    ),
  );
});

describe("what becomes of a failure", () => {
  const rows: [string, Partial<Failure>, Partial<Delivery>, object][] = [
    ["refused: parked, nothing counted", { permanent: true }, {}, { state: "parked", attempts: 0 }],
    [
      "unknown: looked up first",
      { effectUnknown: true },
      {},
      { state: "unknown", attempts: 1, nextAttemptAt: now + 60_000 },
    ],
    ["what may be repeated is repeated", { effectUnknown: true }, { kind: "link" }, { state: "planned", attempts: 1 }],
    ["an outage counts nothing", { outage: true }, { attempts: 4 }, { state: "planned", attempts: 4 }],
    ["Retry-After wins over a shorter delay", { notBefore: now + 600_000 }, {}, { nextAttemptAt: now + 600_000 }],
    ["and not over a longer one", { notBefore: now + 1_000 }, {}, { nextAttemptAt: now + 60_000 }],
  ];
  for (const [name, what, of, expected] of rows)
    test(name, () =>
      expect(afterFailure({ ...delivery, ...of }, { ...failure, ...what }, settings, now, 0)).toMatchObject(expected),
    );
});

test("looks come after 60, 300, 900 and 3600 s in all; then it is sent again, or a person is asked", () => {
  let at = { ...delivery, attempts: 1 };
  let time = 60;
  const times = [time];
  for (;;) {
    const next = afterEmptyLookup(at, settings, 0);
    if (next.state !== "unknown") {
      expect(next).toMatchObject({ state: "planned", attempts: 1, lookups: 0 });
      break;
    }
    time += next.nextAttemptAt / 1000;
    times.push(time);
    at = { ...at, lookups: next.lookups };
  }
  expect(times).toEqual([60, 300, 900, 3600]);
  expect(afterEmptyLookup(at, { ...settings, unknownOutcome: "ask" }, 0).state).toBe("parked");
});

test("a circuit opens after three failures in a row, asks by probes, ever less often, and closes with an answer", () => {
  const circuit = new Circuit(60);
  circuit.failed(0);
  circuit.failed(0);
  circuit.succeeded();
  circuit.failed(0);
  circuit.failed(0);
  expect(circuit.decide(0)).toBe("send");
  circuit.failed(0);
  expect([circuit.decide(14_999), circuit.decide(15_000)]).toEqual(["wait", "probe"]);
  circuit.failed(15_000);
  expect([circuit.decide(44_999), circuit.decide(45_000)]).toEqual(["wait", "probe"]);
  for (let n = 0; n < 10; n++) circuit.failed(100_000);
  expect([circuit.decide(219_999), circuit.decide(220_000)]).toEqual(["wait", "probe"]);
  circuit.succeeded();
  expect(circuit.decide(0)).toBe("send");
});
