/** Rows of incidents and of their history. */

import type { Outbreak } from "../../core/campaigns/campaign.ts";
import type { ActorActivity, ActorType, Incident, IncidentStatus } from "../../core/incident.ts";
import { type RiskLevel, riskLevel } from "../../core/risk.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows } from "../database/insert-sql.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";

/** An incident with the events of its creation and of its last change. */
export interface IncidentRow extends Incident {
  activity: ListedActivity;
  /** What happened, where and by whom, in one line, as it was last assessed; null for rows of earlier versions. */
  headline: string | null;
  createdSeq: number;
  updatedSeq: number;
}

/** The actor's activity as lists show it. Times (epoch ms) are those of the first and the newest detection or alarm. */
export type ListedActivity = Pick<ActorActivity, "detections" | "alarms" | "firstAt" | "lastAt">;

const incidentColumns = `incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level,
  assigned_analyst, investigation_notes, resolution_notes, external_ticket_id, external_ticket_url, external_system,
  created_at, updated_at, closed_at, escalated_at, sigma_alert_count, alarm_count, first_alarm_time, last_alarm_time,
  headline, campaign_id, created_seq, updated_seq`;

/** The outbreak on most hosts, as JSON. An incident without one costs a look at an index. */
const outbreakColumn = `(select json_object('rule', rule_title, 'hosts', json(hosts), 'firstAt', first_at, 'lastAt', last_at)
  from outbreaks o where o.incident_id = incidents.incident_id and o.state = 'open' order by json_array_length(hosts) desc, first_at, id limit 1) as outbreak`;

export async function findIncidents(database: Database, ids: readonly string[]): Promise<Map<string, IncidentRow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await database.read(
    `select ${incidentColumns}, ${outbreakColumn} from incidents where incident_id in (select value from json_each(?))`,
    [JSON.stringify(ids)],
  );
  return new Map(rows.map(incidentFromRow).map((incident) => [incident.incidentId, incident]));
}

const savedAnew = [
  ...["status", "risk_score", "risk_level", "assigned_analyst", "investigation_notes", "resolution_notes"],
  ...["external_ticket_id", "external_ticket_url", "external_system"],
  ...["updated_at", "closed_at", "escalated_at", "updated_seq"],
  ...[
    "sigma_alert_count",
    "alarm_count",
    "first_alarm_time",
    "last_alarm_time",
    "headline",
    "campaign_id",
    "due_at",
    "at_risk_at",
  ],
]
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

const saved = incidentColumns.split(",").map((column) => column.trim());
const parameter = (column: string) => `?${saved.indexOf(column) + 1}`;

/** Minutes of its level after its creation, of an open incident; `part` of them, in seconds. */
function timeAfter(part: number): string {
  return `case when ${parameter("status")} in ('OPEN', 'IN_PROGRESS') then (select strftime('%Y-%m-%dT%H:%M:%fZ', ${parameter("created_at")},
    '+' || (minutes * ${60 * part}) || ' seconds') from service_levels where level = ${parameter("risk_level")}) end`;
}

const saveSql = `insert into incidents (${incidentColumns}, due_at, at_risk_at)
  values (${saved.map(parameter).join(", ")}, ${timeAfter(1)}, ${timeAfter(0.75)})
  on conflict (incident_id) do update set ${savedAnew}`;

/** Statements that insert or update incidents. */
export function saveIncidents(incidents: readonly IncidentRow[]): Statement[] {
  const rows = incidents.map((i) => [
    ...[i.incidentId, i.periodId, i.entity, i.actor, i.actorType, i.status, i.score, i.level],
    ...[i.assignedAnalyst, i.investigationNotes, i.resolutionNotes, i.ticketId, i.ticketUrl, i.ticketSystem],
    ...[toIso(i.createdAt), toIso(i.updatedAt), isoOrNull(i.closedAt), toIso(i.escalatedAt)],
    ...[i.activity.detections, i.activity.alarms, isoOrNull(i.activity.firstAt), isoOrNull(i.activity.lastAt)],
    ...[i.headline, i.campaignId, i.createdSeq, i.updatedSeq],
  ]);
  return forRows(saveSql, rows);
}

