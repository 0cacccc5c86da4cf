import { describe, expect, test } from "bun:test";
import { dayMs } from "../time.ts";
import { factorsOf, floorShown, primaryDriver, scoreOf } from "./factors.ts";
import type { WindowFacts } from "./facts.ts";
import { bestWindow, currentScore, decayed, keepBest, nextDecay, qualifies, type ScoredWindow } from "./score.ts";
import { encodeWindow, parseWindow } from "./window-row.ts";

const recordedAt = Date.UTC(2026, 2, 13, 4, 30);

function facts(fields: Partial<WindowFacts> = {}): WindowFacts {
  return {
    at: recordedAt,
    first: recordedAt - 1000,
    recorded: recordedAt / 60_000,
    detections: 1,
    severity: fields.severity ?? fields.risk ?? 75,
    risk: 75,
    topRule: "R",
    seen: null,
    level: 3,
    rules: 1,
    commonRules: 0,
    mask: 0,
    techniques: 0,
    hosts: 1,
    ruleWorth: 1,
    familyWorth: 0,
    techniqueWorth: 0,
    burst: 1,
    alarms: 0,
    alarms24h: 0,
    rbpSum: 0,
    rbpMax: 0,
    peak: 1,
    cases: [],
    floor: null,
    asset: null,
    isOrdinary: false,
    ...fields,
  };
}

test("one high detection does not reach the threshold, one critical does", () => {
  expect(scoreOf(facts())).toBe(35);
  expect(qualifies(facts(), 40)).toBe(false);
  expect(scoreOf(facts({ risk: 90, level: 4 }))).toBe(42);
  expect(qualifies(facts({ risk: 90, level: 4 }), 40)).toBe(true);
  // A risk that the engine gives counts, but low detections alone make no incident.
  expect(scoreOf(facts({ risk: 100, level: 1 }))).toBe(42);
  expect(qualifies(facts({ risk: 100, level: 1 }), 40)).toBe(false);
});

const everything = facts({
  detections: 500,
  risk: 90,
  level: 4,
  rules: 12,
  mask: 0x3fff,
  techniques: 20,
  hosts: 9,
  ruleWorth: 12,
  familyWorth: 13,
  techniqueWorth: 20,
  burst: 9,
  peak: 200,
  cases: ["a", "b", "c", "d", "e"].map((type) => ({ type, risk: 90, lent: 90 })),
});

test("detections alone can reach 100; alarms only add, and never beyond", () => {
  expect(scoreOf(everything)).toBe(100);
  const alarms = { alarms: 100, alarms24h: 30, rbpSum: 6000, rbpMax: 100 };
  expect(scoreOf({ ...everything, ...alarms })).toBe(100);
  expect(scoreOf(facts(alarms))).toBe(35 + 25);
  // Alarms alone make no incident.
  expect(scoreOf(facts({ detections: 0, risk: 0, level: 0, rules: 0, ...alarms }))).toBe(25);
});

test("the primary driver is the factor with the largest share, and its sentence has the numbers", () => {
  const driver = primaryDriver(factorsOf(everything));
  expect(driver).toMatchObject({ name: "detection_severity", points: 42, value: 1 });
  expect(driver.why).toBe(
    'The most serious of 500 detections within 7 days is "R" with risk 90; the highest level is critical.',
  );
});

const window = (score: number, recorded = recordedAt, at = recorded): ScoredWindow => ({
  score,
  facts: facts({ at, recorded: recorded / 60_000 }),
});

test("a score holds for seven days from when its evidence was recorded, then halves every seven", () => {
  const one = window(80);
  expect(decayed(one, recordedAt)).toBe(80);
  expect(decayed(one, recordedAt + 7 * dayMs)).toBe(80);
  expect(decayed(one, recordedAt + 14 * dayMs)).toBe(40);
  expect(decayed(one, recordedAt + 21 * dayMs)).toBe(20);
  expect(decayed(one, recordedAt - dayMs)).toBe(80);
  expect(currentScore([], recordedAt)).toBe(0);
});

