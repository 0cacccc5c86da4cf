/** Takes out of an actor's evidence what an exception covers that was saved after the evidence had come in. */
import type { Actor } from "../correlation/actor.ts";
import { type ActorState, newActorState } from "../correlation/actor-state.ts";
import type { Evidence, EvidenceHour, EvidenceItem, EvidenceRule } from "../correlation/evidence.ts";
import { sightingKey } from "../correlation/rarity/sightings.ts";
import { levels } from "../detection.ts";
import { type ExceptionMatcher, type NamingRules, namesOf } from "./exception-matcher.ts";

const high = levels.indexOf("high");

/** Whose evidence it is. */
export interface Holder {
  entity: string;
  actor: Actor;
}

/** Tells of each item of somebody's evidence whether the exception covers its detections, as far as rule, actor and host say. */
export function itemTest(
  matcher: ExceptionMatcher,
  { entity, actor }: Holder,
  { rules, hosts }: Evidence,
  actorRules: NamingRules,
): (item: EvidenceItem) => boolean {
  const known = new Map<string, boolean>();
  return ({ rule, host }) => {
    const key = `${rule} ${host}`;
    let covered = known.get(key);
    if (covered === undefined) {
      covered = covers(matcher, entity, actor, rules[rule], hosts[host] ?? null, actorRules);
      known.set(key, covered);
    }
    return covered;
  };
}

function covers(
  matcher: ExceptionMatcher,
  entity: string,
  actor: Actor,
  rule: EvidenceRule | undefined,
  host: string | null,
  actorRules: NamingRules,
): boolean {
  // Rules beyond the limit of an actor's evidence have lost their names.
  if (rule === undefined || rule.key === "") return false;
  const detection = { entity, ruleId: rule.key, ruleTitle: rule.title, host };
  return matcher.fitsNames(detection, namesOf(detection, actor, actorRules));
}

/**
 * Moves the items for which `isCovered` holds to a state of their own, with their part of the counts; null if there are none. What is left has
 * to be assessed from scratch: its windows and what takes part in patterns are forgotten.
 */
export function takeItems(state: ActorState, isCovered: (item: EvidenceItem) => boolean): ActorState | null {
  const { evidence, activity } = state;
  const taken = newActorState(0);
  const left: EvidenceHour[] = [];
  for (const hour of evidence.hours) {
    const covered = hour.items.filter(isCovered);
    if (covered.length > 0) taken.evidence.hours.push({ ...hour, items: covered, alarms: null, matched: [] });
    const items = covered.length === 0 ? hour.items : hour.items.filter((item) => !isCovered(item));
    if (items.length > 0 || hour.alarms !== null) left.push({ ...hour, items });
  }
  if (taken.evidence.hours.length === 0) return null;
  const { rules, hosts, part, sightings } = evidence;
  Object.assign(taken.evidence, { rules, hosts, part, sightings });
  evidence.hours = left.map((hour) => ({ ...hour, matched: [] }));
  moveOutbreaks(evidence, taken.evidence);
  dropUnused(taken.evidence);
  dropUnused(evidence);
  Object.assign(taken.activity, countsOf(taken.evidence));
  evidence.steadyFor = undefined;
  state.windows = [];
  activity.detections = Math.max(0, activity.detections - taken.activity.detections);
  activity.highDetections = Math.max(0, activity.highDetections - taken.activity.highDetections);
  const { firstAt, lastAt } = countsOf(evidence);
  Object.assign(activity, { firstAt, lastAt });
  return taken;
}

/** An outbreak goes with the last evidence of its rule. */
function moveOutbreaks(from: Evidence, to: Evidence): void {
  const left = new Set(from.hours.flatMap(({ items }) => items.map(({ rule }) => from.rules[rule]?.key)));
  to.outbreaks = from.outbreaks.filter(({ key }) => !left.has(key));
  from.outbreaks = from.outbreaks.filter(({ key }) => left.has(key));
}

/** Forgets rules and hosts of which there is no item. */
function dropUnused(evidence: Evidence): void {
  const rules: EvidenceRule[] = [];
  const hosts: string[] = [];
  const [ruleAt, hostAt] = [new Map<number, number>(), new Map<number, number>([[-1, -1]])];
  const placeOf = <T>(places: Map<number, number>, kept: T[], all: readonly T[], at: number) => {
    const known = places.get(at);
    const value = all[at];
    if (known !== undefined || value === undefined) return known ?? -1;
    places.set(at, kept.length);
    return kept.push(value) - 1;
  };
  for (const hour of evidence.hours)
    hour.items = hour.items.map((item) => ({
      ...item,
      rule: placeOf(ruleAt, rules, evidence.rules, item.rule),
      host: placeOf(hostAt, hosts, evidence.hosts, item.host),
    }));
  const sightings = movedSightings(evidence, rules);
  // All of them have been told, if they had to be.
  Object.assign(evidence, { rules, hosts, sightings, assessedRules: rules.length });
}

/** How usual the rules were that are kept, by their new places. */
function movedSightings(evidence: Evidence, rules: readonly EvidenceRule[]): Evidence["sightings"] {
  const sightings: Evidence["sightings"] = new Map();
  for (const sighting of evidence.sightings.values()) {
    const key = evidence.rules[sighting.rule]?.key;
    const rule = rules.findIndex((one) => one.key === key);
    if (rule >= 0) sightings.set(sightingKey(rule, sighting.day), { ...sighting, rule });
  }
  return sightings;
}

function countsOf({ hours, rules }: Evidence) {
  let detections = 0;
  let highDetections = 0;
  let firstAt: number | null = null;
  let lastAt: number | null = null;
  const seen = (first: number, last: number) => {
    firstAt = Math.min(firstAt ?? first, first);
    lastAt = Math.max(lastAt ?? last, last);
  };
  for (const { items, alarms } of hours) {
    for (const { rule, count, first, last } of items) {
      detections += count;
      if ((rules[rule]?.level ?? 0) >= high) highDetections += count;
      seen(first, last);
    }
    if (alarms !== null) seen(alarms.first, alarms.last);
  }
  return { detections, highDetections, firstAt: firstAt as number | null, lastAt: lastAt as number | null };
}
