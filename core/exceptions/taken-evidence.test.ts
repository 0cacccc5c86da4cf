/** Taking evidence out gives what would be known had it never come in; giving it back gives what was known before. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { exceptionOf } from "../../test/harness/exception-of.ts";
import { type ActorState, encodeActorState, newActorState, parseActorState } from "../correlation/actor-state.ts";
import { addAlarms, addDetections } from "../correlation/evidence.ts";
import { mergeState } from "../correlation/merge-states.ts";
import { newSightings, sight } from "../correlation/rarity/rarity.ts";
import { ruleSummaries } from "../correlation/summary.ts";
import { type Detection, levels } from "../detection.ts";
import { hourMs, minuteMs } from "../time.ts";
import { ExceptionMatcher } from "./exception-matcher.ts";
import { itemTest, takeItems } from "./taken-evidence.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);
const rules = { hostShortNames: false };
const holder = { entity: "E", actor: { type: "user", name: "j" } } as const;

const some = fc.record({
  rule: fc.integer({ min: 0, max: 2 }),
  host: fc.constantFrom(null, "ws-1", "ws-2", "srv-1"),
  level: fc.constantFrom(...levels),
  minutes: fc.integer({ min: 0, max: 300 }),
});
type Some = typeof some extends fc.Arbitrary<infer T> ? T : never;

const detection = ({ rule, host, level, minutes }: Some): Detection =>
  detectionOf({
    ruleId: `r${rule}`,
    ruleTitle: `Rule ${rule}`,
    host,
    level,
    timestamp: now - 6 * hourMs + minutes * minuteMs,
  });

function stateOf(detections: readonly Detection[], alarms: number): ActorState {
  const state = newActorState(now);
  addDetections(state.evidence, detections, now);
  if (alarms > 0) addAlarms(state.evidence, [{ timestamp: now - hourMs, rbp: 50 }], now);
  for (const { level, timestamp } of detections) {
    state.activity.detections++;
    if (level === "high" || level === "critical") state.activity.highDetections++;
    state.activity.firstAt = Math.min(state.activity.firstAt ?? timestamp, timestamp);
    state.activity.lastAt = Math.max(state.activity.lastAt ?? timestamp, timestamp);
  }
  if (alarms > 0) {
    state.activity.firstAt = Math.min(state.activity.firstAt ?? now, now - hourMs);
    state.activity.lastAt = Math.max(state.activity.lastAt ?? 0, now - hourMs);
  }
  return state;
}

/** What is known, whatever the order in which it came. */
function known({ evidence, activity }: ActorState): object {
  const items = evidence.hours.flatMap(({ hour, items: all, alarms }) => [
    ...all.map(({ rule, host, ...counts }) => ({
      hour,
      rule: evidence.rules[rule]?.key,
      level: evidence.rules[rule]?.level,
      host: evidence.hosts[host] ?? null,
      ...counts,
    })),
    ...(alarms === null ? [] : [{ hour, alarms }]),
  ]);
  const sorted = items.map((item) => JSON.stringify(item)).sort();
  return { items: sorted, rules: ruleSummaries(evidence), hosts: [...evidence.hosts].sort(), activity };
}

const scopes = fc.constantFrom(
  exceptionOf({ rule: "r1" }),
  exceptionOf({ rule: "rule ?", host: "ws-*" }),
  exceptionOf({ actor: "j" }),
  exceptionOf({ rule: "r2", host: "srv-1" }),
  exceptionOf({ rule: "other" }),
);

test("property: by taking and by never having had", () => {
  fc.assert(
    fc.property(fc.array(some, { maxLength: 30 }), scopes, fc.integer({ min: 0, max: 1 }), (list, scope, alarms) => {
      const matcher = new ExceptionMatcher(scope, rules);
      const names = (one: Detection) => ({ actor: ["j"], host: [one.host ?? ""] });
      const detections = list.map(detection);
      const state = stateOf(detections, alarms);
      const taken = takeItems(state, itemTest(matcher, holder, state.evidence, rules));
      const left = detections.filter((one) => !matcher.fitsNames({ ...one, entity: "E" }, names(one)));
      expect(known(state)).toEqual(known(stateOf(left, alarms)));
      expect(taken?.activity.detections ?? 0).toBe(detections.length - left.length);
      if (taken === null) return;
      mergeState(state, parseActorState(encodeActorState(taken)));
      const { activity } = state;
      expect(activity).toEqual(stateOf(detections, alarms).activity);
      const count = state.evidence.hours.flatMap(({ items }) => items).reduce((sum, item) => sum + item.count, 0);
      expect(count).toBe(detections.length);
    }),
    { numRuns: 300 },
  );
});

test("what is left is assessed from scratch, and what an exception does not cover stays as it was", () => {
  const state = stateOf([detection({ rule: 1, host: null, level: "high", minutes: 0 })], 0);
  const before = encodeActorState(state);
  expect(takeItems(state, () => false)).toBeNull();
  expect(encodeActorState(state)).toBe(before);
  state.evidence.hours[0]?.matched.push("credential_theft");
  expect(takeItems(state, () => true)?.evidence.hours).toHaveLength(1);
  expect(state).toMatchObject({
    evidence: { hours: [], rules: [], hosts: [] },
    windows: [],
    activity: { detections: 0, firstAt: null },
  });
});

test("how usual a rule was stays with it, taken out, left and given back", () => {
  const state = newActorState(now);
  const all = [0, 1, 2].map((rule) => detection({ rule, host: "ws-1", level: "high", minutes: 10 }));
  const hours = addDetections(state.evidence, all, now);
  const counts = { of: (rule: string | null) => (rule === null ? 300 : Number(rule.slice(1)) * 100), add: () => {} };
  sight(newSightings(state.evidence, hours), counts);
  const usual = ({ evidence }: ActorState) =>
    Object.fromEntries([...evidence.sightings.values()].map(({ rule, actors }) => [evidence.rules[rule]?.key, actors]));
  expect(usual(state)).toEqual({ r0: 0, r1: 100, r2: 200 });
  const matcher = new ExceptionMatcher(exceptionOf({ rule: "r0" }), rules);
  const taken = takeItems(state, itemTest(matcher, holder, state.evidence, rules));
  expect(usual(state)).toEqual({ r1: 100, r2: 200 });
  expect(taken === null ? null : usual(taken)).toEqual({ r0: 0 });
  // A rule that comes now is new, those that are left are not.
  expect(state.evidence.assessedRules).toBe(2);
  if (taken !== null) mergeState(state, taken);
  expect(usual(state)).toEqual({ r0: 0, r1: 100, r2: 200 });
});
