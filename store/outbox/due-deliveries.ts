/** Which deliveries are due, and the step by which one is begun. */
import { campaignReader } from "../../core/campaigns/campaign.ts";
import type { Delivery, TicketSystemName } from "../../core/tickets/ticket.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integerOrNull } from "../database/rows.ts";
import { deliveryColumns, deliveryFromRow, deliveryTables } from "./tickets.ts";

/** A create waits for that reader at most so long: one that stands still delays tickets and never stops them. */
const longestForCampaignsMs = 2 * minuteMs;

/** SQL: the create `d` by auto-push of ticket `t` was never begun, and may still be put off. `?6`: creates that are due since then wait no longer. */
const isFresh = "d.kind = 'create' and d.trigger = 'auto' and d.wanted = 0 and d.attempts = 0 and d.state = 'planned'";
const passed = `coalesce((select position from reader_positions where reader = '${campaignReader}'), 0)`;
const hasChanged = `exists (select 1 from incidents i join campaign_changes c on c.campaign_id = i.campaign_id where i.incident_id = t.incident_id)`;

/** Deliveries that are due, and when the next ones will be. Epoch milliseconds; null = none waits. */
export interface DueDeliveries {
  due: Delivery[];
  /** When the next delivery without a failed attempt, or the next look-up, is due; one that waits for the reader of campaigns, at the latest. */
  nextAt: number | null;
  /** The earliest time for the next retry, which is then made at a time of the schedule. */
  nextRetryAt: number | null;
}

/**
 * Deliveries of a system that are due, one per ticket: the first that is not finished. A parked or dead one holds up later ones of its kind;
 * a create holds up all. Those of a ticket that is gone wait parked; one that is tried again all the same is due as any other. A failed delivery is due if its next attempt was due at `retriesUpTo` (epoch ms). `waits`: creates by auto-push wait until
 * it is known whether their incident is of a campaign, and until what has changed in it was looked at. `looks`: with those to be looked up.
 */
export async function dueDeliveries(
  database: Database,
  system: TicketSystemName,
  now: number,
  retriesUpTo: number,
  limit: number,
  waits: boolean,
  looks: boolean,
): Promise<DueDeliveries> {
  const since = now - longestForCampaignsMs;
  const { rows } = await database.read(
    `select ${deliveryColumns} from ${deliveryTables}
     where d.system = ?2 and d.state in ('planned', 'unknown') and d.next_attempt_at <= ?1 and (?7 or d.state <> 'unknown')
       and not (${isFresh} and ((?5 and coalesce(d.after_seq, 0) > ${passed} and d.next_attempt_at > ?6) or ${hasChanged}))
       and (d.next_attempt_at <= ?3 or d.state = 'unknown' or d.attempts = 0) and (d.kind = 'create' or t.remote_id is not null)
       and not exists (select 1 from deliveries e where e.ticket_id = d.ticket_id and e.seq < d.seq
         and (e.state in ('planned', 'unknown', 'sending') or (e.state in ('parked', 'dead') and e.kind in ('create', d.kind))))
     order by d.next_attempt_at, d.seq limit ?4`,
    [now, system, retriesUpTo, limit, waits ? 1 : 0, since, looks ? 1 : 0],
  );
  const waiting = await database.read(
    `select (select min(next_attempt_at) from deliveries where system = ?1 and state in ('planned', 'unknown') and next_attempt_at > ?2
         and (state = 'unknown' or attempts = 0)) as next_at,
       (select min(next_attempt_at) from deliveries where system = ?1 and state in ('planned', 'unknown') and next_attempt_at > ?3
         and state = 'planned' and attempts > 0) as next_retry_at,
       (select min(d.next_attempt_at) from deliveries d where d.system = ?1 and d.state in ('planned', 'unknown') and d.next_attempt_at between ?5 + 1 and ?2
         and ${isFresh} and ?4 and coalesce(d.after_seq, 0) > ${passed}) as held_since`,
    [system, now, Math.min(now, retriesUpTo), waits ? 1 : 0, since],
  );
  const [next] = waiting.rows;
  return {
    due: rows.map(deliveryFromRow),
    nextAt: next === undefined ? null : earliest(integerOrNull(next, "next_at"), integerOrNull(next, "held_since")),
    nextRetryAt: next === undefined ? null : integerOrNull(next, "next_retry_at"),
  };
}

function earliest(nextAt: number | null, heldSince: number | null): number | null {
  if (heldSince === null) return nextAt;
  return Math.min(nextAt ?? Number.POSITIVE_INFINITY, heldSince + longestForCampaignsMs);
}

/** A request that is about to be sent. */
export interface Sending {
  id: string;
  /** Null leaves the stored one. */
  payload: string | null;
  hint: string | null;
  /** The value it sets: a level, a status, or a person's id; null leaves the stored one. */
  asked: string | null;
  /** The title that it gives the ticket; null = it gives none. */
  title?: string | null;
  /** A create's text tells the incident's history up to this entry: notes and rules that have come since are told apart. */
  upTo?: number | null;
  /** What it was made of: if the incident has another value by now, it must not be sent. */
  of?: IncidentValue | null;
}

/** A field of the incident, as an update was made of it. */
export interface IncidentValue {
  field: "status" | "assigned_analyst";
  value: string | null;
}

/** SQL: the incident of a ticket still has that value of a field. */
const stillHas = (ticket: string, field: string, value: string) => `exists (select 1 from tickets v join incidents i
  on i.incident_id = v.incident_id where v.id = ${ticket} and case ${field} when 'status' then i.status else i.assigned_analyst end is ${value})`;

/** Whether the incident of a delivery still has that value. */
export async function isStillOf(database: Database, id: string, { field, value }: IncidentValue): Promise<boolean> {
  const { rows } = await database.read(
    `select 1 from deliveries d where d.id = ?1 and ${stillHas("d.ticket_id", "?2", "?3")}`,
    [id, field, value],
  );
  return rows.length > 0;
}

/** Records, before a request, that its outcome is unknown from now on. Returns false if it must not be sent any more. */
export async function beginDelivery(
  database: Database,
  { id, payload, hint, asked, title = null, of = null }: Sending,
  now: number,
): Promise<boolean> {
  const results = await database.write([
    // Before the delivery, whose state tells whether it is sent at all.
    ...(title === null
      ? []
      : [
          {
            // A request that is sent again and again asks for the same.
            sql: `update tickets set asked_titles = json_insert(coalesce(asked_titles, '[]'), '$[#]', ?1)
              where id = (select ticket_id from deliveries where id = ?2 and state in ('planned', 'sending'))
                and asked_titles ->> '$[#-1]' is not ?1`,
            args: [title, id],
          },
        ]),
    {
      sql: `update deliveries as d set state = 'sending', payload = coalesce(?1, payload), hint = ?2, asked = coalesce(?3, asked), updated_at = ?4
        where id = ?5 and state in ('planned', 'sending') and not (${isFresh}
          and exists (select 1 from tickets t where t.id = d.ticket_id and ${hasChanged}))
          and (?6 is null or ${stillHas("d.ticket_id", "?6", "?7")})`,
      args: [payload, hint, asked, toIso(now), id, of?.field ?? null, of?.value ?? null],
    },
  ]);
  return results.at(-1)?.rowsAffected === 1;
}
