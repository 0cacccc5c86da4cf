/** Score to level to severity: the one table (seed 003 "Syslog Severity Mapping", seed 001 "Severity Determination"; CONTRACT 9.2). */
import type { Level } from "./detection.ts";

export const riskLevels = ["critical", "high", "medium", "low"] as const;
export type RiskLevel = (typeof riskLevels)[number];

/** RFC 5424 severity codes per risk level. */
export const syslogSeverity = { critical: 2, high: 3, medium: 4, low: 6 } as const satisfies Record<RiskLevel, number>;

/** The lowest score of each level. */
const lowestScore = { critical: 85, high: 70, medium: 40, low: 0 } as const satisfies Record<RiskLevel, number>;

/** Level of a score 0-100: ≥85 critical, ≥70 high, ≥40 medium, else low. */
export function riskLevel(score: number): RiskLevel {
  return riskLevels.find((level) => score >= lowestScore[level]) ?? "low";
}

/** Between which scores, both included, these levels lie, and with them levels in between; `highest` null = without end. */
export function scoresOf(levels: readonly RiskLevel[]): { lowest: number; highest: number | null } {
  const places = levels.map((level) => riskLevels.indexOf(level));
  const above = riskLevels[Math.min(...places) - 1];
  const last = riskLevels[Math.max(...places)];
  return {
    lowest: last === undefined ? 0 : lowestScore[last],
    highest: above === undefined ? null : lowestScore[above] - 1,
  };
}

/** Risk of a detection that states none (CONTRACT 2). */
export const riskOfLevel = { informational: 10, low: 25, medium: 50, high: 75, critical: 90 } as const satisfies Record<
  Level,
  number
>;

/** Above 0 when `a` is the higher level, 0 when they are the same. */
export function compareLevels(a: RiskLevel, b: RiskLevel): number {
  return syslogSeverity[b] - syslogSeverity[a];
}
