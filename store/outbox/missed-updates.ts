/** What a ticket has to be told of its incident that changed while nothing was planned for it, from the incident's history. */

import type { Outbreak } from "../../core/campaigns/campaign.ts";
import { notSeen, type Ticket } from "../../core/tickets/ticket.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, integerOrNull, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { noteOutbreaks, noteRules, planUpdates, type SystemPolicies } from "./ticket-updates.ts";

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

/** The newest entry of an incident's history; 0 = there is none. */
export async function lastEntry(database: Database, incidentId: string): Promise<number> {
  const { rows } = await database.read("select max(id) as id from incident_history where incident_id = ?", [
    incidentId,
  ]);
  return (rows[0] === undefined ? null : integerOrNull(rows[0], "id")) ?? 0;
}

/** The same for a ticket that is about to be made, whose text tells the history up to `upTo`; rules that are new since, and an outbreak, wait for the cadence gate. */
export async function missedByCreate(
  database: Database,
  deliveryId: string,
  upTo: number,
  policies: SystemPolicies,
  now: number,
): Promise<Statement[]> {
  const { rows } = await database.read(
    `select t.id, t.incident_id, (select group_concat(h.new, char(10)) from incident_history h
       where h.incident_id = t.incident_id and h.id > ?2 and h.action = 'RULES_ADDED') as rules,
       exists (select 1 from incident_history h where h.incident_id = t.incident_id and h.id > ?2 and h.field = 'outbreak') as has_spread,
       (select json_object('rule', rule_title, 'hosts', json(hosts)) from outbreaks o where o.incident_id = t.incident_id and o.state = 'open'
         order by json_array_length(hosts) desc, first_at, id limit 1) as outbreak
     from deliveries d join tickets t on t.id = d.ticket_id where d.id = ?1`,
    [deliveryId, upTo],
  );
  const [row] = rows;
  if (row === undefined) return [];
  const [id, incidentId, rules] = [integer(row, "id"), text(row, "incident_id"), textOrNull(row, "rules")];
  const spread = integer(row, "has_spread") === 1 ? textOrNull(row, "outbreak") : null;
  const outbreak = spread === null ? null : (JSON.parse(spread) as Pick<Outbreak, "rule" | "hosts">);
  return [
    ...(await missedUpdates(database, { id, incidentId }, upTo, policies, now)),
    ...(rules === null ? [] : noteRules([{ incidentId, titles: rules.split("\n") }], policies, now, id)),
    ...(outbreak === null ? [] : noteOutbreaks([{ incidentId, outbreak }], policies, now, id)),
  ];
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

/** The same for a status that was taken, and could not be seen then: settled by a reading, and written again where the ticket is as it was. */
export function statusNotSeen(
  { id, incidentId }: Pick<Ticket, "id" | "incidentId">,
  isAsBefore: boolean,
  policies: SystemPolicies,
  now: number,
): Statement[] {
  const change = { field: "status", old: null, new: null };
  return [
    {
      sql: `update deliveries set cause = null where ticket_id = ? and kind = 'status' and state = 'confirmed' and cause = '${notSeen}'`,
      args: [id],
    },
    ...(isAsBefore ? planUpdates(incidentId, [change], { who: "rhythmx", only: id }, policies, now) : []),
  ];
}
