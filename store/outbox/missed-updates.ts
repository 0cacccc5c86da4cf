/** What a ticket has to be told of its incident that changed while nothing was planned for it, from the incident's history. */

import type { Ticket } from "../../core/tickets/ticket.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { planUpdates, type SystemPolicies } from "./ticket-updates.ts";

const fields = "('status', 'assigned_analyst', 'investigation_notes', 'resolution_notes')";

/**
 * Statements that plan what has changed since the entry `since` of the history: status and assignee as they are now, and each note. Reads the history as it
 * is, so before what the same write adds to it.
 */
async function missedUpdates(
  database: Database,
  { id, incidentId }: Pick<Ticket, "id" | "incidentId">,
  since: number,
  policies: SystemPolicies,
  now: number,
): Promise<Statement[]> {
  const { rows } = await database.read(
    `select at, who, field, old, new from incident_history where incident_id = ? and id > ? and field in ${fields} order by id`,
    [incidentId, since],
  );
  return rows.flatMap((row) => {
    const change = { field: text(row, "field"), old: textOrNull(row, "old"), new: textOrNull(row, "new") };
    const origin = { who: text(row, "who"), only: id, at: fromIso(text(row, "at")) };
    return planUpdates(incidentId, [change], origin, policies, now);
  });
}

/** The same for a ticket that was gone, and is there again; nothing for any other. To be written after that it is there. */
export async function missedWhileGone(
  database: Database,
  ticket: Ticket,
  policies: SystemPolicies,
  now: number,
): Promise<Statement[]> {
  const { incidentId, remote, goneAt } = ticket;
  if (goneAt === null || remote === null) return [];
  const { rows } = await database.read(
    "select id from incident_history where incident_id = ? and field = 'ticket_state' and new = 'gone' and old is ? order by id desc limit 1",
    [incidentId, remote.key],
  );
  return rows[0] === undefined ? [] : missedUpdates(database, ticket, integer(rows[0], "id"), policies, now);
}
