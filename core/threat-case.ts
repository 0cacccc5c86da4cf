/** A threat case: a correlated attack pattern of one actor, and the message body that a case event carries. */
import type { FieldChange, IncidentStatus } from "./incident.ts";
import type { RiskLevel } from "./risk.ts";

export const caseStatuses = ["OPEN", "IN_PROGRESS", "CLOSED"] as const;
export type CaseStatus = (typeof caseStatuses)[number];

export const caseSeverities = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;
export type CaseSeverity = (typeof caseSeverities)[number];

/** The seeds write levels of incidents in lower case and severities of cases in upper case (CONTRACT 9.8). */
export function severityOf(level: RiskLevel): CaseSeverity {
  return level.toUpperCase() as CaseSeverity;
}

/**
 * JSON body of a case's syslog message (seed 003 "Case JSON Body"), keys in the seed's order. It is what the event stores: message and
 * structured data are made from it alone. Times are whole seconds with `Z`.
 */
export interface CaseBody {
  case_id: string;
  event: "created" | "updated";
  entity_name: string;
  case_type: string;
  status: CaseStatus;
  severity: CaseSeverity;
  primary_user: string;
  assigned_analyst: string | null;
  investigation_notes: string | null;
  alert_count: number;
  max_risk_score: number;
  affected_computers: string[];
  related_incident: {
    incident_id: string;
    group_key: string;
    status: IncidentStatus;
    assigned_analyst: string | null;
  } | null;
  timeline: {
    first_alert: string;
    last_alert: string;
    created_at: string;
    updated_at: string;
  };
  /** In `case_updated` only. */
  changes?: FieldChange[];
}
