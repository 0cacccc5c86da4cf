/**
 * The seven factors of an actor's risk (CONTRACT 5): each with its value, its weight and a sentence why. Every value is between 0 and 1
 * and never falls when evidence is added. docs/correlation.md has the table and a worked example.
 */
import { assetSentence, pointsOf as pointsOfAsset } from "../assets/weight.ts";
import { familiesOf } from "../attack/attack.ts";
import { levels } from "../detection.ts";
import type { WindowFacts } from "./facts.ts";
import { rarityText } from "./rarity/rarity.ts";

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
const full = {
  risk: 90,
  // What is worth less raises a score less where something critical is involved.
  assetRisk: 50,
  rules: 10,
  burst: 6,
  families: 6,
  techniques: 10,
  rbpSum: 300,
  alarms24h: 30,
  alarms7d: 100,
  peak: 100,
};
/** A case of risk 100 has this share of the factor; others add to what is left. */
const caseShare = 0.55;

const factorValue: Readonly<Record<FactorName, (facts: WindowFacts) => number>> = {
  detection_severity: ({ severity, asset }) =>
    severity / full.risk +
    (pointsOfAsset(asset) / factorWeights.detection_severity) * Math.min(1, severity / full.assetRisk),
  rule_diversity: ({ ruleWorth, burst }) =>
    0.4 * logarithmic(ruleWorth, full.rules) + 0.6 * logarithmic(burst, full.burst),
  attack_breadth: ({ familyWorth, techniqueWorth }) =>
    0.6 * linear(familyWorth, full.families) + 0.4 * linear(techniqueWorth, full.techniques),
  alarm_priority: ({ rbpMax, rbpSum }) => 0.7 * (rbpMax / 100) + 0.3 * Math.min(1, rbpSum / full.rbpSum),
  alarm_volume: ({ alarms24h, alarms }) =>
    0.5 * logarithmic(alarms24h + 1, full.alarms24h + 1) + 0.5 * logarithmic(alarms + 1, full.alarms7d + 1),
  threat_cases: ({ cases }) => (1 - cases.reduce((left, { lent }) => left * (1 - caseShare * (lent / 100)), 1)) / 0.9,
  // Many detections of what is common here say little.
  velocity: ({ peak, severity }) => logarithmic(peak, full.peak) * (severity / full.risk),
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

const medium = levels.indexOf("medium");

const names = Object.keys(factorWeights) as FactorName[];

/** The score of a window, 0-100, whole: the larger of the factors' sum and the floor. */
export function scoreOf(facts: WindowFacts): number {
  const sum = names.reduce((total, name) => total + pointsOf(name, facts), 0);
  return Math.min(100, Math.max(Math.round(sum), floorPoints(facts)));
}

/** Of the floor that holds, more where something critical is involved; 0 without one. */
function floorPoints({ floor, asset }: WindowFacts): number {
  return floor === null ? 0 : Math.min(100, floor.points + pointsOfAsset(asset));
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
  detection_severity: (facts) => {
    const { detections, level, risk, topRule, severity } = facts;
    if (detections === 0) return "No detection in the seven days that count.";
    if (level < medium)
      return `No detection above low within 7 days: ${many(detections, "detection")} of level low or informational.`;
    const usual = rarityText(facts.seen);
    const counts = severity < risk ? `, and counts for ${round(severity, 0)}` : "";
    return `The most serious of ${many(detections, "detection")} within 7 days is "${topRule}" with risk ${risk}${usual === null ? "" : `; it ${usual}`}${counts}; the highest level is ${levels[level]}.${critical(facts)}`;
  },
  rule_diversity: ({ rules, commonRules, burst, level }) => {
    if (rules === 0) return "No rule above informational fired.";
    const common = commonRules === 0 ? "" : `, ${commonRules} of them common here`;
    const together =
      level < medium
        ? ""
        : `; at most ${burst} of level medium or more${commonRules === 0 ? "" : ", common ones left out,"} within half an hour`;
    return `${many(rules, "different rule")} above informational fired within 7 days${common}${together}.`;
  },
  attack_breadth: ({ mask, techniques, level }) => {
    if (level < medium) return "No rule above low fired.";
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

function critical({ asset }: Pick<WindowFacts, "asset">): string {
  return asset === null ? "" : ` It counts more because ${assetSentence(asset)}.`;
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** The floor of a window as people see it: beside the seven factors, none of them. */
export interface RiskFloor {
  points: number;
  /** The rule's title. */
  rule: string;
  why: string;
}

/** Null if none holds. */
export function floorShown(facts: WindowFacts): RiskFloor | null {
  const { floor } = facts;
  if (floor === null) return null;
  const { rule, why, crownJewel, seen } = floor;
  const usual = rarityText(seen);
  const sentences = [
    why,
    usual === null ? "" : `It ${usual}${crownJewel ? "; this one counts however usual it is" : ""}.`,
  ];
  const more = pointsOfAsset(facts.asset);
  if (facts.asset !== null && more > 0)
    sentences.push(`It counts ${more} points more, because ${assetSentence(facts.asset)}.`);
  return { points: floorPoints(facts), rule, why: sentences.filter((text) => text !== "").join(" ") };
}
