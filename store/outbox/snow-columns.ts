/** The state of an incident's case in ServiceNow, in the columns that seed 001 names; they are about the incident's first such ticket. */

import type { RiskLevel } from "../../core/risk.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Statement } from "../database/statement.ts";

const priorities: Readonly<Record<RiskLevel, string>> = { critical: "P1", high: "P2", medium: "P3", low: "P4" };

/** SQL for the priority of a level; `level` is an SQL expression. */
export function priorityOfLevel(level: string): string {
  return `case ${level} when 'critical' then 'P1' when 'high' then 'P2' when 'medium' then 'P3' else 'P4' end`;
}

/** SQL for the level of `i.snow_last_priority`; null without one. */
export const levelOfPriority = `case i.snow_last_priority when 'P1' then 'critical' when 'P2' then 'high' when 'P3' then 'medium' when 'P4' then 'low' end`;

const isSnow = (system: TicketSystemName) => system !== "jira";

/** Records that the case was told a level. */
export function snowPushed(incidentId: string, system: TicketSystemName, level: RiskLevel, now: number): Statement[] {
  if (!isSnow(system)) return [];
  return [
    {
      sql: "update incidents set last_snow_update_at = ?, snow_last_priority = ? where incident_id = ?",
      args: [toIso(now), priorities[level], incidentId],
    },
  ];
}

/** Records that the case was read; `state` null: it does not exist any more. */
export function snowPolled(
  incidentId: string,
  system: TicketSystemName,
  state: string | null,
  now: number,
): Statement[] {
  if (!isSnow(system)) return [];
  return [
    {
      sql: "update incidents set snow_last_polled_at = ?, snow_ticket_state = coalesce(?, snow_ticket_state) where incident_id = ?",
      args: [toIso(now), state?.slice(0, 50) ?? null, incidentId],
    },
  ];
}
