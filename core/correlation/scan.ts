/**
 * One pass over a window's evidence: the facts that the score is made of, and the patterns that are fulfilled. It runs for every batch
 * that concerns an actor, so it looks at each item once, for all patterns together.
 */

import { outbreakPoints, outbreakSentence } from "../campaigns/outbreak.ts";
import { levels } from "../detection.ts";
import { riskLevel } from "../risk.ts";
import { caseSeverities, severityOf } from "../threat-case.ts";
import { hourMs } from "../time.ts";
import type { Evidence, EvidenceHour, EvidenceItem, EvidenceRule } from "./evidence.ts";
import { type Fulfilled, noFacts, scoreWindowHours, type WindowFacts } from "./facts.ts";
import { type Floor, floorOf, type PreparedFloors } from "./floors.ts";
import { belongs, type PreparedPattern } from "./patterns.ts";
import { rarityOf, worthOf } from "./rarity/rarity.ts";
import { dayOf, ruleNumbers, sightingKey } from "./rarity/sightings.ts";
import { Burst, exact, noteRule, type RuleInWindow, weigh } from "./rarity/weigh.ts";
import { Stages } from "./stages.ts";
import type { WindowEnd } from "./windows.ts";

const high = levels.indexOf("high");
const medium = levels.indexOf("medium");
const low = levels.indexOf("low");

/** Rule data that a pass needs, computed once for all windows. */
export interface RuleTraits {
  /** For each rule the patterns that it belongs to. */
  patterns: PreparedPattern[][];
  /** Rules of the same key (at several levels) have the same number. */
  numbers: number[];
  /** For each rule what it is worth by itself. */
  floors: (Floor | null)[];
  /** The place of each pattern in the table. */
  order: ReadonlyMap<string, number>;
}

export function ruleTraits(
  rules: readonly EvidenceRule[],
  patterns: readonly PreparedPattern[],
  floors: PreparedFloors,
): RuleTraits {
  const { order, traits } = knownTraits(patterns, floors);
  const found = rules.map((rule) => {
    const key = `${rule.level} ${rule.mask} ${rule.techniques.join(" ")}\n${rule.key}\n${rule.title}`;
    let known = traits.get(key);
    if (known === undefined) {
      known = { patterns: patterns.filter((pattern) => belongs(pattern, rule)), floor: floorOf(rule, floors) };
      if (traits.size >= mostTraits) traits.clear();
      traits.set(key, known);
    }
    return known;
  });
  return {
    patterns: found.map((one) => one.patterns),
    numbers: ruleNumbers(rules),
    floors: found.map((one) => one.floor),
    order,
  };
}

interface KnownTraits {
  order: ReadonlyMap<string, number>;
  traits: Map<string, { patterns: PreparedPattern[]; floor: Floor | null }>;
}

/** There are few rules and they repeat, so what a table says of each is looked up once. */
const mostTraits = 5_000;
const tables = new WeakMap<PreparedFloors, KnownTraits & { patterns: readonly PreparedPattern[] }>();

function knownTraits(patterns: readonly PreparedPattern[], floors: PreparedFloors): KnownTraits {
  const known = tables.get(floors);
  if (known?.patterns === patterns) return known;
  const fresh = { patterns, order: new Map(patterns.map(({ type }, at) => [type, at])), traits: new Map() };
  tables.set(floors, fresh);
  return fresh;
}

/** The result of a scan. */
export interface Scan {
  facts: WindowFacts;
  /** Further detections of rules and hosts that are already there cannot fulfil another pattern. */
  isSteady: boolean;
}

/** What a pattern has found so far. */
interface Finding {
  pattern: PreparedPattern;
  count: number;
  risk: number;
  serious: boolean;
  /** Its rules of level medium or more. */
  notable: Set<number>;
  /** A crown jewel is in it. */
  crownJewel: boolean;
  rules: Set<number>;
  hosts: Set<number>;
  hours: EvidenceHour[];
  stages: Stages | null;
}

