/**
 * What is known of an actor since its last incident was closed: its detections and alarms by the hour in which they happened. Adding
 * is commutative: any order and any batches of the same detections give the same evidence.
 */

import { readAttackTags } from "../attack/attack.ts";
import { type Alarm, type Detection, levels } from "../detection.ts";
import { normaliseHost, normaliseName } from "../intake/identity.ts";
import { hourMs } from "../time.ts";
import { ruleNumbers, type Sighting, sightingKey } from "./rarity/sightings.ts";

/** A rule at one level (engines may report a rule at several). */
export interface EvidenceRule {
  /** Its id, else its title; lower case. */
  key: string;
  title: string;
  /** Index into `levels`. */
  level: number;
  /** ATT&CK families, as a mask. */
  mask: number;
  techniques: string[];
}

/** Detections of one rule on one host within one hour. */
export interface EvidenceItem {
  /** Index into the evidence's rules. */
  rule: number;
  /** Index into the evidence's hosts; -1 = no host. */
  host: number;
  count: number;
  /** Epoch milliseconds. */
  first: number;
  last: number;
  /** The highest, 0-100. */
  risk: number;
}

/** SIEM alarms within one hour. */
export interface EvidenceAlarms {
  count: number;
  /** Of their RBPs. */
  sum: number;
  max: number;
  /** Epoch milliseconds. */
  first: number;
  last: number;
}

export interface EvidenceHour {
  /** Epoch milliseconds / 3,600,000 of the detections' own time. */
  hour: number;
  /** The hour's part of the evidence: closing a case begins a new part, which separates what the case covered from what came later. */
  part: number;
  /** When the newest of it was recorded: epoch minutes of the appliance's clock. */
  recorded: number;
  items: EvidenceItem[];
  alarms: EvidenceAlarms | null;
  /** Patterns that this hour contributes to. */
  matched: string[];
  /** Patterns for which it no longer counts, because their case was closed. */
  closed: string[];
}

/** An outbreak that is this actor's (`core/campaigns/outbreak.ts`). */
export interface EvidenceOutbreak {
  /** Of its row. */
  id: number;
  /** Key and title of its rule. */
  key: string;
  title: string;
  hosts: number;
  /** Epoch milliseconds. */
  firstAt: number;
  lastAt: number;
}

export interface Evidence {
  rules: EvidenceRule[];
  hosts: string[];
  /** By hour, then part. */
  hours: EvidenceHour[];
  /** Where new evidence goes. */
  part: number;
  /** How usual its rules were in the entity, by `sightingKey`. */
  sightings: Map<number, Sighting>;
  /** In the order in which they were found. */
  outbreaks: EvidenceOutbreak[];
  /** So many of its rules were known when it was last assessed: those behind them are new. */
  assessedRules: number;
  /**
   * The mark of the patterns (`steadyMark`) for which the window that ends with the newest hour was scanned, if more detections of what
   * that hour holds cannot fulfil another of them.
   */
  steadyFor?: string | undefined;
}

/** Far more than one actor normally has; beyond it, new ones are counted as one more unnamed rule or host. */
const mostRules = 500;
const mostHosts = 1_000;

export function noEvidence(): Evidence {
  return { rules: [], hosts: [], hours: [], part: 0, sightings: new Map(), outbreaks: [], assessedRules: 0 };
}

/** Adds detections of one actor, recorded at `now` (epoch ms). Returns the hours that changed. */
export function addDetections(evidence: Evidence, detections: readonly Detection[], now: number): Set<EvidenceHour> {
  const changed = new Set<EvidenceHour>();
  for (const detection of detections) {
    const hour = hourOf(evidence, detection.timestamp, now);
    changed.add(hour);
    const rule = ruleIndex(evidence, detection);
    const host = hostIndex(evidence, detection.host);
    const { timestamp, risk } = detection;
    const item = hour.items.find((known) => known.rule === rule && known.host === host);
    if (item === undefined) {
      hour.items.push({ rule, host, count: 1, first: timestamp, last: timestamp, risk });
      continue;
    }
    item.count++;
    item.first = Math.min(item.first, timestamp);
    item.last = Math.max(item.last, timestamp);
    item.risk = Math.max(item.risk, risk);
  }
  return changed;
}

/** Adds alarms of one actor. `raised`: of an alarm that is known already, by how much its RBP is higher than it was known to be. */
export function addAlarms(
  evidence: Evidence,
  alarms: readonly (Pick<Alarm, "timestamp" | "rbp"> & { raised?: { by: number } })[],
  now: number,
): Set<EvidenceHour> {
  const changed = new Set<EvidenceHour>();
  for (const { timestamp, rbp, raised } of alarms) {
    const hour = hourOf(evidence, timestamp, now);
    changed.add(hour);
    const sum = hour.alarms ?? { count: 0, sum: 0, max: 0, first: timestamp, last: timestamp };
    hour.alarms = {
      count: sum.count + (raised === undefined ? 1 : 0),
      sum: sum.sum + (raised?.by ?? rbp),
      max: Math.max(sum.max, rbp),
      first: Math.min(sum.first, timestamp),
      last: Math.max(sum.last, timestamp),
    };
  }
  return changed;
}

