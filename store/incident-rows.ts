/** Rows of incidents and of their history. */
import type { InStatement, Row } from "@libsql/client";
import type { ActorType, Incident, IncidentStatus } from "../core/incident.ts";
import type { RiskLevel } from "../core/risk.ts";
import type { Database } from "./database.ts";
import { fromIso, isoOrNull, timeOrNull, toIso } from "./iso.ts";
import { integer, text, textOrNull } from "./rows.ts";

/** An incident with the events that told of its creation and of its last change. */
export interface IncidentRow extends Incident {
  createdSeq: number;
  updatedSeq: number;
}

export const incidentColumns = `incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level,
  assigned_analyst, investigation_notes, resolution_notes, external_ticket_id, external_ticket_url, external_system,
  created_at, updated_at, closed_at, escalated_at, created_seq, updated_seq`;

export async function findIncidents(database: Database, ids: readonly string[]): Promise<Map<string, IncidentRow>> {
  if (ids.length === 0) return new Map();
  const { rows } = await database.read(
    `select ${incidentColumns} from incidents where incident_id in (select value from json_each(?))`,
    [JSON.stringify(ids)],
  );
  return new Map(rows.map(incidentFromRow).map((incident) => [incident.incidentId, incident]));
}

const savedAnew = [
  ...["status", "risk_score", "risk_level", "assigned_analyst", "investigation_notes", "resolution_notes"],
  ...["external_ticket_id", "external_ticket_url", "external_system"],
  ...["updated_at", "closed_at", "escalated_at", "updated_seq"],
]
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

/** The statement that writes an incident, new or known. */
export function saveIncident(i: IncidentRow): InStatement {
  return {
    sql: `insert into incidents (${incidentColumns}) values (${Array(20).fill("?").join(", ")})
          on conflict (incident_id) do update set ${savedAnew}`,
    args: [
      ...[i.incidentId, i.periodId, i.entity, i.actor, i.actorType, i.status, i.score, i.level],
      ...[i.assignedAnalyst, i.investigationNotes, i.resolutionNotes, i.ticketId, i.ticketUrl, i.ticketSystem],
      ...[toIso(i.createdAt), toIso(i.updatedAt), isoOrNull(i.closedAt), toIso(i.escalatedAt)],
      ...[i.createdSeq, i.updatedSeq],
    ],
  };
}

export function incidentFromRow(row: Row): IncidentRow {
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
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
    closedAt: timeOrNull(row, "closed_at"),
    escalatedAt: fromIso(text(row, "escalated_at")),
    createdSeq: integer(row, "created_seq"),
    updatedSeq: integer(row, "updated_seq"),
  };
}
