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

/** A case as it is stored. Times are epoch milliseconds. */
export interface ThreatCase {
  /** `CASE-` and 8 hexadecimal digits. */
  caseId: string;
  periodId: number;
  entity: string;
  type: string;
  status: CaseStatus;
  severity: CaseSeverity;
  /** The actor, whatever its type. */
  primaryUser: string;
  assignedAnalyst: string | null;
  investigationNotes: string | null;
  /** Detections. */
  alerts: number;
  /** The highest, 0-100. */
  risk: number;
  hosts: readonly string[];
  firstAlert: number;
  lastAlert: number;
  createdAt: number;
  updatedAt: number;
}

/** By severity, then newest (CONTRACT 5). */
export function compareCases(a: ThreatCase, b: ThreatCase): number {
  const rank = ({ severity }: ThreatCase) => caseSeverities.indexOf(severity);
  return rank(a) - rank(b) || b.lastAlert - a.lastAlert || (a.caseId < b.caseId ? -1 : 1);
}
