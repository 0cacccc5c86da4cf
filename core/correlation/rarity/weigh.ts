/** What a window's rules are worth together: less where they are common in the entity (`rarity.ts`), and at least the floor of one of them. */
import { levels } from "../../detection.ts";
import { minuteMs } from "../../time.ts";
import type { EvidenceItem, EvidenceRule } from "../evidence.ts";
import type { WindowFacts } from "../facts.ts";
import type { Floor } from "../floors.ts";
import { establishedActors, rarer, rarityOf } from "./rarity.ts";
import type { Sighting } from "./sightings.ts";

/** So many fewer rules than the table asks for have to fire together for a floor to hold where a rule is known to be rare. */
const fewerTogether = { unseen: 2, rare: 1, unknown: 0 } as const;

const critical = levels.indexOf("critical");
const medium = levels.indexOf("medium");

/** What a window has of one rule. */
export interface RuleInWindow {
  title: string;
  risk: number;
  level: number;
  mask: number;
  floor: Floor | null;
  /** Where it was rarest. */
  sighting: Sighting | undefined;
}

/** Rules that first fired so close to each other within their hours count as together. */
const togetherMs = 30 * minuteMs;

/** The most distinct rules that fired together. Of each rule and hour the first time counts, so that repeats change nothing. */
export class Burst {
  /** Hours in descending order, each with the first time of its rules. */
  readonly #hours: Map<number, number>[] = [];
  #hour = Number.NaN;

  /** `hour` is never later than that of the call before. */
  add(hour: number, at: number, rule: number): void {
    if (hour !== this.#hour) this.#hours.push(new Map());
    this.#hour = hour;
    const firsts = this.#hours.at(-1);
    const known = firsts?.get(rule);
    if (known === undefined || at < known) firsts?.set(rule, at);
  }

  most(): number {
    const fired = this.#hours.toReversed().flatMap((firsts) => [...firsts].sort(([, a], [, b]) => a - b));
    const within = new Map<number, number>();
    let most = 0;
    let from = 0;
    for (const [rule, at] of fired) {
      within.set(rule, (within.get(rule) ?? 0) + 1);
      for (let first = fired[from]; first !== undefined && first[1] < at - togetherMs; first = fired[++from]) {
        const count = (within.get(first[0]) ?? 1) - 1;
        if (count === 0) within.delete(first[0]);
        else within.set(first[0], count);
      }
      if (within.size > most) most = within.size;
    }
    return most;
  }
}

/** Adds one item of a rule to what the window has of it. */
export function noteRule(
  rules: Map<number, RuleInWindow>,
  number: number,
  seen: { item: EvidenceItem; rule: EvidenceRule; sighting: Sighting | undefined; floor: Floor | null },
): void {
  const { item, rule, sighting, floor } = seen;
  const known = rules.get(number);
  if (known === undefined) {
    const { title, level, mask } = rule;
    rules.set(number, { title, risk: item.risk, level, mask, floor, sighting });
    return;
  }
  if (item.risk > known.risk) known.risk = item.risk;
  if (rule.level > known.level) known.level = rule.level;
  if (rule.title < known.title) known.title = rule.title;
  known.mask |= rule.mask;
  if (floor !== known.floor) known.floor = better(known.floor, floor);
  if (sighting !== known.sighting) known.sighting = rarer(known.sighting, sighting);
}

/** A crown jewel before others, then the higher one. */
function better(a: Floor | null, b: Floor | null): Floor | null {
  if (a === null || b === null) return a ?? b;
  if (a.crownJewel !== b.crownJewel) return a.crownJewel ? a : b;
  return b.points > a.points ? b : a;
}

/** Adds what the rules are worth. `techniques`: of each the best worth of its rules. */
export function weigh(
  facts: WindowFacts,
  rules: ReadonlyMap<number, RuleInWindow>,
  worth: ReadonlyMap<number, number>,
  techniques: ReadonlyMap<string, number>,
): void {
  const families = new Map<number, number>();
  for (const [number, rule] of rules) {
    const own = worth.get(number) ?? 0;
    const severity = exact(rule.risk * own);
    facts.ruleWorth += own;
    for (let bits = rule.mask; bits !== 0; bits &= bits - 1) {
      const family = bits & -bits;
      families.set(family, Math.max(families.get(family) ?? 0, own ** 2));
    }
    if (rarityOf(rule.sighting) === "common") facts.commonRules++;
    if (severity > facts.severity || (severity === facts.severity && rule.title < facts.topRule)) {
      facts.severity = severity;
      facts.topRule = rule.title;
      facts.risk = rule.risk;
      facts.seen = rule.sighting ?? null;
    }
    const { floor } = rule;
    if (floor === null || rule.level < medium || !holds(floor, rule, facts.burst)) continue;
    const { points, crownJewel, why } = floor;
    const known = facts.floor;
    if (
      known === null ||
      points > known.points ||
      (points === known.points &&
        ((crownJewel && !known.crownJewel) || (crownJewel === known.crownJewel && rule.title < known.rule)))
    )
      facts.floor = { points, crownJewel, why, rule: rule.title, seen: rule.sighting ?? null };
  }
  // A rule may have many tactics: each rule counts for itself and one more.
  const best = [...families.values()].sort((a, b) => b - a).slice(0, rules.size + 1);
  for (const value of best) facts.familyWorth += value;
  for (const value of techniques.values()) facts.techniqueWorth += value ** 2;
  facts.ruleWorth = exact(facts.ruleWorth);
  facts.familyWorth = exact(facts.familyWorth);
  facts.techniqueWorth = exact(facts.techniqueWorth);
}

/** Sums of fractions differ in their last digits with the order in which they are added; these do not. */
export function exact(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/**
 * Whether a rule's floor holds: of a crown jewel always, of others where the rule is not common and enough rules fire together. In the
 * first days of an entity with many actors a rule of which nothing is known is more likely a usual one, so one more is asked for.
 */
function holds({ crownJewel, rulesTogether }: Floor, { sighting, level }: RuleInWindow, burst: number): boolean {
  if (crownJewel) return true;
  const rarity = rarityOf(sighting);
  if (rarity === "common") return false;
  if (level >= critical) return true;
  const isNewAndLarge = rarity === "unknown" && (sighting?.of ?? 0) >= establishedActors;
  return burst >= rulesTogether - fewerTogether[rarity] + (isNewAndLarge ? 1 : 0);
}
