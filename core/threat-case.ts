/** A threat case: a correlated attack pattern of one actor. */
import type { RiskLevel } from "./risk.ts";

export const caseStatuses = ["OPEN", "IN_PROGRESS", "CLOSED"] as const;
export type CaseStatus = (typeof caseStatuses)[number];

export const caseSeverities = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;
export type CaseSeverity = (typeof caseSeverities)[number];

/** The seeds write levels of incidents in lower case and severities of cases in upper case (CONTRACT 9.8). */
export function severityOf(level: RiskLevel): CaseSeverity {
  return level.toUpperCase() as CaseSeverity;
}
