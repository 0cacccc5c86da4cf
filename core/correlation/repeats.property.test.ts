/** Assessing repeats without looking at the rest of the evidence gives what looking at all of it gives, to the letter. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { detectionOf } from "../../test/harness/detection-of.ts";
import { type Alarm, type Detection, levels } from "../detection.ts";
import { hourMs } from "../time.ts";
import { type ActorState, encodeActorState, newActorState, parseActorState } from "./actor-state.ts";
import { type Assessment, activeCase, assess, assessRepeats } from "./assess.ts";
import { compact } from "./compact.ts";
import { addAlarms, addDetections, closePattern } from "./evidence.ts";
import { builtInFloors, prepareFloors } from "./floors.ts";
import { builtInPatterns, preparePatterns } from "./patterns.ts";
import { addRepeats, addStoredRepeats, type Repeats } from "./repeats.ts";

const rules = { patterns: preparePatterns(builtInPatterns), floors: prepareFloors(builtInFloors), minScore: 40 };
const start = Date.UTC(2026, 2, 13, 4, 30);

const tags = [["attack.execution"], ["attack.lateral_movement", "attack.t1021"], ["attack.credential-access"], []];

interface Step {
  /** Detections of rule, host, minute of the hour, level and risk. */
  batch: { rule: number; title: string; host: string | null; minute: number; level: number; risk: number }[];
  /** Hours that have passed since the step before. */
  hours: number;
  alarms: number;
  /** A case of this kind is closed. */
  closes: string | null;
  /** The state goes through its text. */
  stored: boolean;
}

const usual = { rule: 0, title: "b", host: "ws-1", minute: 20, level: 3, risk: 70 };
const other = fc.record({
  rule: fc.integer({ min: 0, max: 3 }),
  title: fc.constantFrom("b", "a"),
  host: fc.constantFrom("ws-1", "WS-2", null),
  minute: fc.constantFrom(10, 20, 30),
  level: fc.constantFrom(0, 1, 2, 3),
  risk: fc.constantFrom(70, 80),
});
const later = { ...usual, minute: 40 };
const usually = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(usual, later, { ...usual, rule: 1 }) },
  { weight: 1, arbitrary: other },
);

function seldom<T, U>(often: T, ...others: U[]) {
  return fc.oneof({ weight: 15, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: fc.constantFrom(...others) });
}

const step: fc.Arbitrary<Step> = fc.record({
  batch: fc.array(usually, { minLength: 1, maxLength: 2 }),
  hours: seldom(0, 1, -1, 30, 170),
  alarms: seldom(0, 1),
  closes: seldom(null, ...builtInPatterns.map(({ type }) => type)),
  stored: seldom(false, true),
});

function detection({ rule, title, host, minute, level, risk }: Step["batch"][number], at: number): Detection {
  return detectionOf({
    ruleId: `rule-${rule}`,
    ruleTitle: `Rule ${title}`,
    tags: tags[rule] ?? [],
    level: levels[level] ?? "low",
    risk,
    timestamp: Math.floor(at / hourMs) * hourMs + minute * 60_000,
    host,
  });
}

/** One actor, taken in as the store does: `short` looks at repeats alone where it may. */
class Taken {
  state: ActorState = newActorState(start);
  shortcuts = 0;
  readonly #short: boolean;
  /** The state as text, without the repeats that came since. */
  #text = "";
  #repeats: Repeats[] = [];
  #cases = 0;

  constructor(short: boolean) {
    this.#short = short;
  }

  take(detections: readonly Detection[], alarms: readonly Alarm[], now: number): boolean {
    const { state } = this;
    const repeated = this.#short && alarms.length === 0 ? addRepeats(state.evidence, detections, now) : null;
    const short = repeated === null ? null : assessRepeats(state, repeated.hour, detections.length, rules);
    if (short !== null) this.shortcuts++;
    const changed =
      repeated === null
        ? [...addDetections(state.evidence, detections, now), ...addAlarms(state.evidence, alarms, now)]
        : [repeated.hour];
    const assessment: Assessment = short ?? assess(state, new Set(changed), rules);
    for (const { known, facts } of assessment.grown) Object.assign(known, activeCase(known.id, known.type, facts));
    for (const { type, facts } of assessment.opened) state.cases.push(activeCase(`CASE-${this.#cases++}`, type, facts));
    const folded = compact(state.evidence, now);
    if (short !== null && !folded) this.#repeats.push(...(repeated?.repeats ?? []));
    else this.#rest();
    return assessment.qualifies;
  }

  /** As a case is closed by hand: it is read, changed and stored. */
  close(type: string): void {
    this.store();
    closePattern(this.state.evidence, type);
    this.state.cases = this.state.cases.filter((known) => known.type !== type);
    this.state.windows = [];
    assess(this.state, new Set(this.state.evidence.hours), rules);
    this.store();
    this.#rest();
  }

  #rest(): void {
    this.#text = encodeActorState(this.state);
    this.#repeats = [];
  }

  /** As the state is read where its repeats are stored apart. */
  apart(): ActorState {
    const state = parseActorState(this.#text);
    addStoredRepeats(state, this.#repeats);
    return { ...state, activity: this.state.activity };
  }

  store(): void {
    this.state = parseActorState(encodeActorState(this.state));
  }
}

function run(steps: readonly Step[]): number {
  const [short, whole] = [new Taken(true), new Taken(false)];
  let now = start;
  for (const { batch, hours, alarms, closes, stored } of steps) {
    now += hours * hourMs + 20_000;
    if (closes !== null) for (const taken of [short, whole]) taken.close(closes);
    const alarm = { alarmId: "a", name: "n", rbp: 50, timestamp: now, entity: "E", user: "j", host: null, srcIp: null };
    const detections = batch.map((one) => detection(one, now));
    const qualified = [short, whole].map((taken) => taken.take(detections, Array(alarms).fill(alarm), now));
    expect(qualified[0]).toBe(qualified[1]);
    expect(encodeActorState(short.state)).toBe(encodeActorState(whole.state));
    expect(encodeActorState(short.apart())).toBe(encodeActorState(short.state));
    if (stored) short.store();
    // What is read each time has nothing in memory that a repeat could rest on.
    whole.store();
  }
  return short.shortcuts;
}

test("any evidence, in any order, with cases closed in between", () => {
  let shortcuts = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 2, maxLength: 30, size: "max" }), (steps) => {
      shortcuts += run(steps);
    }),
    { numRuns: 500 },
  );
  expect(shortcuts).toBeGreaterThan(500);
});

test("one detection again and again: repeats are taken alone once no pattern lacks detections", () => {
  const one = { rule: 0, title: "b", host: "ws-1", minute: 10, level: 2, risk: 70 };
  const steps = Array.from({ length: 40 }, () => ({ batch: [one], hours: 0, alarms: 0, closes: null, stored: false }));
  expect(run(steps)).toBeGreaterThan(30);
});