test("the score is that of the best window: weak news does not hide what was serious", () => {
  const serious = window(80, recordedAt);
  const weak = window(20, recordedAt + 10 * dayMs);
  expect(currentScore([serious, weak], recordedAt + 10 * dayMs)).toBe(59);
  expect(currentScore([serious, weak], recordedAt + 30 * dayMs)).toBe(8);
  expect(bestWindow([serious, weak], recordedAt + 30 * dayMs)).toBe(serious);
  expect(bestWindow([serious, weak], recordedAt + 31 * dayMs)?.score).toBe(80);
  expect(bestWindow([window(50), window(50, recordedAt, recordedAt + 5)], recordedAt)?.facts.at).toBe(recordedAt + 5);
});

test("when the score falls next: not a moment earlier", () => {
  for (const score of [100, 85, 41, 2]) {
    const windows = [window(score)];
    for (let now = recordedAt, steps = 0; steps < 10; steps++) {
      const next = nextDecay(windows, now);
      if (next === null) break;
      const before = currentScore(windows, now);
      expect(currentScore(windows, next - 2000)).toBe(before);
      expect(currentScore(windows, next)).toBeLessThan(before);
      now = next;
    }
  }
  expect(nextDecay([window(1)], recordedAt + 400 * dayMs)).toBeNull();
  expect(nextDecay([], recordedAt)).toBeNull();
});

test("kept are the windows that no other beats in score and time of record; changed ones are replaced", () => {
  const kept = keepBest(
    [],
    [
      facts({ risk: 90, recorded: 1, at: 1 }),
      facts({ risk: 50, recorded: 1, at: 9e9 }),
      facts({ risk: 10, recorded: 5, at: 2e10 }),
    ],
  );
  expect(kept.map(({ facts }) => facts.risk)).toEqual([90, 10]);
  const again = keepBest(kept, [facts({ risk: 90, recorded: 1, at: 2, detections: 7 })]);
  expect(again.map(({ facts }) => facts.detections)).toEqual([7, 1]);
});

describe("roles of hosts and accounts", () => {
  const dc = { kind: "host", name: "dc01", role: "domain_controller", criticality: "critical" } as const;
  const floor = { points: 50, rule: "R", why: "It says so.", crownJewel: false, seen: null };

  test("a critical host or account raises the severity of what counts, and the sentence says so", () => {
    expect(scoreOf(facts({ risk: 75, asset: dc })) - scoreOf(facts({ risk: 75 }))).toBe(6);
    expect(scoreOf(facts({ severity: 5, asset: dc })) - scoreOf(facts({ severity: 5 }))).toBeLessThanOrEqual(1);
    const [severity] = factorsOf(facts({ asset: dc }));
    expect(severity?.why).toEndWith("It counts more because dc01 is a domain controller (critical).");
    expect(severity?.points).toBe(41);
    expect(factorsOf(facts()).find(({ why }) => why.includes("counts more"))).toBeUndefined();
    expect(factorsOf(facts({ risk: 90, asset: dc }))[0]?.value).toBe(1);
  });

  test("a floor rises by the same points, at most to 100", () => {
    expect(scoreOf(facts({ severity: 5, floor, asset: dc }))).toBe(56);
    expect(scoreOf(facts({ severity: 5, floor: { ...floor, points: 98 }, asset: dc }))).toBe(100);
    expect(floorShown(facts({ floor, asset: dc }))).toEqual({
      points: 56,
      rule: "R",
      why: "It says so. It counts 6 points more, because dc01 is a domain controller (critical).",
    });
  });

  test("what scanners, backups and deployments do by themselves takes 30 points more, but for a crown jewel", () => {
    const ordinary = { isOrdinary: true, floor };
    expect(qualifies(facts(ordinary), 40)).toBe(false);
    expect(qualifies(facts({ ...ordinary, isOrdinary: false }), 40)).toBe(true);
    expect(qualifies(facts({ ...ordinary, floor: { ...floor, points: 70 } }), 40)).toBe(true);
    expect(qualifies(facts({ ...ordinary, floor: { ...floor, crownJewel: true } }), 40)).toBe(true);
  });

  test("a window is read as it was written", () => {
    for (const some of [{}, { asset: dc }, { isOrdinary: true }, { asset: { ...dc, role: null }, isOrdinary: true }]) {
      const window = { score: 1, facts: facts(some) };
      expect(parseWindow(JSON.parse(JSON.stringify(encodeWindow(window))))).toEqual(window);
    }
  });
});
