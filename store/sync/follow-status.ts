/** What people do to the ticket of a campaign happens to the incidents that were told in it, too (decision 26). */

import { putOff } from "../../core/campaigns/campaign-tickets.ts";
import { EdgeError } from "../../core/errors.ts";
import { type IncidentStatus, isOpen } from "../../core/incident.ts";
import type { RemoteState, Ticket } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import { text } from "../database/rows.ts";
import { applyIncidentChange, type ChangeRules } from "../incidents/incident-changes.ts";
import type { IncidentRow } from "../incidents/incident-rows.ts";
import type { Author, UnitOfWork } from "../incidents/unit-of-work.ts";
import { insertUpdate } from "../outbox/cadence-gate.ts";
import { isThere, openStatuses } from "../outbox/campaign-members.ts";
import { mayHaveArrived } from "../outbox/standing.ts";
import { newDeliveryId } from "../outbox/tickets.ts";

/** A ticket that was changed in the target, and what that has changed here. */
export interface FollowedTicket {
  ticket: Ticket;
  /** As it was before. */
  incident: IncidentRow;
  remote: RemoteState;
  /** Who changed it, for the ticket's own incident. */
  author: Author;
}

/**
 * Closes or reopens the incidents that the ticket stands for, after its own incident has got `status`. The unit has to be a transaction.
 *
 * Closed are those that were told in the ticket, by a note that has arrived, and have no other ticket in the system. Reopened are those that
 * were closed with it and have not been touched since.
 */
export async function followStatus(
  unit: UnitOfWork,
  rules: ChangeRules,
  followed: FollowedTicket,
  status: IncidentStatus,
): Promise<void> {
  await unit.flush();
  if (!isOpen(status)) await closeTold(unit, rules, followed, status);
  else if (!isOpen(followed.incident.status)) await reopenTold(unit, rules, followed, status);
}

/** SQL: the incident `i` has another ticket in the system of ticket ?1, or is to have one, or was told in another that stands. */
const isElsewhere = `exists (select 1 from tickets t where t.incident_id = i.incident_id and t.system = ?2 and (${isThere}
    or exists (select 1 from deliveries o where o.ticket_id = t.id and o.kind = 'create' and o.state in ('planned', 'sending', 'unknown'))))
  or exists (select 1 from campaign_told o join tickets t on t.id = o.ticket_id join incidents l on l.incident_id = t.incident_id
    where o.incident_id = i.incident_id and o.ticket_id <> ?1 and t.system = ?2 and ${isThere} and l.status in ${openStatuses})`;

async function closeTold(
  unit: UnitOfWork,
  rules: ChangeRules,
  { ticket, incident, remote, author }: FollowedTicket,
  status: IncidentStatus,
): Promise<void> {
  const { database, now } = unit;
  const { rows } = await database.read(
    `select c.incident_id from campaign_told c join deliveries n on n.id = c.delivery_id join incidents i on i.incident_id = c.incident_id
     where c.ticket_id = ?1 and n.state = 'confirmed' and i.campaign_id is ?3 and i.status in ${openStatuses} and not (${isElsewhere})`,
    [ticket.id, ticket.system, incident.campaignId],
  );
  const closed = rows.map((row) => text(row, "incident_id"));
  const notes = `${remote.status} with ${remote.key}, the ticket of ${incident.incidentId}, which stood for it (campaign ${incident.campaignId}).`;
  for (const incidentId of closed) {
    await unit.flush();
    await applyIncidentChange(unit.as(ofFollower(author)), rules, incidentId, { status, notes });
    if (status === "FALSE_POSITIVE")
      unit.as({ who: "rhythmx", source: author.source }).addHistory("incident", incidentId, {
        action: "EXCEPTION_PROPOSED",
        field: "exceptions",
        old: null,
        new: `GET /api/incidents/${incidentId}/exceptions`,
      });
  }
  unit.add(
    {
      sql: "update campaign_told set closed_at = ? where ticket_id = ? and incident_id in (select value from json_each(?))",
      args: [toIso(now), ticket.id, JSON.stringify(closed)],
    },
    // Nobody who closed the ticket has seen these: they are handed on. Who may stand in it all the same is not told again if it is reopened.
    {
      sql: `update deliveries set state = 'discarded', cause = '${putOff}', detail = 'the ticket was closed before it was told', updated_at = ?
        where state in ('planned', 'parked', 'dead') and not ${mayHaveArrived}
          and id in (select delivery_id from campaign_told where ticket_id = ?)`,
      args: [toIso(now), ticket.id],
    },
    {
      sql: `delete from campaign_told where ticket_id = ? and delivery_id in (select id from deliveries
        where ticket_id = ? and state = 'discarded' and cause = '${putOff}')`,
      args: [ticket.id, ticket.id],
    },
  );
}

async function reopenTold(
  unit: UnitOfWork,
  rules: ChangeRules,
  { ticket, remote, author }: FollowedTicket,
  status: IncidentStatus,
): Promise<void> {
  const { database, now } = unit;
  const { rows } = await database.read(
    `select c.incident_id from campaign_told c join incidents i on i.incident_id = c.incident_id
     where c.ticket_id = ? and c.closed_at is not null and i.closed_at = c.closed_at and i.status = 'CLOSED'`,
    [ticket.id],
  );
  const left: string[] = [];
  for (const row of rows) {
    const incidentId = text(row, "incident_id");
    try {
      await unit.flush();
      await applyIncidentChange(unit.as(ofFollower(author)), rules, incidentId, { status });
    } catch (error) {
      if (!(error instanceof EdgeError) || error.code !== "incident_newer") throw error;
      left.push(`${incidentId} stays closed: ${error.message}`);
      unit.as(ofFollower(author)).addHistory("incident", incidentId, {
        action: "EXTERNAL_SYNC",
        field: "ticket_status",
        old: null,
        new: `${remote.key} ${remote.status}: ${error.message}`,
      });
    }
  }
  unit.add({ sql: "update campaign_told set closed_at = null where ticket_id = ?", args: [ticket.id] });
  if (left.length === 0) return;
  const text20 = left.slice(0, 20).join("\n") + (left.length > 20 ? `\nand ${left.length - 20} more` : "");
  const note = {
    kind: "note" as const,
    who: "RhythmX Edge",
    at: now,
    title: "Reopened with this ticket, except",
    text: text20,
  };
  unit.add(insertUpdate(ticket.id, "comment", newDeliveryId(), note, now));
}

/** Its own tickets in other systems are told: none of them is the one that was changed. */
function ofFollower({ who, source, action }: Author): Author {
  return { who, source, ...(action === undefined ? {} : { action }) };
}