/** Scans the windows with this end. Marks the hours that take part in a pattern. */
export function scanWindows(evidence: Evidence, end: WindowEnd, traits: RuleTraits): Scan {
  const facts = noFacts(end);
  const rules = new Map<number, RuleInWindow>();
  const hosts = new Set<number>();
  const findings = new Map<string, Finding>();
  const scoreReach = end.first - scoreWindowHours * hourMs;
  const burst = new Burst();
  let hourNumber = Number.NaN;
  let inHour = 0;
  for (let at = end.behind - 1; at >= 0; at--) {
    const hour = evidence.hours[at];
    if (hour === undefined || (hour.hour + 1) * hourMs <= scoreReach) break;
    // Parts of one hour stand side by side.
    if (hour.hour !== hourNumber) inHour = 0;
    hourNumber = hour.hour;
    const day = dayOf(hour.hour);
    for (const item of hour.items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || item.last <= scoreReach) continue;
      const number = traits.numbers[item.rule] ?? item.rule;
      inHour += item.count;
      facts.detections += item.count;
      if (item.first < facts.first) facts.first = item.first;
      if (rule.level > facts.level) facts.level = rule.level;
      if (item.host >= 0) hosts.add(item.host);
      if (rule.level >= low) {
        facts.mask |= rule.mask;
        const sighting = evidence.sightings.get(sightingKey(number, day));
        if (rule.level >= medium && rarityOf(sighting) !== "common") burst.add(hour.hour, item.first, number);
        noteRule(rules, number, { item, rule, sighting, floor: traits.floors[item.rule] ?? null });
      }
      for (const pattern of traits.patterns[item.rule] ?? []) {
        if (item.last > end.first - pattern.windowHours * hourMs && !hour.closed.includes(pattern.type))
          note(findings, pattern, hour, item, rule, traits);
      }
    }
    const { alarms } = hour;
    if (alarms !== null && alarms.last > scoreReach) {
      inHour += alarms.count;
      facts.alarms += alarms.count;
      facts.rbpSum += alarms.sum;
      facts.rbpMax = Math.max(facts.rbpMax, alarms.max);
      facts.first = Math.min(facts.first, alarms.first);
      if (alarms.last > end.last - 24 * hourMs) facts.alarms24h += alarms.count;
    }
    if (hour.recorded > facts.recorded) facts.recorded = hour.recorded;
    if (inHour > facts.peak) facts.peak = inHour;
  }
  facts.rules = rules.size;
  facts.hosts = hosts.size;
  facts.burst = burst.most();
  const worth = new Map<number, number>();
  for (const [number, { sighting }] of rules) worth.set(number, worthOf(sighting, facts.burst));
  const techniques = techniquesOf(evidence, worth, traits);
  facts.techniques = techniques.size;
  // Of informational and low rules alone nothing follows.
  if (facts.level < medium) return { facts, isSteady: true };
  weigh(facts, rules, worth, techniques);
  raiseFloor(facts, evidence, rules, { hour: end.hour, reach: scoreReach });
  let isSteady = true;
  const fulfilled: Finding[] = [];
  for (const finding of findings.values()) {
    if (!isEnough(finding)) {
      isSteady &&= lacksVariety(finding);
      continue;
    }
    const { type } = finding.pattern;
    fulfilled.push(finding);
    for (const { matched } of finding.hours) if (!matched.includes(type)) matched.push(type);
  }
  facts.cases = lend(fulfilled, rules, worth, traits.order);
  return { facts, isSteady };
}

/** An outbreak is worth its points in the windows that have its first host's evidence of the rule. */
function raiseFloor(
  facts: WindowFacts,
  evidence: Evidence,
  rules: ReadonlyMap<number, RuleInWindow>,
  window: { hour: number; reach: number },
): void {
  for (const { key, title, hosts, firstAt, lastAt } of evidence.outbreaks) {
    const rule = rules.get(evidence.rules.findIndex((one) => one.key === key));
    if (rule === undefined || firstAt <= window.reach || Math.floor(firstAt / hourMs) > window.hour) continue;
    const { floor } = facts;
    if (floor !== null && floor.points > outbreakPoints) continue;
    const why = outbreakSentence(hosts, lastAt - firstAt);
    const crownJewel = floor?.crownJewel ?? false;
    facts.floor = { points: outbreakPoints, crownJewel, rule: title, why, seen: rule.sighting ?? null };
  }
}