/** From here on the evidence so far no longer counts for this pattern. */
export function closePattern(evidence: Evidence, pattern: string): void {
  for (const hour of evidence.hours) {
    if (!hour.closed.includes(pattern)) hour.closed.push(pattern);
    hour.matched = hour.matched.filter((name) => name !== pattern);
  }
  evidence.part++;
}

/** Undoes `closePattern` for the parts above `after` up to `upto`; all of them take part in the case again. */
export function reopenPattern(evidence: Evidence, pattern: string, after: number, upto: number): void {
  for (const hour of evidence.hours) {
    if (hour.part <= after || hour.part > upto) continue;
    hour.closed = hour.closed.filter((name) => name !== pattern);
    if (!hour.matched.includes(pattern)) hour.matched.push(pattern);
  }
}

/** Adds another's evidence of the same actor, as if it had come in here. */
export function mergeEvidence(into: Evidence, from: Evidence): void {
  const part = into.part + 1;
  for (const hour of from.hours) {
    const items = hour.items.map((item) => ({
      ...item,
      rule: addRule(into, from.rules[item.rule] ?? unnamedRule(0)),
      host: item.host < 0 ? -1 : addHost(into, from.hosts[item.host] ?? ""),
    }));
    insertHour(into, { ...hour, part: part + hour.part, items });
  }
  const numbers = ruleNumbers(into.rules);
  for (const sighting of from.sightings.values()) {
    const known = from.rules[sighting.rule];
    const at = into.rules.findIndex(({ key }) => key === known?.key);
    const key = sightingKey(numbers[at] ?? at, sighting.day);
    if (at >= 0 && !into.sightings.has(key)) into.sightings.set(key, { ...sighting, rule: at });
  }
  for (const outbreak of from.outbreaks) noteOutbreak(into, outbreak);
  into.part = part + from.part;
}

/** More than an attack on one actor makes; beyond it the oldest goes. */
const mostOutbreaks = 8;

/** Adds an outbreak, or what is now known of it. */
export function noteOutbreak({ outbreaks }: Evidence, outbreak: EvidenceOutbreak): void {
  const at = outbreaks.findIndex(({ id }) => id === outbreak.id);
  if (at >= 0) outbreaks[at] = outbreak;
  else outbreaks.push(outbreak);
  if (outbreaks.length > mostOutbreaks) outbreaks.shift();
}

function hourOf(evidence: Evidence, timestamp: number, now: number): EvidenceHour {
  const number = Math.floor(timestamp / hourMs);
  const recorded = Math.floor(now / 60_000);
  const { hours, part } = evidence;
  // Nearly always it is one of the newest.
  for (let at = hours.length - 1; at >= 0; at--) {
    const hour = hours[at];
    if (hour === undefined || hour.hour < number) break;
    if (hour.hour === number && hour.part === part) {
      hour.recorded = Math.max(hour.recorded, recorded);
      return hour;
    }
  }
  const hour: EvidenceHour = { hour: number, part, recorded, items: [], alarms: null, matched: [], closed: [] };
  insertHour(evidence, hour);
  return hour;
}

function insertHour({ hours }: Evidence, hour: EvidenceHour): void {
  let at = hours.length;
  for (let before = hours[at - 1]; before !== undefined; before = hours[at - 1]) {
    if (before.hour < hour.hour || (before.hour === hour.hour && before.part <= hour.part)) break;
    at--;
  }
  hours.splice(at, 0, hour);
}

function ruleIndex(evidence: Evidence, detection: Detection): number {
  return addRule(evidence, ruleOf(detection));
}

/** The rule that a detection names. */
export function ruleOf(detection: Pick<Detection, "ruleId" | "ruleTitle" | "level" | "tags">): EvidenceRule {
  const { mask, techniques } = readAttackTags(detection.tags);
  const level = levels.indexOf(detection.level);
  const key = normaliseName(detection.ruleId) || normaliseName(detection.ruleTitle);
  return { key, title: detection.ruleTitle, level, mask, techniques: [...techniques] };
}

/** The rule's index. Where versions of a rule have other tags, it has all of them; of titles the first in the alphabet. */
function addRule(evidence: Evidence, rule: EvidenceRule): number {
  const { rules } = evidence;
  const at = rules.findIndex(({ key, level }) => key === rule.key && level === rule.level);
  const known = rules[at];
  if (known === undefined) {
    if (rules.length >= mostRules && rule.key !== "") return addRule(evidence, unnamedRule(rule.level));
    rules.push(rule);
    return rules.length - 1;
  }
  known.mask |= rule.mask;
  if (rule.title < known.title) known.title = rule.title;
  for (const technique of rule.techniques) {
    if (!known.techniques.includes(technique)) known.techniques = [...known.techniques, technique].sort();
  }
  return at;
}

function unnamedRule(level: number): EvidenceRule {
  return { key: "", title: "other rules", level, mask: 0, techniques: [] };
}

function hostIndex(evidence: Evidence, host: string | null): number {
  const name = hostName(host);
  return name === "" ? -1 : addHost(evidence, name);
}

/** A host as evidence has it; empty if there is none. */
export function hostName(host: string | null): string {
  const name = normaliseHost(host);
  return name === "-" ? "" : name;
}

function addHost({ hosts }: Evidence, name: string): number {
  const at = hosts.indexOf(name);
  if (at >= 0) return at;
  if (hosts.length >= mostHosts) return -1;
  hosts.push(name);
  return hosts.length - 1;
}
