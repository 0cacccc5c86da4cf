/** What events of incidents and cases carry: the JSON bodies of their syslog messages (seed 003). */
import type { ActorType, IncidentStatus } from "./incident.ts";
import type { RiskLevel } from "./risk.ts";
import type { CaseSeverity, CaseStatus } from "./threat-case.ts";

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

/** The same rule on many hosts within minutes (decision 24). Times are the detections' own. */
export interface OutbreakBody {
  /** Title of the rule. */
  rule: string;
  /** In the order in which the rule fired on them first; the first thousand. */
  hosts: string[];
  /** How many hosts there are, also where the list is shorter. */
  hosts_total: number;
  first_seen: string;
  last_seen: string;
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
  /** Not in the seed. The campaign it is part of; null = none. Events of earlier versions have no such key. */
  campaign_id: string | null;
  /** Not in the seed. Only in incidents that an outbreak made. */
  outbreak?: OutbreakBody;
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
