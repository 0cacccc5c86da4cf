/** What the seven factors are computed from: one window of seven days as numbers, small enough to be kept with the actor. */
import { familiesOf } from "../attack/attack.ts";
import { levels } from "../detection.ts";
import { type Evidence, hourMs } from "./evidence.ts";
import type { Fulfilled } from "./match.ts";
import { hoursWithin, reaches, type WindowEnd } from "./windows.ts";

export const scoreWindowHours = 168;

/** Times are epoch milliseconds. */
export interface WindowFacts {
  /** The newest evidence: where the window ends. */
  at: number;
  first: number;
  /** When the newest part of it was recorded, epoch minutes of the appliance's clock. */
  recorded: number;
  detections: number;
  /** Of the most serious detection. */
  risk: number;
  topRule: string;
  /** Index into `levels` of the highest level. */
  level: number;
  /** Different rules, informational ones left out, as in what follows. */
  rules: number;
  /** Family mask. */
  mask: number;
  techniques: number;
  hosts: number;
  alarms: number;
  alarms24h: number;
  rbpSum: number;
  rbpMax: number;
  /** Most detections and alarms in one hour. */
  peak: number;
  /** Patterns fulfilled at its end, with their highest risk. */
  cases: Fulfilled[];
}

const low = levels.indexOf("low");

export function windowFacts(evidence: Evidence, end: WindowEnd, cases: Fulfilled[]): WindowFacts {
  const facts: WindowFacts = {
    ...{
      at: end.last,
      first: end.first,
      recorded: 0,
      detections: 0,
      risk: 0,
      topRule: "",
      level: 0,
      rules: 0,
      mask: 0,
    },
    ...{ techniques: 0, hosts: 0, alarms: 0, alarms24h: 0, rbpSum: 0, rbpMax: 0, peak: 0, cases },
  };
  const rules = new Set<string>();
  const techniques = new Set<string>();
  const hosts = new Set<number>();
  const perHour = new Map<number, number>();
  const seen = (hour: number, count: number, { first }: { first: number }) => {
    facts.first = Math.min(facts.first, first);
    const total = (perHour.get(hour) ?? 0) + count;
    perHour.set(hour, total);
    facts.peak = Math.max(facts.peak, total);
  };
  for (const { hour, recorded, items, alarms } of hoursWithin(evidence, end, scoreWindowHours)) {
    for (const item of items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || !reaches(item, end, scoreWindowHours)) continue;
      facts.recorded = Math.max(facts.recorded, recorded);
      facts.detections += item.count;
      seen(hour, item.count, item);
      if (isMoreSerious(item.risk, rule.title, facts)) {
        facts.risk = item.risk;
        facts.topRule = rule.title;
      }
      facts.level = Math.max(facts.level, rule.level);
      if (item.host >= 0) hosts.add(item.host);
      if (rule.level < low) continue;
      rules.add(rule.key);
      facts.mask |= rule.mask;
      for (const id of rule.techniques) techniques.add(id);
    }
    if (alarms === null || !reaches(alarms, end, scoreWindowHours)) continue;
    facts.recorded = Math.max(facts.recorded, recorded);
    facts.alarms += alarms.count;
    facts.rbpSum += alarms.sum;
    facts.rbpMax = Math.max(facts.rbpMax, alarms.max);
    if (alarms.last > end.last - 24 * hourMs) facts.alarms24h += alarms.count;
    seen(hour, alarms.count, alarms);
  }
  return { ...facts, rules: rules.size, techniques: techniques.size, hosts: hosts.size };
}

/** Of equals the first in the alphabet, so that the order in which they came in does not matter. */
function isMoreSerious(risk: number, title: string, { risk: known, topRule }: WindowFacts): boolean {
  return risk > known || (risk === known && (topRule === "" || title < topRule));
}

/** How many families a window shows. A rule may have many tactics: each counts for itself and one more. */
export function familyCount({ mask, rules }: WindowFacts): number {
  return Math.min(familiesOf(mask).length, rules + 1);
}
