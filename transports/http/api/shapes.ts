/** What the API answers, for its document; tests hold the answers against them. */
import * as v from "valibot";
import { accountRoles, assetSources, criticalities, hostRoles } from "../../../core/assets/asset.ts";
import { levels } from "../../../core/detection.ts";
import { actorTypes, incidentStatuses } from "../../../core/incident.ts";
import { caseSeverities, caseStatuses } from "../../../core/threat-case.ts";
import { campaignOfIncident, outbreak } from "./campaigns/campaign-shapes.ts";
import { count, orNull, riskLevel, score, text, time } from "./shapes/field-shapes.ts";

export const incidentRow = v.object({
  incident_id: v.pipe(text, v.description("`INC-` and 8 hexadecimal digits.")),
  group_key: v.pipe(text, v.description("The actor: user, host or address.")),
  actor_type: v.picklist(actorTypes),
  entity_name: text,
  status: v.picklist(incidentStatuses),
  risk_score: score,
  risk_level: riskLevel,
  alarm_count: v.pipe(count, v.description("SIEM alarms.")),
  sigma_alert_count: v.pipe(count, v.description("Detections.")),
  threat_case_count: v.pipe(count, v.description("Active cases.")),
  assigned_analyst: orNull(text),
  first_alarm_time: orNull(time),
  last_alarm_time: orNull(time),
  created_at: v.pipe(time, v.description("When the appliance recorded it.")),
  updated_at: time,
  closed_at: orNull(time),
  external_ticket_id: orNull(text),
  external_ticket_url: orNull(text),
  external_system: orNull(text),
  headline: v.pipe(
    orNull(text),
    v.description(
      "What happened, where and by whom, in one line. Null where nothing has happened since an earlier version.",
    ),
  ),
  campaign_id: v.pipe(
    orNull(text),
    v.description("`CMP-` and 8 hexadecimal digits: the campaign of incidents it is part of; null = none."),
  ),
});

export const caseRow = v.object({
  case_id: v.pipe(text, v.description("`CASE-` and 8 hexadecimal digits.")),
  case_type: text,
  entity_name: text,
  status: v.picklist(caseStatuses),
  severity: v.picklist(caseSeverities),
  primary_user: text,
  assigned_analyst: orNull(text),
  investigation_notes: orNull(text),
  alert_count: count,
  rule_count: count,
  max_risk_score: score,
  affected_computers: v.array(text),
  related_incident_id: orNull(text),
  first_alert: time,
  last_alert: time,
  created_at: time,
  updated_at: time,
});

const alertFields = {
  hash: text,
  rule_id: orNull(text),
  rule_title: text,
  rule_author: orNull(text),
  level: v.picklist(levels),
  tags: v.array(text),
  user: orNull(text),
  host: orNull(text),
  src_ip: orNull(text),
  risk: score,
  count,
  first_seen: time,
  last_seen: time,
};

export const alertRow = v.object({
  ...alertFields,
  entity_name: text,
  ml_cluster: v.number(),
  created_at: time,
  updated_at: time,
});

const envelope = {
  total: v.pipe(count, v.description("Rows that match, on all pages.")),
  limit: count,
  offset: count,
  next_cursor: v.pipe(orNull(text), v.description("Never null once since, updated_since or cursor was given.")),
  has_more: v.boolean(),
};

export const incidentPage = v.object({ incidents: v.array(incidentRow), ...envelope, server_time: time });
export const casePage = v.object({ cases: v.array(caseRow), ...envelope });
export const feedPage = (row: v.GenericSchema) => v.object({ data: v.array(row), ...envelope });

const history = v.array(
  v.object({
    at: time,
    who: text,
    action: text,
    field: orNull(text),
    old: orNull(text),
    new: orNull(text),
    source: text,
    shortened: v.optional(v.pipe(v.boolean(), v.description("Old or new text is longer than what is given of it."))),
  }),
);
const historyFields = {
  history: v.pipe(history, v.description("The newest 500 entries, oldest first. Of notes they hold what was added.")),
  history_total: count,
};

const ruleSummary = {
  rule: v.pipe(text, v.description("The rule's id, else its title, in lower case.")),
  rule_title: text,
  level: v.picklist(levels),
  count,
  first_seen: time,
  last_seen: time,
  hosts: v.array(text),
  tactics: v.array(text),
  techniques: v.array(text),
};

