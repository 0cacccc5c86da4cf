/**
 * The seven factors of an actor's risk (CONTRACT 5): each with its value, its weight and a sentence why. Every value is between 0 and 1
 * and never falls when evidence is added. docs/correlation.md has the table and a worked example.
 */
import { familiesOf } from "../attack/attack.ts";
import { levels } from "../detection.ts";
import { familyCount, type WindowFacts } from "./facts.ts";

export interface RiskFactor {
  name: FactorName;
  /** 0-1, three decimals. */
  value: number;
  /** Points that a value of 1 gives. */
  weight: number;
  /** value × weight, one decimal. */
  points: number;
  /** Why, with the numbers of this actor. */
  why: string;
}

/** Those of detections together make 100: detections alone can reach it, alarms only add. */
export const factorWeights = {
  detection_severity: 42,
  rule_diversity: 10,
  attack_breadth: 15,
  alarm_priority: 15,
  alarm_volume: 10,
  threat_cases: 20,
  velocity: 13,
} as const;
export type FactorName = keyof typeof factorWeights;

/** The amount at which a factor reaches its full value. */
const full = { risk: 90, rules: 10, families: 6, techniques: 10, rbpSum: 300, alarms24h: 30, alarms7d: 100, peak: 100 };
/** A case of risk 100 has this share of the factor; others add to what is left. */
const caseShare = 0.55;

const factorValue: Readonly<Record<FactorName, (facts: WindowFacts) => number>> = {
  detection_severity: ({ risk }) => risk / full.risk,
  rule_diversity: ({ rules }) => logarithmic(rules, full.rules),
  attack_breadth: (facts) =>
    0.6 * linear(familyCount(facts), full.families) + 0.4 * linear(facts.techniques, full.techniques),
  alarm_priority: ({ rbpMax, rbpSum }) => 0.7 * (rbpMax / 100) + 0.3 * Math.min(1, rbpSum / full.rbpSum),
  alarm_volume: ({ alarms24h, alarms }) =>
    0.5 * logarithmic(alarms24h + 1, full.alarms24h + 1) + 0.5 * logarithmic(alarms + 1, full.alarms7d + 1),
  threat_cases: ({ cases }) => (1 - cases.reduce((left, { risk }) => left * (1 - caseShare * (risk / 100)), 1)) / 0.9,
  velocity: ({ peak }) => logarithmic(peak, full.peak),
};

/** 0 for one, 1 from `most` on. */
function linear(count: number, most: number): number {
  return Math.max(0, count - 1) / (most - 1);
}

/** 0 for one, 1 from `most` on, in between each doubling adds the same. */
function logarithmic(count: number, most: number): number {
  return count <= 1 ? 0 : Math.log(count) / Math.log(most);
}

function pointsOf(name: FactorName, facts: WindowFacts): number {
  return Math.min(1, Math.max(0, factorValue[name](facts))) * factorWeights[name];
}

const names = Object.keys(factorWeights) as FactorName[];

/** The score of a window, 0-100, whole. */
export function scoreOf(facts: WindowFacts): number {
  const sum = names.reduce((total, name) => total + pointsOf(name, facts), 0);
  return Math.min(100, Math.round(sum));
}

/** The seven factors in their order. */
export function factorsOf(facts: WindowFacts): RiskFactor[] {
  return names.map((name) => {
    const points = pointsOf(name, facts);
    const weight = factorWeights[name];
    return { name, value: round(points / weight, 3), weight, points: round(points, 1), why: sentences[name](facts) };
  });
}

/** The factor with the largest share of the score. */
export function primaryDriver(factors: readonly RiskFactor[]): RiskFactor {
  return factors.reduce((most, factor) => (factor.points > most.points ? factor : most));
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

const sentences: Readonly<Record<FactorName, (facts: WindowFacts) => string>> = {
  detection_severity: ({ detections, level, risk, topRule }) =>
    detections === 0
      ? "No detection."
      : `The most serious of ${many(detections, "detection")} is "${topRule}" with risk ${risk}; the highest level is ${levels[level]}.`,
  rule_diversity: ({ rules }) =>
    rules === 0
      ? "No rule above informational fired."
      : `${many(rules, "different rule")} above informational fired within 7 days.`,
  attack_breadth: ({ mask, techniques }) => {
    const titles = familiesOf(mask).map(({ title }) => title);
    if (titles.length === 0) return "The rules name no ATT&CK tactic.";
    return `${many(titles.length, "ATT&CK tactic")} (${titles.join(", ")}) and ${many(techniques, "technique")}.`;
  },
  // There may be older ones: what is said holds for the window.
  alarm_priority: ({ alarms, rbpMax, rbpSum }) =>
    alarms === 0
      ? "No SIEM alarm in the seven days that count."
      : `${many(alarms, "SIEM alarm")} within 7 days, the highest risk-based priority ${rbpMax}, on average ${round(rbpSum / alarms, 1)}.`,
  alarm_volume: ({ alarms, alarms24h }) =>
    alarms === 0
      ? "No SIEM alarm in the seven days that count."
      : `${alarms24h === 0 ? "No SIEM alarm" : many(alarms24h, "SIEM alarm")} within the last 24 hours, ${alarms} within 7 days.`,
  threat_cases: ({ cases }) =>
    cases.length === 0
      ? "No attack pattern is fulfilled."
      : `${many(cases.length, "attack pattern")} fulfilled: ${cases.map(({ type }) => type.replaceAll("_", " ")).join(", ")}.`,
  velocity: ({ peak }) =>
    peak === 0
      ? "No detection or alarm in the seven days that count."
      : `At most ${many(peak, "detection or alarm", "detections and alarms")} in one hour.`,
};

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
