/**
 * Bounds the state of a permanently active actor, so that work per detection does not grow with its history. Actors with little
 * evidence keep every hour for ever; what is folded here is far behind the windows of anything new.
 */
import { hourMs } from "../time.ts";
import type { Evidence, EvidenceAlarms, EvidenceHour, EvidenceItem } from "./evidence.ts";
import { scoreWindowHours } from "./facts.ts";
import { foldSightings } from "./rarity/rarity.ts";

/** Items (rule × host × hour) up to which everything is kept as it is. */
const roomyItems = 600;
/** Above this, hours more than a day old no longer distinguish hosts. */
const mostItems = 3_000;

/** Folds old hours at `now` (epoch ms) where the evidence has grown large. Returns whether it did. */
export function compact(evidence: Evidence, now: number): boolean {
  if (countItems(evidence) <= roomyItems) return false;
  // What is folded may change what a case holds.
  evidence.steadyFor = undefined;
  foldSightings(evidence, evidence.hours.at(-1)?.hour ?? 0);
  const newest = evidence.hours.at(-1)?.hour ?? 0;
  const before = evidence.hours.length;
  foldHours(
    evidence,
    ({ hour, recorded }) =>
      hour < newest - 2 * scoreWindowHours - 1 && recorded * 60_000 < now - scoreWindowHours * hourMs,
  );
  if (countItems(evidence) > mostItems) foldHours(evidence, ({ hour }) => hour < newest - 2 * scoreWindowHours - 1);
  if (countItems(evidence) > mostItems) foldHosts(evidence, ({ hour }) => hour < newest - 24);
  if (countItems(evidence) > mostItems) foldHosts(evidence, () => true);
  return evidence.hours.length < before;
}

function countItems({ hours }: Evidence): number {
  return hours.reduce((sum, { items }) => sum + items.length, 0);
}

/** Hours for which `old` holds become one for each combination of part and patterns, at the place of the first of them. */
function foldHours(evidence: Evidence, old: (hour: EvidenceHour) => boolean): void {
  const folded = new Map<string, EvidenceHour>();
  const kept: EvidenceHour[] = [];
  for (const hour of evidence.hours) {
    if (!old(hour)) {
      kept.push(hour);
      continue;
    }
    const key = JSON.stringify([hour.part, [...hour.matched].sort(), [...hour.closed].sort()]);
    const into = folded.get(key);
    if (into === undefined) {
      folded.set(key, hour);
      kept.push(hour);
    } else {
      into.items = foldItems([...into.items, ...hour.items], ({ rule, host }) => `${rule} ${host}`);
      into.alarms = foldAlarms(into.alarms, hour.alarms);
      into.recorded = Math.max(into.recorded, hour.recorded);
    }
  }
  evidence.hours = kept;
}

function foldHosts(evidence: Evidence, old: (hour: EvidenceHour) => boolean): void {
  for (const hour of evidence.hours) {
    if (old(hour)) hour.items = foldItems(hour.items, ({ rule }) => String(rule));
  }
}

function foldItems(items: readonly EvidenceItem[], keyOf: (item: EvidenceItem) => string): EvidenceItem[] {
  const folded = new Map<string, EvidenceItem>();
  for (const item of items) {
    const into = folded.get(keyOf(item));
    if (into === undefined) {
      folded.set(keyOf(item), { ...item });
      continue;
    }
    into.count += item.count;
    into.first = Math.min(into.first, item.first);
    into.last = Math.max(into.last, item.last);
    into.risk = Math.max(into.risk, item.risk);
    if (into.host !== item.host) into.host = -1;
  }
  return [...folded.values()];
}

function foldAlarms(a: EvidenceAlarms | null, b: EvidenceAlarms | null): EvidenceAlarms | null {
  if (a === null || b === null) return a ?? b;
  return {
    count: a.count + b.count,
    sum: a.sum + b.sum,
    max: Math.max(a.max, b.max),
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
  };
}
