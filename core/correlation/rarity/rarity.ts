/**
 * How usual a rule is in its entity: how many of the entity's actors it had fired on in the 14 days of detection time before a day. It is
 * noted once per actor, rule and day, when the actor's evidence gets the rule, and never changes afterwards: what comes in later lowers
 * nothing that has been told, and what else happens on that day makes no difference.
 */
import type { Evidence, EvidenceHour } from "../evidence.ts";
import { dayOf, ruleNumbers, type Sighting, sightingKey } from "./sightings.ts";

/** Days before the evidence's own that are looked at. */
const rarityDays = 14;
/** Below these an entity is new: nothing can be told from a rule not having been seen. */
const establishedDays = 3;
export const establishedActors = 20;
/** From so many actors on a rule is common. */
const commonActors = 5;

export type Rarity = "unseen" | "rare" | "unknown" | "common";

/** Undefined (evidence of earlier versions, rules that are not told apart) is unknown. */
export function rarityOf(sighting: Omit<Sighting, "rule"> | undefined): Rarity {
  if (sighting === undefined) return "unknown";
  const { actors, isEstablished } = sighting;
  if (!isEstablished) return actors >= commonActors ? "common" : "unknown";
  if (actors === 0) return "unseen";
  return actors >= commonActors ? "common" : "rare";
}

/** A rule that an actor's evidence has on a day for which no sighting is noted. */
export interface NewSighting {
  evidence: Evidence;
  rule: number;
  key: string;
  day: number;
}

/** The rules and days of these hours that have no sighting. */
export function newSightings(evidence: Evidence, hours: Iterable<EvidenceHour>): NewSighting[] {
  const found = new Map<number, NewSighting>();
  const numbers = ruleNumbers(evidence.rules);
  for (const { hour, items } of hours) {
    const day = dayOf(hour);
    for (const item of items) {
      const rule = numbers[item.rule] ?? item.rule;
      const at = sightingKey(rule, day);
      const key = evidence.rules[rule]?.key ?? "";
      if (key !== "" && !evidence.sightings.has(at)) found.set(at, { evidence, rule, key, day });
    }
  }
  return [...found.values()];
}

/**
 * The days for whose evidence an actor counts from now on: those of the 14 days after `day` for which no other of its days counts
 * already. `days`: all other days on which the actor has been seen (with the rule, or at all).
 */
function newlyCounted(day: number, days: Iterable<number>): number[] {
  let from = day + 1;
  let to = day + rarityDays;
  for (const other of days) {
    if (other === day) return [];
    if (other < day) from = Math.max(from, other + rarityDays + 1);
    else to = Math.min(to, other);
  }
  const counted: number[] = [];
  for (let at = from; at <= to; at++) counted.push(at);
  return counted;
}

/** How many actors of one entity a rule has fired on in the 14 days before a day; null as rule: how many there were. */
export interface ActorCounts {
  of(rule: string | null, day: number): number;
  /** One more actor counts for the evidence of these days. */
  add(rule: string | null, days: readonly number[]): void;
}

/** How usual a rule was before a day. */
export function usualBefore(counts: ActorCounts, key: string, day: number): Omit<Sighting, "rule"> {
  const of = counts.of(null, day);
  // Evidence of three days ago or more is what the day two days ago looked back on.
  const isEstablished = of >= establishedActors && counts.of(null, day - establishedDays + 1) > 0;
  return { day, actors: counts.of(key, day), of, isEstablished };
}

/** Notes sightings of one entity and counts their actors. Days in order, so that those of one batch count for each other as live ones do. */
export function sight(fresh: readonly NewSighting[], counts: ActorCounts): void {
  for (const { evidence, rule, key, day } of [...fresh].sort((a, b) => a.day - b.day)) {
    const usual = usualBefore(counts, key, day);
    const { sightings } = evidence;
    const others = [...sightings.values()];
    counts.add(
      null,
      newlyCounted(
        day,
        others.map((other) => other.day),
      ),
    );
    counts.add(
      key,
      newlyCounted(
        day,
        others.filter((other) => other.rule === rule).map((other) => other.day),
      ),
    );
    sightings.set(sightingKey(rule, day), { rule, ...usual });
  }
}

/** As part of a sentence: "fires on 212 of 300 actors here"; null where nothing can be said. */
export function rarityText(seen: Pick<Sighting, "actors" | "of" | "isEstablished"> | null): string | null {
  if (seen === null) return null;
  const { actors, of, isEstablished } = seen;
  if (actors > 0) return `fires on ${actors} of ${of} ${of === 1 ? "actor" : "actors"} here`;
  return isEstablished ? `was not seen on any of ${of} actors here in the ${rarityDays} days before` : null;
}

const rank: Readonly<Record<Rarity, number>> = { unseen: 0, rare: 1, unknown: 2, common: 3 };

/** Of two sightings of a rule the one in which it was rarer; the same whichever comes first. */
export function rarer(a: Sighting | undefined, b: Sighting | undefined): Sighting | undefined {
  const difference = rank[rarityOf(a)] - rank[rarityOf(b)];
  if (difference !== 0) return difference < 0 ? a : b;
  if (a === undefined || b === undefined) return a ?? b;
  return (a.actors - b.actors || b.of - a.of || a.day - b.day) <= 0 ? a : b;
}

/** Sightings of days long gone are forgotten where evidence is folded. `newest`: the newest hour of the evidence. */
export function foldSightings({ sightings }: Evidence, newest: number): void {
  const oldest = dayOf(newest) - 2 * rarityDays;
  for (const [key, { day }] of sightings) if (day < oldest) sightings.delete(key);
}

/** What a rule counts for, by how usual it is; more when others stand beside it (`burst` of the window). */
export function worthOf(sighting: Sighting | undefined, burst: number): number {
  const worths = worth[rarityOf(sighting)];
  return worths[Math.min(burst, worths.length - 1)] ?? worth.common[0];
}

/** By the number of rules that fire together. */
const worth = {
  unseen: [0.85, 0.85, 0.9, 0.95, 1],
  rare: [0.6, 0.6, 0.7, 0.85, 0.96],
  unknown: [0.5, 0.5, 0.5, 0.65, 0.8, 0.85, 0.9, 0.95],
  common: [0.15],
} as const;
