/** The details of incidents and cases in the API: the row of lists, the objects of the syslog body, and the evidence. */
import type { RuleSummary } from "../../core/correlation/summary.ts";
import { levels } from "../../core/detection.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import type { AlertLog, RuleExample } from "../../store/lists/alert-detail.ts";
import type { CaseDetail, IncidentDetail } from "../../store/lists/incident-detail.ts";

import { campaignParts } from "./campaigns.ts";

type Json = Record<string, unknown>;

export interface IncidentTickets {
  tickets: readonly Json[];
  told_in: readonly Json[];
}

/** `row`: the incident as in lists. */
export function incidentDetail(row: Json, detail: IncidentDetail, tickets: IncidentTickets): Json {
  const { body, risk, chain, rules, cases, users, assets, alarms, history, historyTotal } = detail;
  const { event: _, changes: __, ...objects } = body;
  return {
    ...objects,
    ...row,
    headline: detail.headline,
    risk: {
      ...objects.risk,
      previous_score: risk.previousScore,
      score_changed_at: toIso(risk.scoreChangedAt),
      trend: risk.trend,
      confidence: risk.confidence,
      primary_driver: risk.primaryDriver?.name ?? null,
      factors: risk.factors,
      floor: risk.floor,
    },
    attack_chain: chain.map(({ tactic, title, first, count }) => ({ tactic, title, first_seen: toIso(first), count })),
    alerts_by_rule: rules.map((rule) => ({
      ...ruleJson(rule),
      rule_author: rule.author || null,
      example: exampleJson(rule.example),
    })),
    cases: cases.map((one) => ({
      case_id: one.caseId,
      case_type: one.type,
      status: one.status,
      severity: one.severity,
      alert_count: one.alerts,
      max_risk_score: one.risk,
      affected_computers: one.hosts,
      first_alert: toIso(one.firstAlert),
      last_alert: toIso(one.lastAlert),
    })),
    users,
    assets,
    alarms: alarms.map(({ alarmId, name, rbp, entity, at }) => ({
      alarm_id: alarmId,
      name,
      rbp,
      entity_name: entity,
      timestamp: toIso(at),
    })),
    activity: detail.activity.map(({ at, detections, alarms: count }) => ({
      hour: toIso(at),
      ...Object.fromEntries(levels.map((level, n) => [level, detections[n] ?? 0])),
      alarms: count,
    })),
    service_level: {
      target_minutes: detail.sla.targetMinutes,
      percent: detail.sla.percent,
      status: detail.sla.status,
      due_at: toIso(detail.incident.createdAt + detail.sla.targetMinutes * minuteMs),
    },
    ...tickets,
    campaign:
      detail.campaign === null ? null : { campaign_id: detail.campaign.campaignId, ...campaignParts(detail.campaign) },
    outbreak: body.outbreak ?? null,
    history: history.map(historyEntry),
    history_total: historyTotal,
  };
}

function exampleJson(example: RuleExample | null): Json | null {
  if (example === null) return null;
  const { hash, at, user, host, ip, log, shortened } = example;
  return {
    alert_hash: hash,
    timestamp: toIso(at),
    user: user || null,
    host: host || null,
    src_ip: ip || null,
    log,
    log_shortened: shortened,
  };
}

/** `row`: the alert as in lists. */
export function alertDetail(row: Json, { log, incidentId }: AlertLog): Json {
  return { ...row, incident_id: incidentId, log };
}

/** `row`: the case as in lists. */
export function caseDetail(row: Json, { incident, rules, alerts, history, historyTotal }: CaseDetail): Json {
  return {
    ...row,
    related_incident:
      incident === null
        ? null
        : {
            incident_id: incident.incidentId,
            group_key: incident.actor,
            status: incident.status,
            assigned_analyst: incident.assignedAnalyst,
          },
    alerts_by_rule: rules.map(ruleJson),
    alerts: alerts.map((alert) => ({
      hash: alert.hash,
      rule_id: alert.ruleId || null,
      rule_title: alert.ruleTitle,
      rule_author: alert.ruleAuthor || null,
      level: alert.level,
      tags: alert.tags,
      user: alert.user || null,
      host: alert.host || null,
      src_ip: alert.ip || null,
      risk: alert.risk,
      count: alert.count,
      first_seen: toIso(alert.firstSeen),
      last_seen: toIso(alert.lastSeen),
    })),
    history: history.map(historyEntry),
    history_total: historyTotal,
  };
}

function historyEntry({ at, shortened, ...entry }: IncidentDetail["history"][number]): Json {
  const row = { at: toIso(at), ...entry };
  return shortened ? { ...row, shortened } : row;
}

function ruleJson({ key, title, level, count, first, last, hosts, tactics, techniques }: RuleSummary): Json {
  return {
    rule: key,
    rule_title: title,
    level,
    count,
    first_seen: toIso(first),
    last_seen: toIso(last),
    hosts,
    tactics,
    techniques,
  };
}