/** `[incident id, detections, alarms, first, last, headline or null]` */
const activeSql = `update incidents set sigma_alert_count = ?2, alarm_count = ?3, first_alarm_time = ?4, last_alarm_time = ?5,
    headline = coalesce(?6, headline)
  where incident_id = ?1`;

type ActiveIncident = readonly [incidentId: string, activity: ListedActivity, headline: string | null];

/** The statement that updates the activity of these incidents' actors; without a heading the one that there is stays. */
export function saveActivity(active: readonly ActiveIncident[]): Statement[] {
  const rows = active.map(([id, { detections, alarms, firstAt, lastAt }, headline]) => [
    ...[id, detections, alarms, isoOrNull(firstAt), isoOrNull(lastAt), headline],
  ]);
  return forRows(activeSql, rows);
}

/** An incident whose score is another, and what has been counted of its actor. */
export interface NewScore {
  incidentId: string;
  activity: ListedActivity;
  score: number;
  /** The event that tells of it; null where none does, and the incident does not count as changed. */
  seq: number | null;
  /** The level is another, too. */
  moved: boolean;
  /** Null leaves the one that there is: only time has passed. */
  headline: string | null;
}

/**
 * `[incident id, score, level, updated_at or null, updated_seq or null, escalated_at or null, detections, alarms, first, last, headline or null]`:
 * all of it in one statement, because touching a row twice costs twice.
 */
const scoreSql = `update incidents set risk_score = ?2, risk_level = ?3, updated_at = coalesce(?4, updated_at),
    updated_seq = coalesce(?5, updated_seq), escalated_at = coalesce(?6, escalated_at),
    sigma_alert_count = ?7, alarm_count = ?8, first_alarm_time = ?9, last_alarm_time = ?10,
    headline = coalesce(?11, headline)
  where incident_id = ?1`;

/** The statement that writes scores which have changed at `now` (epoch milliseconds). */
export function saveScores(scored: readonly NewScore[], now: number): Statement[] {
  const at = toIso(now);
  const rows = scored.map(({ incidentId, activity: a, score, seq, moved, headline }) => [
    ...[incidentId, score, riskLevel(score), seq === null ? null : at, seq, moved ? at : null],
    ...[a.detections, a.alarms, isoOrNull(a.firstAt), isoOrNull(a.lastAt), headline],
  ]);
  return forRows(scoreSql, rows);
}

function incidentFromRow(row: Row): IncidentRow {
  return {
    incidentId: text(row, "incident_id"),
    periodId: integer(row, "period_id"),
    entity: text(row, "entity_name"),
    actor: text(row, "group_key"),
    actorType: text(row, "actor_type") as ActorType,
    status: text(row, "status") as IncidentStatus,
    score: integer(row, "risk_score"),
    level: text(row, "risk_level") as RiskLevel,
    assignedAnalyst: textOrNull(row, "assigned_analyst"),
    investigationNotes: textOrNull(row, "investigation_notes"),
    resolutionNotes: textOrNull(row, "resolution_notes"),
    ticketId: textOrNull(row, "external_ticket_id"),
    ticketUrl: textOrNull(row, "external_ticket_url"),
    ticketSystem: textOrNull(row, "external_system"),
    campaignId: textOrNull(row, "campaign_id"),
    outbreak: outbreakFrom(textOrNull(row, "outbreak")),
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
    closedAt: timeOrNull(row, "closed_at"),
    escalatedAt: fromIso(text(row, "escalated_at")),
    activity: {
      detections: integer(row, "sigma_alert_count"),
      alarms: integer(row, "alarm_count"),
      firstAt: timeOrNull(row, "first_alarm_time"),
      lastAt: timeOrNull(row, "last_alarm_time"),
    },
    headline: textOrNull(row, "headline"),
    createdSeq: integer(row, "created_seq"),
    updatedSeq: integer(row, "updated_seq"),
  };
}

function outbreakFrom(json: string | null): Outbreak | null {
  return json === null ? null : (JSON.parse(json) as Outbreak);
}
