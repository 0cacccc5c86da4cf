/** What holds for any evidence: order and batches do not matter, more never lowers a score, everything stays within its bounds. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { type Alarm, type Detection, levels } from "../detection.ts";
import { riskOfLevel } from "../risk.ts";
import { hourMs } from "../time.ts";
import { type ActorState, encodeActorState, newActorState, parseActorState } from "./actor-state.ts";
import { assess } from "./assess.ts";
import { caseFacts } from "./case-facts.ts";
import { addAlarms, addDetections } from "./evidence.ts";
import { factorsOf, factorWeights } from "./factors.ts";
import { builtInFloors, prepareFloors } from "./floors.ts";
import { builtInPatterns, preparePatterns } from "./patterns.ts";
import { bestWindow, currentScore } from "./score.ts";

const rules = { patterns: preparePatterns(builtInPatterns), floors: prepareFloors(builtInFloors), minScore: 40 };
const now = Date.UTC(2026, 2, 13, 4, 30);
const start = Date.UTC(2019, 4, 1);

type Record = { detection: Detection } | { alarm: Alarm };

const tags = [
  ["attack.execution", "attack.t1059.001"],
  ["attack.persistence", "attack.privilege-escalation", "attack.t1053.005"],
  ["attack.stealth", "attack.t1027"],
  ["attack.credential-access", "attack.t1003.001"],
  ["attack.lateral_movement", "attack.t1021.002"],
  ["attack.discovery", "attack.t1087"],
  ["attack.impact"],
  [],
];

const detection = fc
  .record({
    rule: fc.integer({ min: 0, max: 15 }),
    host: fc.constantFrom("ws-1", "WS-1.", "ws-2", "dc-1", null),
    // Clusters of minutes, days and weeks apart.
    at: fc.tuple(fc.constantFrom(0, 20, 23.9, 24.1, 100, 167.5, 169, 400, 3000), fc.integer({ min: 0, max: 90 })),
    level: fc.constantFrom(...levels),
    risk: fc.option(fc.integer({ min: 0, max: 100 }), { nil: null }),
  })
  .map(
    ({ rule, host, at: [base, minutes], level, risk }): Record => ({
      detection: detectionOf({
        ruleId: `rule-${rule}`,
        ruleTitle: `Rule ${rule}`,
        tags: tags[rule % 8] ?? [],
        level,
        risk: risk ?? riskOfLevel[level],
        timestamp: start + base * hourMs + minutes * 60_000,
        host,
      }),
    }),
  );

const alarm = fc.record({ at: fc.constantFrom(0, 1, 23, 25, 160, 2999), rbp: fc.integer({ min: 0, max: 100 }) }).map(
  ({ at, rbp }): Record => ({
    alarm: {
      alarmId: "a",
      name: "n",
      rbp,
      timestamp: start + at * hourMs,
      entity: "E",
      user: "j",
      host: null,
      srcIp: null,
    },
  }),
);

const records = fc.array(fc.oneof({ weight: 5, arbitrary: detection }, { weight: 1, arbitrary: alarm }), {
  minLength: 1,
  maxLength: 40,
});

/** Takes batches in as the store does, with the state going through its text each time. Returns whether one of them qualified. */
function takeIn(batches: readonly (readonly Record[])[]): { state: ActorState; qualified: boolean } {
  let state = newActorState(now);
  let qualified = false;
  for (const batch of batches) {
    const detections = batch.flatMap((record) => ("detection" in record ? [record.detection] : []));
    const alarms = batch.flatMap((record) => ("alarm" in record ? [record.alarm] : []));
    const changed = new Set([
      ...addDetections(state.evidence, detections, now),
      ...addAlarms(state.evidence, alarms, now),
    ]);
    qualified = assess(state, changed, rules).qualifies || qualified;
    state = parseActorState(encodeActorState(state));
  }
  return { state, qualified };
}

