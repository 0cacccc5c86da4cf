/**
 * One pass over a window's evidence: the facts that the score is made of, and the patterns that are fulfilled. It runs for every batch
 * that concerns an actor, so it looks at each item once, for all patterns together.
 */

import { levels } from "../detection.ts";
import { hourMs } from "../time.ts";
import type { Evidence, EvidenceHour, EvidenceItem, EvidenceRule } from "./evidence.ts";
import { type Fulfilled, scoreWindowHours, type WindowFacts } from "./facts.ts";
import { belongs, type PreparedPattern } from "./patterns.ts";
import { Stages } from "./stages.ts";
import type { WindowEnd } from "./windows.ts";

const high = levels.indexOf("high");
const low = levels.indexOf("low");

/** Rule data that a pass needs, computed once for all windows. */
export interface RuleTraits {
  /** For each rule the patterns that it belongs to. */
  patterns: PreparedPattern[][];
  /** Rules of the same key (at several levels) have the same number. */
  numbers: number[];
}

export function ruleTraits(rules: readonly EvidenceRule[], patterns: readonly PreparedPattern[]): RuleTraits {
  const numbers: number[] = [];
  for (const [at, { key }] of rules.entries()) {
    // Rules stand in the order in which they came: an earlier one of this key has the number.
    const first = rules.findIndex((rule) => rule.key === key);
    numbers.push(first < 0 ? at : first);
  }
  return { patterns: rules.map((rule) => patterns.filter((pattern) => belongs(pattern, rule))), numbers };
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
  rules: Set<number>;
  hosts: Set<number>;
  hours: EvidenceHour[];
  stages: Stages | null;
}

/** Scans the windows with this end. Marks the hours that take part in a pattern. */
export function scanWindows(evidence: Evidence, end: WindowEnd, traits: RuleTraits): Scan {
  const facts: WindowFacts = {
    at: end.last,
    first: end.first,
    recorded: 0,
    detections: 0,
    risk: 0,
    topRule: "",
    level: 0,
    rules: 0,
    mask: 0,
    techniques: 0,
    hosts: 0,
    alarms: 0,
    alarms24h: 0,
    rbpSum: 0,
    rbpMax: 0,
    peak: 0,
    cases: [],
  };
  const rules = new Set<number>();
  const hosts = new Set<number>();
  const findings = new Map<string, Finding>();
  const scoreReach = end.first - scoreWindowHours * hourMs;
  let hourNumber = Number.NaN;
  let inHour = 0;
  for (let at = end.behind - 1; at >= 0; at--) {
    const hour = evidence.hours[at];
    if (hour === undefined || (hour.hour + 1) * hourMs <= scoreReach) break;
    // Parts of one hour stand side by side.
    if (hour.hour !== hourNumber) inHour = 0;
    hourNumber = hour.hour;
    for (const item of hour.items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || item.last <= scoreReach) continue;
      inHour += item.count;
      facts.detections += item.count;
      if (item.first < facts.first) facts.first = item.first;
      if (
        item.risk > facts.risk ||
        (item.risk === facts.risk && (facts.topRule === "" || rule.title < facts.topRule))
      ) {
        facts.risk = item.risk;
        facts.topRule = rule.title;
      }
      if (rule.level > facts.level) facts.level = rule.level;
      if (item.host >= 0) hosts.add(item.host);
      if (rule.level >= low) {
        rules.add(traits.numbers[item.rule] ?? item.rule);
        facts.mask |= rule.mask;
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
  facts.techniques = countTechniques(evidence, rules, traits);
  let isSteady = true;
  for (const finding of findings.values()) {
    if (!isEnough(finding)) {
      isSteady &&= lacksVariety(finding);
      continue;
    }
    const { type } = finding.pattern;
    facts.cases.push({ type, risk: finding.risk });
    for (const { matched } of finding.hours) if (!matched.includes(type)) matched.push(type);
  }
  facts.cases.sort(byType);
  return { facts, isSteady };
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
    finding = { pattern, count: 0, risk: 0, serious: false, rules: new Set(), hosts: new Set(), hours: [], stages };
    findings.set(pattern.type, finding);
  }
  finding.count += item.count;
  if (item.risk > finding.risk) finding.risk = item.risk;
  if (rule.level >= high) finding.serious = true;
  const number = traits.numbers[item.rule] ?? item.rule;
  finding.rules.add(number);
  if (item.host >= 0) finding.hosts.add(item.host);
  if (finding.hours.at(-1) !== hour) finding.hours.push(hour);
  finding.stages?.add(rule.mask, number, item);
}

function isEnough(finding: Finding): boolean {
  const { pattern, count, serious, stages } = finding;
  return (
    count >= (serious ? Math.min(pattern.minAlerts, pattern.minAlertsHigh) : pattern.minAlerts) &&
    !lacksVariety(finding) &&
    (stages === null || stages.reach(pattern.minStages))
  );
}

/** It lacks rules, hosts or stages, so further or later detections of those that it has cannot fulfil it. */
function lacksVariety({ pattern, rules, hosts, stages }: Finding): boolean {
  return (
    rules.size < pattern.minRules ||
    // Without any host (cloud logs) everything counts as one host.
    Math.max(hosts.size, 1) < pattern.minHosts ||
    (stages !== null && stages.size < pattern.minStages)
  );
}

function countTechniques({ rules }: Evidence, seen: ReadonlySet<number>, { numbers }: RuleTraits): number {
  const techniques = new Set<string>();
  for (const [at, rule] of rules.entries()) {
    if (rule.level >= low && rule.techniques.length > 0 && seen.has(numbers[at] ?? at))
      for (const id of rule.techniques) techniques.add(id);
  }
  return techniques.size;
}
