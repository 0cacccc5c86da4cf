/** The details of incidents and cases in the API: the row of lists, the objects of the syslog body, and the evidence. */
import type { RuleSummary } from "../../core/correlation/summary.ts";
import { toIso } from "../../core/time.ts";
import type { CaseDetail, IncidentDetail } from "../../store/lists/incident-detail.ts";

import { campaignParts } from "./campaigns.ts";

type Json = Record<string, unknown>;

/** `row`: the incident as in lists. */
export function incidentDetail(row: Json, detail: IncidentDetail, tickets: readonly Json[]): Json {
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
    alerts_by_rule: rules.map((rule) => ({ ...ruleJson(rule), rule_author: rule.author || null })),
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
    tickets,
    campaign:
      detail.campaign === null ? null : { campaign_id: detail.campaign.campaignId, ...campaignParts(detail.campaign) },
    outbreak: body.outbreak ?? null,
    history: history.map(historyEntry),
    history_total: historyTotal,
  };
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
