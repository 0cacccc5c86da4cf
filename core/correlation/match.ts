/** Which patterns an actor's evidence fulfils, and what their cases hold. */
import { familiesOf } from "../attack/attack.ts";
import { levels } from "../detection.ts";
import { riskLevel } from "../risk.ts";
import { type CaseSeverity, severityOf } from "../threat-case.ts";
import type { Evidence, EvidenceHour, EvidenceItem } from "./evidence.ts";
import { belongs, type PreparedPattern } from "./patterns.ts";
import { hoursWithin, reaches, type WindowEnd } from "./windows.ts";

/** Detections of this level are serious: fewer of them are needed. */
const high = levels.indexOf("high");

/** A pattern that a window fulfils, and the highest risk in it. */
export interface Fulfilled {
  type: string;
  risk: number;
}

/** Patterns that the windows with this end fulfil. The hours that take part are marked. */
export function matchPatterns(evidence: Evidence, end: WindowEnd, patterns: readonly PreparedPattern[]): Fulfilled[] {
  const fulfilled: Fulfilled[] = [];
  for (const pattern of patterns) {
    const risk = matchPattern(evidence, end, pattern);
    if (risk !== null) fulfilled.push({ type: pattern.type, risk });
  }
  return fulfilled;
}

/** The highest risk where the pattern is fulfilled, else null. */
function matchPattern(evidence: Evidence, end: WindowEnd, pattern: PreparedPattern): number | null {
  const rules = new Set<string>();
  const hosts = new Set<number>();
  const taking: EvidenceHour[] = [];
  const stages = new Stages();
  let count = 0;
  let risk = 0;
  let serious = false;
  for (const hour of hoursWithin(evidence, end, pattern.windowHours)) {
    if (hour.closed.includes(pattern.type)) continue;
    let takes = false;
    for (const item of hour.items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || !belongs(pattern, rule) || !reaches(item, end, pattern.windowHours)) continue;
      takes = true;
      count += item.count;
      risk = Math.max(risk, item.risk);
      serious ||= rule.level >= high;
      rules.add(rule.key);
      if (item.host >= 0) hosts.add(item.host);
      if (pattern.minStages > 0) stages.add(rule.mask, rule.key, item);
    }
    if (takes) taking.push(hour);
  }
  const enough =
    count >= (serious ? Math.min(pattern.minAlerts, pattern.minAlertsHigh) : pattern.minAlerts) &&
    rules.size >= pattern.minRules &&
    // Without any host (cloud logs) there is one place: wherever it was.
    Math.max(hosts.size, count > 0 ? 1 : 0) >= pattern.minHosts &&
    stages.reach(pattern.minStages);
  if (count === 0 || !enough) return null;
  for (const hour of taking) if (!hour.matched.includes(pattern.type)) hour.matched.push(pattern.type);
  return risk;
}

interface Stage {
  order: number;
  first: number;
  last: number;
  rules: Set<string>;
}

/**
 * Progress along the kill chain: stages in its order, each begun before the next one ended, each by a rule of its own (one rule with
 * three tactics is no progress). More evidence never undoes it.
 */
class Stages {
  readonly #stages = new Map<number, Stage>();

  add(mask: number, rule: string, { first, last }: EvidenceItem): void {
    for (const { order } of familiesOf(mask)) {
      const stage = this.#stages.get(order) ?? { order, first, last, rules: new Set<string>() };
      stage.first = Math.min(stage.first, first);
      stage.last = Math.max(stage.last, last);
      stage.rules.add(rule);
      this.#stages.set(order, stage);
    }
  }

  reach(wanted: number): boolean {
    if (wanted === 0) return true;
    if (this.#stages.size < wanted) return false;
    const inOrder = [...this.#stages.values()].sort((a, b) => a.order - b.order);
    return this.#extend([], inOrder, wanted);
  }

  #extend(chain: Stage[], rest: readonly Stage[], wanted: number): boolean {
    if (chain.length === wanted) return ownRules(chain);
    const previous = chain.at(-1);
    return rest.some(
      (stage, at) =>
        (previous === undefined || previous.first <= stage.last) &&
        this.#extend([...chain, stage], rest.slice(at + 1), wanted),
    );
  }
}

/** Whether each stage can be given a rule of its own (a matching by augmenting paths). */
function ownRules(chain: readonly Stage[]): boolean {
  const owner = new Map<string, number>();
  const give = (at: number, tried: Set<string>): boolean => {
    for (const rule of chain[at]?.rules ?? []) {
      if (tried.has(rule)) continue;
      tried.add(rule);
      const other = owner.get(rule);
      if (other === undefined || give(other, tried)) {
        owner.set(rule, at);
        return true;
      }
    }
    return false;
  };
  return chain.every((_, at) => give(at, new Set()));
}

/** What a case holds: all of the pattern in the hours that took part. Times are epoch milliseconds. */
export interface CaseFacts {
  alerts: number;
  rules: number;
  risk: number;
  severity: CaseSeverity;
  hosts: string[];
  /** Rules that take part, most serious first, then most detections. */
  ruleKeys: string[];
  first: number;
  last: number;
}

/** Null where the evidence holds nothing of the pattern that counts. */
export function caseFacts(evidence: Evidence, pattern: PreparedPattern): CaseFacts | null {
  const rules = new Map<string, { level: number; count: number }>();
  const hosts = new Set<string>();
  let alerts = 0;
  let risk = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const hour of evidence.hours) {
    if (!hour.matched.includes(pattern.type)) continue;
    for (const item of hour.items) {
      const rule = evidence.rules[item.rule];
      if (rule === undefined || !belongs(pattern, rule)) continue;
      const known = rules.get(rule.key) ?? { level: 0, count: 0 };
      rules.set(rule.key, { level: Math.max(known.level, rule.level), count: known.count + item.count });
      const host = evidence.hosts[item.host];
      if (host !== undefined) hosts.add(host);
      alerts += item.count;
      risk = Math.max(risk, item.risk);
      first = Math.min(first, item.first);
      last = Math.max(last, item.last);
    }
  }
  if (alerts === 0) return null;
  const ruleKeys = [...rules]
    .sort(([keyA, a], [keyB, b]) => b.level - a.level || b.count - a.count || (keyA < keyB ? -1 : 1))
    .map(([key]) => key);
  const severity = severityOf(riskLevel(risk));
  return { alerts, rules: rules.size, risk, severity, hosts: [...hosts].sort(), ruleKeys, first, last };
}