/** What a rule lends to the patterns that it is in: all to the most severe, then to the first of the table. */
function lend(
  fulfilled: readonly Finding[],
  rules: ReadonlyMap<number, RuleInWindow>,
  worth: ReadonlyMap<number, number>,
  order: ReadonlyMap<string, number>,
): Fulfilled[] {
  const severity = ({ risk }: Finding) => caseSeverities.indexOf(severityOf(riskLevel(risk)));
  const place = ({ pattern }: Finding) => order.get(pattern.type) ?? 0;
  const given = new Set<number>();
  return [...fulfilled]
    .sort((a, b) => severity(a) - severity(b) || place(a) - place(b))
    .map(({ pattern: { type }, risk, rules: numbers, crownJewel }) => {
      const values: number[] = [];
      for (const number of numbers) {
        if (given.has(number)) continue;
        given.add(number);
        values.push((rules.get(number)?.risk ?? 0) * (worth.get(number) ?? 0) ** 2);
      }
      const [best = 0, second = 0] = values.sort((a, b) => b - a);
      return { type, risk, lent: exact(crownJewel ? best : (best + second) / 2) };
    })
    .sort(byType);
}

function byType(a: Fulfilled, b: Fulfilled): number {
  return a.type < b.type ? -1 : 1;
}

function note(
  findings: Map<string, Finding>,
  pattern: PreparedPattern,
  hour: EvidenceHour,
  item: EvidenceItem,
  rule: EvidenceRule,
  traits: RuleTraits,
): void {
  let finding = findings.get(pattern.type);
  if (finding === undefined) {
    const stages = pattern.minStages > 0 ? new Stages() : null;
    finding = {
      pattern,
      count: 0,
      risk: 0,
      serious: false,
      notable: new Set(),
      crownJewel: false,
      rules: new Set(),
      hosts: new Set(),
      hours: [],
      stages,
    };
    findings.set(pattern.type, finding);
  }
  finding.count += item.count;
  if (item.risk > finding.risk) finding.risk = item.risk;
  if (rule.level >= high) finding.serious = true;
  if (pattern.isBuiltIn === true && traits.floors[item.rule]?.crownJewel) finding.crownJewel = true;
  const number = traits.numbers[item.rule] ?? item.rule;
  finding.rules.add(number);
  if (rule.level >= medium) finding.notable.add(number);
  if (item.host >= 0) finding.hosts.add(item.host);
  if (finding.hours.at(-1) !== hour) finding.hours.push(hour);
  finding.stages?.add(rule.mask, number, item);
}

function isEnough(finding: Finding): boolean {
  const { pattern, count, stages, notable } = finding;
  const serious = finding.serious || (pattern.isBuiltIn === true && notable.size >= 2);
  return (
    count >= (serious ? Math.min(pattern.minAlerts, pattern.minAlertsHigh) : pattern.minAlerts) &&
    !lacksVariety(finding) &&
    (stages === null || stages.reach(pattern.minStages))
  );
}

/** It lacks rules, hosts or stages, so further or later detections of those that it has cannot fulfil it. */
function lacksVariety({ pattern, notable, crownJewel, rules, hosts, stages }: Finding): boolean {
  return (
    notable.size === 0 ||
    rules.size < (crownJewel ? 1 : pattern.minRules) ||
    // Without any host (cloud logs) everything counts as one host.
    Math.max(hosts.size, 1) < pattern.minHosts ||
    (stages !== null && stages.size < pattern.minStages)
  );
}

/** The techniques that the window's rules name, each with the best worth of its rules. */
function techniquesOf(
  { rules }: Evidence,
  worth: ReadonlyMap<number, number>,
  { numbers }: RuleTraits,
): Map<string, number> {
  const techniques = new Map<string, number>();
  for (const [at, rule] of rules.entries()) {
    const own = rule.level < low ? undefined : worth.get(numbers[at] ?? at);
    if (own === undefined) continue;
    for (const id of rule.techniques) techniques.set(id, Math.max(techniques.get(id) ?? 0, own));
  }
  return techniques;
}
