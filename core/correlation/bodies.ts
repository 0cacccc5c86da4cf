/** Bodies of incident and case events, made from the stored incident, actor and cases (seed 003). */

import { familiesOf } from "../attack/attack.ts";
import type { Outbreak } from "../campaigns/campaign.ts";
import type { ActorActivity, Incident } from "../incident.ts";
import type { CaseBody, FieldChange, IncidentBody, OutbreakBody, RelatedCase } from "../incident-event.ts";
import { compareCases, type ThreatCase } from "../threat-case.ts";
import { hourMs } from "../time.ts";
import type { ActorState } from "./actor-state.ts";
import type { Evidence } from "./evidence.ts";
import { bestWindow } from "./score.ts";

/** `cases`: the active ones of the incident's actor, in any order. `now`: epoch milliseconds. */
export function incidentBody(
  incident: Incident,
  state: ActorState,
  cases: readonly ThreatCase[],
  now: number,
  changes: FieldChange[] | null = null,
): IncidentBody {
  const { evidence, activity } = state;
  const window = bestWindow(state.windows, now)?.facts ?? null;
  const related = [...cases].sort(compareCases).map(relatedCase);
  return {
    incident_id: incident.incidentId,
    event: changes === null ? "created" : "updated",
    group_key: incident.actor,
    actor_type: incident.actorType,
    entity_name: incident.entity,
    status: incident.status,
    assigned_analyst: incident.assignedAnalyst,
    investigation_notes: incident.investigationNotes,
    resolution_notes: incident.resolutionNotes,
    external_ticket_id: incident.ticketId,
    external_ticket_url: incident.ticketUrl,
    external_system: incident.ticketSystem,
    risk: {
      score: incident.score,
      level: incident.level,
      alarm_count: activity.alarms,
      alarm_count_7d: alarmsSince(evidence, activity, 7 * 24),
      alarm_count_24h: alarmsSince(evidence, activity, 24),
      sigma_alert_count: activity.detections,
      sigma_unique_rules: uniqueRules(evidence),
      sigma_high_sev_count: activity.highDetections,
      threat_case_count: related.length,
      max_rbp: activity.rbpMax,
      avg_rbp: averageRbp(activity),
    },
    mitre: mitre(evidence),
    related_cases: related,
    timeline: {
      first_alarm: seconds(activity.firstAt),
      last_alarm: seconds(activity.lastAt),
      risk_first_seen: seconds(window?.first ?? null),
      risk_last_seen: seconds(window?.at ?? null),
      created_at: wholeSeconds(incident.createdAt),
      updated_at: wholeSeconds(incident.updatedAt),
      closed_at: seconds(incident.closedAt),
    },
    ...(changes === null ? {} : { changes }),
    // New keys are only ever appended (CONTRACT 3).
    campaign_id: incident.campaignId,
    ...(incident.outbreak === null ? {} : { outbreak: outbreakBody(incident.outbreak) }),
  };
}

/** The most hosts that one event names. */
const mostHosts = 1_000;

function outbreakBody({ rule, hosts, firstAt, lastAt }: Outbreak): OutbreakBody {
  return {
    rule,
    hosts: hosts.slice(0, mostHosts),
    hosts_total: hosts.length,
    first_seen: wholeSeconds(firstAt),
    last_seen: wholeSeconds(lastAt),
  };
}

/** `incident`: the one of the case's actor and period, if there is one. */
export function caseBody(
  threatCase: ThreatCase,
  incident: Pick<Incident, "incidentId" | "actor" | "status" | "assignedAnalyst"> | null,
  changes: FieldChange[] | null = null,
): CaseBody {
  return {
    case_id: threatCase.caseId,
    event: changes === null ? "created" : "updated",
    entity_name: threatCase.entity,
    case_type: threatCase.type,
    status: threatCase.status,
    severity: threatCase.severity,
    primary_user: threatCase.primaryUser,
    assigned_analyst: threatCase.assignedAnalyst,
    investigation_notes: threatCase.investigationNotes,
    alert_count: threatCase.alerts,
    max_risk_score: threatCase.risk,
    affected_computers: [...threatCase.hosts],
    related_incident:
      incident === null
        ? null
        : {
            incident_id: incident.incidentId,
            group_key: incident.actor,
            status: incident.status,
            assigned_analyst: incident.assignedAnalyst,
          },
    timeline: {
      first_alert: wholeSeconds(threatCase.firstAlert),
      last_alert: wholeSeconds(threatCase.lastAlert),
      created_at: wholeSeconds(threatCase.createdAt),
      updated_at: wholeSeconds(threatCase.updatedAt),
    },
    ...(changes === null ? {} : { changes }),
  };
}

/** Tactics and techniques of everything that the actor's rules name. */
function mitre({ rules }: Evidence): IncidentBody["mitre"] {
  const mask = rules.reduce((all, rule) => all | rule.mask, 0);
  const tactics = familiesOf(mask).map(({ name }) => name);
  const techniques = [...new Set(rules.flatMap((rule) => rule.techniques))].sort();
  return { unique_tactics: tactics.length, unique_techniques: techniques.length, tactics, techniques };
}

function uniqueRules({ rules }: Evidence): number {
  return new Set(rules.map(({ key }) => key)).size;
}

/** SIEM alarms within this many hours before the actor's newest evidence. */
function alarmsSince({ hours }: Evidence, { lastAt }: ActorActivity, windowHours: number): number {
  const reach = (lastAt ?? 0) - windowHours * hourMs;
  return hours.reduce((sum, { alarms }) => sum + (alarms !== null && alarms.last > reach ? alarms.count : 0), 0);
}

/** One decimal; 0 without alarms. */
function averageRbp({ alarms, rbpSum }: ActorActivity): number {
  return alarms === 0 ? 0 : Math.round((rbpSum / alarms) * 10) / 10;
}

function relatedCase(threatCase: ThreatCase): RelatedCase {
  return {
    case_id: threatCase.caseId,
    case_type: threatCase.type,
    severity: threatCase.severity,
    status: threatCase.status,
    alert_count: threatCase.alerts,
    max_risk_score: threatCase.risk,
    first_alert: wholeSeconds(threatCase.firstAlert),
    last_alert: wholeSeconds(threatCase.lastAlert),
  };
}

function seconds(epochMs: number | null): string | null {
  return epochMs === null ? null : wholeSeconds(epochMs);
}

/** Whole seconds with `Z`, as everywhere in the feeds. */
function wholeSeconds(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
