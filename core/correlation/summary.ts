/** The actor's part of an incident's detail: rules, hosts and the chain of tactics. */
import { familiesOf } from "../attack/attack.ts";
import { type Level, levels } from "../detection.ts";
import type { ActorState } from "./actor-state.ts";
import { type Confidence, confidenceOf } from "./confidence.ts";
import type { Evidence } from "./evidence.ts";
import { factorsOf, floorShown, primaryDriver, type RiskFactor, type RiskFloor } from "./factors.ts";
import { bestWindow } from "./score.ts";

/** Detections of one rule. Times are epoch milliseconds. */
export interface RuleSummary {
  /** The rule's id, else its title; lower case. */
  key: string;
  title: string;
  level: Level;
  count: number;
  first: number;
  last: number;
  hosts: string[];
  tactics: string[];
  techniques: string[];
}

/** Most serious first, then most detections. */
export function ruleSummaries({ rules, hosts, hours }: Evidence): RuleSummary[] {
  const summaries = new Map<string, RuleSummary & { mask: number }>();
  for (const { items } of hours) {
    for (const item of items) {
      const rule = rules[item.rule];
      if (rule === undefined) continue;
      const { key, title, level, mask, techniques } = rule;
      const summary = summaries.get(key) ?? {
        key,
        title,
        level: levels[level] ?? "informational",
        count: 0,
        first: item.first,
        last: item.last,
        hosts: [],
        tactics: [],
        techniques: [],
        mask: 0,
      };
      summaries.set(key, summary);
      summary.count += item.count;
      summary.first = Math.min(summary.first, item.first);
      summary.last = Math.max(summary.last, item.last);
      if (level > levels.indexOf(summary.level)) summary.level = levels[level] ?? summary.level;
      summary.mask |= mask;
      summary.techniques = [...new Set([...summary.techniques, ...techniques])].sort();
      const host = hosts[item.host];
      if (host !== undefined && !summary.hosts.includes(host)) summary.hosts.push(host);
    }
  }
  const rank = ({ level }: RuleSummary) => levels.indexOf(level);
  return [...summaries.values()]
    .map(({ mask, ...summary }) => ({ ...summary, tactics: familiesOf(mask).map(({ name }) => name) }))
    .sort((a, b) => rank(b) - rank(a) || b.count - a.count || (a.key < b.key ? -1 : 1));
}

/** A tactic, and when it was first seen. */
export interface ChainLink {
  tactic: string;
  title: string;
  /** Epoch milliseconds. */
  first: number;
  count: number;
}

/** Tactics in kill-chain order. Informational rules are left out. */
export function attackChain({ rules, hours }: Evidence): ChainLink[] {
  const links = new Map<number, ChainLink>();
  for (const { items } of hours) {
    for (const item of items) {
      const rule = rules[item.rule];
      if (rule === undefined || rule.level === 0) continue;
      for (const { order, name, title } of familiesOf(rule.mask)) {
        const link = links.get(order) ?? { tactic: name, title, first: item.first, count: 0 };
        link.first = Math.min(link.first, item.first);
        link.count += item.count;
        links.set(order, link);
      }
    }
  }
  return [...links].sort(([a], [b]) => a - b).map(([, link]) => link);
}

export interface RiskDetail {
  score: number;
  previousScore: number;
  /** Epoch milliseconds of the appliance's clock. */
  scoreChangedAt: number;
  trend: "rising" | "falling" | "steady";
  factors: RiskFactor[];
  /** What one rule is worth by itself, at the score's age; null if none holds. */
  floor: RiskFloor | null;
  primaryDriver: RiskFactor | null;
  confidence: Confidence | null;
}

/** The score with its reasons; without evidence there are none. */
export function riskDetail({ risk, windows, evidence }: ActorState, now: number): RiskDetail {
  const largestOutbreak = Math.max(0, ...evidence.outbreaks.map(({ hosts }) => hosts));
  const facts = bestWindow(windows, now)?.facts ?? null;
  const factors = facts === null ? [] : factorsOf(facts);
  return {
    score: risk.score,
    previousScore: risk.previous,
    scoreChangedAt: risk.changedAt,
    trend: risk.score > risk.previous ? "rising" : risk.score < risk.previous ? "falling" : "steady",
    factors,
    floor: facts === null ? null : floorShown(facts),
    primaryDriver: facts === null ? null : primaryDriver(factors),
    confidence: facts === null ? null : confidenceOf(facts, largestOutbreak),
  };
}
