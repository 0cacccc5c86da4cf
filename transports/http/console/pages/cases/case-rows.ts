/** Rows of `GET /api/cases/search` and the answer of `GET /api/cases/{id}` (api/shapes.ts). */
import type { CaseStatus } from "../../../../../core/threat-case.ts";
import type { AlertRow } from "../alerts/alert-rows.ts";

export interface CaseRow {
  case_id: string;
  case_type: string;
  entity_name: string;
  status: CaseStatus;
  severity: string;
  primary_user: string;
  assigned_analyst: string | null;
  investigation_notes: string | null;
  alert_count: number;
  rule_count: number;
  max_risk_score: number;
  affected_computers: string[];
  related_incident_id: string | null;
  first_alert: string;
  last_alert: string;
}

export interface CaseDetail extends CaseRow {
  related_incident: { incident_id: string; group_key: string; status: string } | null;
  alerts_by_rule: {
    rule_title: string;
    level: string;
    count: number;
    first_seen: string;
    last_seen: string;
    hosts: string[];
    tactics: string[];
    techniques: string[];
  }[];
  alerts: Omit<AlertRow, "entity_name" | "created_at">[];
  history: {
    at: string;
    who: string;
    action: string;
    field: string | null;
    old: string | null;
    new: string | null;
    source: string;
  }[];
  history_total: number;
}
