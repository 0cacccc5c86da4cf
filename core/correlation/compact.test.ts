import { expect, test } from "bun:test";
import { detectionOf } from "../../test/harness/detection-of.ts";
import type { Detection } from "../detection.ts";
import { hourMs } from "../time.ts";
import { encodeActorState, newActorState, parseActorState } from "./actor-state.ts";
import { assess } from "./assess.ts";
import { caseFacts } from "./case-facts.ts";
import { compact } from "./compact.ts";
import { addDetections } from "./evidence.ts";
import { builtInFloors, prepareFloors } from "./floors.ts";
import { builtInPatterns, preparePatterns } from "./patterns.ts";
import { currentScore } from "./score.ts";

const start = Date.UTC(2026, 0, 1);
const rules = { patterns: preparePatterns(builtInPatterns), floors: prepareFloors(builtInFloors), minScore: 40 };
const execution = rules.patterns.find(({ type }) => type === "execution")!;

function detection(at: number, rule: number, host: string): Detection {
  const about = { ruleId: `rule-${rule}`, ruleTitle: `Rule ${rule}`, tags: ["attack.execution"] };
  return detectionOf({ ...about, timestamp: at, user: null, host });
}

/** An actor on which `rules` rules fire on `hosts` hosts every hour for so many days, recorded as it happens. */
function restless(days: number, ruleCount: number, hosts: number) {
  const state = newActorState(start);
  let largest = 0;
  for (let at = 0; at < days * 24; at++) {
    const now = start + at * hourMs;
    const batch = Array.from({ length: ruleCount * hosts }, (_, n) =>
      detection(now, n % ruleCount, `h-${Math.floor(n / ruleCount)}`),
    );
    assess(state, addDetections(state.evidence, batch, now), rules);
    compact(state.evidence, now);
    largest = Math.max(largest, encodeActorState(state).length);
  }
  return { state, largest, now: start + days * 24 * hourMs };
}

test("what is kept of an actor that never rests stays bounded, and no detection of its case is lost", () => {
  const { state, largest, now } = restless(40, 5, 3);
  expect(largest).toBeLessThan(200_000);
  const facts = caseFacts(state.evidence, execution);
  expect(facts).toMatchObject({ alerts: 40 * 24 * 15, rules: 5, first: start, hosts: ["h-0", "h-1", "h-2"] });
  expect(currentScore(state.windows, now)).toBeGreaterThan(20);
  expect(parseActorState(encodeActorState(state))).toEqual(state);
});

test("many hosts: they are no longer told apart, counts and rules are", () => {
  const { state, largest } = restless(4, 4, 60);
  expect(largest).toBeLessThan(400_000);
  expect(caseFacts(state.evidence, execution)).toMatchObject({ alerts: 4 * 24 * 240, rules: 4 });
});

test("an actor with little evidence keeps every hour, however old", () => {
  const state = newActorState(start);
  const batch = Array.from({ length: 100 }, (_, n) => detection(start + n * 100 * hourMs, 1, "h"));
  assess(state, addDetections(state.evidence, batch, start), rules);
  const before = encodeActorState(state);
  expect(compact(state.evidence, start + 10_000 * hourMs)).toBe(false);
  expect(encodeActorState(state)).toBe(before);
});