const relatedCase = v.object({
  case_id: text,
  case_type: text,
  severity: v.picklist(caseSeverities),
  status: v.picklist(caseStatuses),
  alert_count: count,
  max_risk_score: score,
  first_alert: time,
  last_alert: time,
});

const involved = <Role extends string>(roles: readonly Role[]) =>
  v.array(
    v.object({
      name: text,
      role: v.pipe(orNull(v.picklist(roles)), v.description("Null = unknown.")),
      criticality: v.picklist(criticalities),
      from: v.pipe(orNull(v.picklist(assetSources)), v.description("Which list says so; null = none.")),
    }),
  );

export const incidentDetail = v.object({
  ...incidentRow.entries,
  investigation_notes: orNull(text),
  resolution_notes: orNull(text),
  risk: v.object({
    score,
    level: riskLevel,
    alarm_count: count,
    alarm_count_7d: count,
    alarm_count_24h: count,
    sigma_alert_count: count,
    sigma_unique_rules: count,
    sigma_high_sev_count: count,
    threat_case_count: count,
    max_rbp: v.number(),
    avg_rbp: v.number(),
    previous_score: score,
    score_changed_at: time,
    trend: v.picklist(["rising", "falling", "steady"]),
    confidence: orNull(v.object({ percent: v.number(), word: v.picklist(["high", "medium", "low"]), why: text })),
    primary_driver: orNull(text),
    factors: v.array(v.object({ name: text, value: v.number(), weight: v.number(), points: v.number(), why: text })),
    floor: orNull(v.object({ points: v.number(), rule: text, why: text })),
  }),
  mitre: v.object({
    unique_tactics: count,
    unique_techniques: count,
    tactics: v.array(text),
    techniques: v.array(text),
  }),
  related_cases: v.pipe(v.array(relatedCase), v.description("Active ones, by severity, then newest.")),
  timeline: v.record(text, orNull(text)),
  attack_chain: v.array(v.object({ tactic: text, title: text, first_seen: time, count })),
  alerts_by_rule: v.array(v.object({ ...ruleSummary, rule_author: orNull(text) })),
  cases: v.array(v.object({ ...relatedCase.entries, affected_computers: v.array(text) })),
  users: v.pipe(v.array(text), v.description("Accounts that its detections name, as they were first written.")),
  assets: v.pipe(
    v.object({ hosts: involved(hostRoles), accounts: involved(accountRoles) }),
    v.description("Its hosts and accounts with their roles, as the lists of assets say them now."),
  ),
  alarms: v.array(v.object({ alarm_id: text, name: text, rbp: v.number(), entity_name: text, timestamp: time })),
  tickets: v.array(v.record(text, v.unknown())),
  campaign: campaignOfIncident,
  outbreak,
  ...historyFields,
});

export const caseDetail = v.object({
  ...caseRow.entries,
  related_incident: orNull(
    v.object({
      incident_id: text,
      group_key: text,
      status: v.picklist(incidentStatuses),
      assigned_analyst: orNull(text),
    }),
  ),
  alerts_by_rule: v.array(v.object(ruleSummary)),
  alerts: v.array(v.object(alertFields)),
  ...historyFields,
});

export const tokenPair = v.object({
  token: v.pipe(text, v.description("The access token, for `Authorization: Bearer`.")),
  access_token: v.pipe(text, v.description("The same.")),
  token_type: v.literal("Bearer"),
  expires_in: v.pipe(count, v.description("Seconds.")),
  refresh_token: v.pipe(text, v.description("Works once; used again, it ends the whole login.")),
  password_change_required: v.pipe(v.boolean(), v.description("Somebody else has set the password.")),
});

export const userRow = v.object({
  name: text,
  role: v.picklist(["viewer", "analyst", "soar", "admin"]),
  entities: v.pipe(v.array(text), v.description("Empty = all.")),
  disabled: v.boolean(),
  second_factor: v.boolean(),
  password_change_required: v.boolean(),
  created_at: time,
  last_login_at: orNull(time),
});

export const keyRow = v.object({
  id: text,
  name: text,
  prefix: text,
  scopes: v.array(text),
  entities: v.pipe(v.array(text), v.description("Empty = all.")),
  created_at: time,
  expires_at: orNull(time),
  revoked_at: orNull(time),
  last_used_at: orNull(time),
});

export const auditRow = v.object({
  id: count,
  at: time,
  who: text,
  action: text,
  target: text,
  detail: v.record(text, v.unknown()),
  address: text,
  source: text,
});
