/** An incident: all that concerns one actor of one entity, and the message body that an incident event carries. */
import type { RiskLevel } from "./risk.ts";
import type { CaseSeverity, CaseStatus } from "./threat-case.ts";

export const actorTypes = ["user", "host", "ip"] as const;
export type ActorType = (typeof actorTypes)[number];

export const incidentStatuses = ["OPEN", "IN_PROGRESS", "CLOSED", "FALSE_POSITIVE"] as const;
export type IncidentStatus = (typeof incidentStatuses)[number];

/** Whether evidence still counts towards an incident of this status. */
export function isOpen(status: IncidentStatus): boolean {
  return status === "OPEN" || status === "IN_PROGRESS";
}

/** One field that an `incident_updated` or `case_updated` tells of. */
export interface FieldChange {
  field: string;
  old: string | number | null;
  new: string | number | null;
}

/** An active case of the incident's actor, as the incident's message names it. */
export interface RelatedCase {
  case_id: string;
  case_type: string;
  severity: CaseSeverity;
  status: CaseStatus;
  alert_count: number;
  max_risk_score: number;
  first_alert: string;
  last_alert: string;
}

/**
 * JSON body of an incident's syslog message (seed 003 "Incident JSON Body"), keys in the seed's order. It is what the event stores:
 * message and structured data are made from it alone. Times are whole seconds with `Z`.
 */
export interface IncidentBody {
  incident_id: string;
  event: "created" | "updated";
  group_key: string;
  actor_type: ActorType;
  entity_name: string;
  status: IncidentStatus;
  assigned_analyst: string | null;
  investigation_notes: string | null;
  resolution_notes: string | null;
  external_ticket_id: string | null;
  external_ticket_url: string | null;
  external_system: string | null;
  risk: {
    score: number;
    level: RiskLevel;
    /** SIEM alarms: all, and those of the 7 days and 24 hours before the actor's newest evidence. */
    alarm_count: number;
    alarm_count_7d: number;
    alarm_count_24h: number;
    /** Detections. */
    sigma_alert_count: number;
    sigma_unique_rules: number;
    /** Detections of level high or critical. */
    sigma_high_sev_count: number;
    /** Active cases. */
    threat_case_count: number;
    max_rbp: number;
    /** One decimal. */
    avg_rbp: number;
  };
  mitre: {
    unique_tactics: number;
    unique_techniques: number;
    /** Short names in kill-chain order. */
    tactics: string[];
    techniques: string[];
  };
  /** By severity, then newest. */
  related_cases: RelatedCase[];
  timeline: {
    /** The first and the newest detection or alarm. */
    first_alarm: string | null;
    last_alarm: string | null;
    /** The same of the evidence that gives the score. */
    risk_first_seen: string | null;
    risk_last_seen: string | null;
    created_at: string;
    updated_at: string;
    closed_at: string | null;
  };
  /** In `incident_updated` only. */
  changes?: FieldChange[];
}
