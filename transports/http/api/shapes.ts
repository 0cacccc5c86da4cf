/** What the API answers, for its document; tests hold the answers against them. */
import * as v from "valibot";
import { accountRoles, assetSources, criticalities, hostRoles } from "../../../core/assets/asset.ts";
import { levels } from "../../../core/detection.ts";
import { actorTypes, incidentStatuses } from "../../../core/incident.ts";
import { caseSeverities, caseStatuses } from "../../../core/threat-case.ts";
import { slaStatuses } from "../../../core/tickets/sla.ts";
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
  due_at: v.pipe(orNull(time), v.description("When its service level ends; null once it is closed.")),
  sla: v.pipe(orNull(v.picklist(slaStatuses)), v.description("How it stands; at_risk from 75 % of the time on.")),
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

export const alertDetail = v.object({
  ...alertRow.entries,
  incident_id: v.pipe(orNull(text), v.description("The incident that its evidence counts for; null = none.")),
  log: v.pipe(
    orNull(text),
    v.description(
      "The newest log as it is kept: JSON text with digits, order and repeated keys as received, on one line, other signs than ASCII escaped. Null where retention has removed it.",
    ),
  ),
});

export const bulkResults = v.object({
  results: v.array(
    v.object({
      incident_id: text,
      ok: v.boolean(),
      incident: v.exactOptional(incidentRow),
      error: v.exactOptional(v.object({ status: v.number(), detail: text })),
    }),
  ),
});

const envelope = {
  total: v.pipe(count, v.description("Rows that match, on all pages.")),
  total_is_least: v.exactOptional(
    v.pipe(
      v.literal(true),
      v.description("There are more: with filters by words, names and service level counting ends at 10,000."),
    ),
  ),
  limit: count,
  offset: count,
  next_cursor: v.pipe(orNull(text), v.description("Never null once since, updated_since or cursor was given.")),
  has_more: v.boolean(),
  search_behind: v.exactOptional(
    v.pipe(count, v.description("With filters that the search answers: rows that it does not know yet.")),
  ),
};

export const incidentPage = v.object({ incidents: v.array(incidentRow), ...envelope, server_time: time });
export const casePage = v.object({ cases: v.array(caseRow), ...envelope });
export const alertPage = v.object({ alerts: v.array(alertRow), ...envelope });
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

const ruleExample = v.pipe(
  v.object({
    alert_hash: text,
    timestamp: time,
    user: orNull(text),
    host: orNull(text),
    src_ip: orNull(text),
    log: v.pipe(orNull(text), v.description("The beginning of its newest log, at most 4,096 characters.")),
    log_shortened: v.pipe(v.boolean(), v.description("`GET /api/alerts/{hash}` has the whole of it.")),
  }),
  v.description("Its newest event; null where retention has removed it."),
);

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
  alerts_by_rule: v.array(v.object({ ...ruleSummary, rule_author: orNull(text), example: orNull(ruleExample) })),
  cases: v.array(v.object({ ...relatedCase.entries, affected_computers: v.array(text) })),
  users: v.pipe(v.array(text), v.description("Accounts that its detections name, as they were first written.")),
  assets: v.pipe(
    v.object({ hosts: involved(hostRoles), accounts: involved(accountRoles) }),
    v.description("Its hosts and accounts with their roles, as the lists of assets say them now."),
  ),
  alarms: v.array(v.object({ alarm_id: text, name: text, rbp: v.number(), entity_name: text, timestamp: time })),
  activity: v.pipe(
    v.array(v.object({ hour: time, ...Object.fromEntries(levels.map((level) => [level, count])), alarms: count })),
    v.description(
      "Detections by level and alarms of each hour of their own time in which there were any; the newest 400, oldest first.",
    ),
  ),
  service_level: v.pipe(
    v.object({ target_minutes: v.number(), percent: count, status: v.picklist(slaStatuses), due_at: time }),
    v.description("From its creation to its closing, or until now; by its present level."),
  ),
  tickets: v.array(v.record(text, v.unknown())),
  told_in: v.pipe(
    v.array(v.record(text, v.unknown())),
    v.description("The tickets of other incidents of its campaign in which it was told, one for each system."),
  ),
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