/** Everything that people see of it. */
function seen({ state, qualified }: { state: ActorState; qualified: boolean }) {
  const window = bestWindow(state.windows, now);
  const cases = rules.patterns.map((pattern) => [pattern.type, caseFacts(state.evidence, pattern)] as const);
  return {
    qualified,
    score: currentScore(state.windows, now),
    facts: window?.facts,
    factors: window === null ? null : factorsOf(window.facts),
    cases: Object.fromEntries(cases.filter(([, facts]) => facts !== null)),
  };
}

/** A permutation of the records, cut into batches. */
const shuffledBatches = records.chain((all) =>
  fc.tuple(
    fc.constant(all),
    fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
    fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 40 }),
  ),
);

function cut(all: readonly Record[], sizes: readonly number[]): Record[][] {
  const batches: Record[][] = [];
  for (let at = 0, next = 0; at < all.length; next++) {
    const size = sizes[next % sizes.length] ?? 1;
    batches.push(all.slice(at, at + size));
    at += size;
  }
  return batches;
}

test("any order and any batches give the same incident, score, factors and cases", () => {
  fc.assert(
    fc.property(shuffledBatches, ([all, shuffled, sizes]) => {
      expect(seen(takeIn(cut(shuffled, sizes)))).toEqual(seen(takeIn([all])));
    }),
    { numRuns: 600 },
  );
});

test("more evidence never lowers the score, closes no case and takes nothing from one", () => {
  fc.assert(
    fc.property(records, fc.oneof(detection, alarm), (all, more) => {
      const before = seen(takeIn([all]));
      const after = seen(takeIn([[...all, more]]));
      expect(after.score).toBeGreaterThanOrEqual(before.score);
      expect(after.qualified || !before.qualified).toBe(true);
      for (const [type, facts] of Object.entries(before.cases)) {
        const grown = after.cases[type];
        expect(grown?.alerts ?? 0).toBeGreaterThanOrEqual(facts?.alerts ?? 0);
        expect(grown?.risk ?? 0).toBeGreaterThanOrEqual(facts?.risk ?? 0);
        for (const host of facts?.hosts ?? []) expect(grown?.hosts).toContain(host);
      }
    }),
    { numRuns: 600 },
  );
});

test("bounds: the score is 0 to 100 and the larger of its floor and the sum of its factors, each between nothing and its weight", () => {
  fc.assert(
    fc.property(records, (all) => {
      const { score, factors, facts } = seen(takeIn([all]));
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(100);
      let sum = 0;
      for (const { name, value, weight, points, why } of factors ?? []) {
        expect(weight).toBe(factorWeights[name]);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(Math.abs(value * weight - points)).toBeLessThan(0.1);
        expect(why).toMatch(/^[A-Z0-9].*\.$/);
        sum += points;
      }
      expect(Math.abs(Math.min(100, Math.max(sum, facts?.floor?.points ?? 0)) - score)).toBeLessThan(1);
    }),
  );
});

test("informational and low detections alone never qualify, however many", () => {
  const few = detection.map((record) => {
    if ("detection" in record && record.detection.level !== "low") record.detection.level = "informational";
    return record;
  });
  fc.assert(
    fc.property(fc.array(fc.oneof(few, alarm), { minLength: 1, maxLength: 60 }), (all) => {
      expect(takeIn([all]).qualified).toBe(false);
    }),
  );
});

test("cases name only families that a detection is tagged with", () => {
  const familyOfCase: { [type: string]: RegExp } = {
    credential_theft: /credential-access/,
    lateral_movement: /lateral_movement/,
    defense_evasion: /stealth/,
    privilege_escalation: /privilege-escalation/,
  };
  fc.assert(
    fc.property(records, (all) => {
      const tagged = all.flatMap((record) => ("detection" in record ? record.detection.tags : [])).join(" ");
      for (const type of Object.keys(seen(takeIn([all])).cases))
        if (type !== "multi_stage_attack") expect(tagged).toMatch(familyOfCase[type] ?? new RegExp(type));
    }),
  );
});
