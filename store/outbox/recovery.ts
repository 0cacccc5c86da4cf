/**
 * What was being sent when a process ended: it is looked up. Where another node of a cluster has taken over, the old leader may still send it, however
 * long it was stopped, so its target is searched for a second ticket some time later; that is kept in `meta`.
 */
import { interrupted, type RemoteTicket, secondTicket, type Ticket } from "../../core/tickets/ticket.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { ticketFromRow } from "./tickets.ts";

/** What is searched for, and what was found. Times are epoch milliseconds. */
export interface SecondLook extends Pick<Ticket, "incidentId" | "entity" | "system" | "generation" | "remote"> {
  ticketId: number;
  dueAt: number;
  /** How often it was searched for. */
  looks: number;
  /** Open tickets of the incident beside the one that it follows. */
  others: readonly Pick<RemoteTicket, "key" | "url">[];
}

type Noted = Pick<SecondLook, "dueAt" | "looks" | "others">;

const prefix = "second_ticket/";
const end = "second_ticket0";

/** The first search for a second ticket comes so long after the look-up. */
const firstLookMs = 5 * minuteMs;

/**
 * Requests that an earlier process was sending may have arrived: creates and comments are looked up first, the others are sent again, both after
 * `waitMs`. `elsewhere`: it was the process of another node, which may go on.
 */
export async function recoverDeliveries(
  database: Database,
  now: number,
  { waitMs, elsewhere }: { waitMs: number; elsewhere: boolean },
): Promise<number> {
  const noted: Noted = { dueAt: now + waitMs + firstLookMs, looks: 0, others: [] };
  const expected: Statement = {
    sql: `insert into meta select '${prefix}' || ticket_id, ? from deliveries where state = 'sending' and kind = 'create' order by ticket_id
      on conflict do update set value = excluded.value`,
    args: [JSON.stringify(noted)],
  };
  const results = await database.write([
    ...(elsewhere ? [expected] : []),
    {
      sql: `update deliveries set ${tornOff}, detail = 'the appliance ended while it was being sent' where state = 'sending'`,
      args: [now + waitMs, toIso(now)],
    },
  ]);
  return results.at(-1)?.rowsAffected ?? 0;
}

/** SQL: what becomes of a delivery that was being sent. `?1`: when it goes on, epoch milliseconds; `?2`: now, ISO 8601. */
const tornOff = `state = case when kind in ('create', 'comment') then 'unknown' else 'planned' end, lookups = 0, cause = '${interrupted}',
  next_attempt_at = ?1, updated_at = ?2`;

/** The same for one whose work broke off, because the database failed just then: nobody is sending it. What has got another state is left. */
export async function recoverDelivery(database: Database, id: string, now: number): Promise<void> {
  await database.write([
    {
      sql: `update deliveries set ${tornOff}, detail = 'the database failed while it was being sent' where id = ?3 and state = 'sending'`,
      args: [now, toIso(now), id],
    },
  ]);
}

/** What is to be searched for, in the order of the tickets. */
export async function listSecondLooks(database: Database): Promise<SecondLook[]> {
  const { rows } = await database.read(
    `select m.value as noted, t.* from meta m join tickets t on t.id = cast(substr(m.key, ${prefix.length + 1}) as integer)
     where m.key >= '${prefix}' and m.key < '${end}' order by t.id`,
  );
  return rows.map((row) => {
    const { incidentId, entity, system, generation, remote } = ticketFromRow(row);
    const noted = JSON.parse(text(row, "noted")) as Noted;
    return { ticketId: integer(row, "id"), incidentId, entity, system, generation, remote, ...noted };
  });
}

/** The ticket as it is known by now; null: none yet. */
export async function knownTicket(database: Database, ticketId: number): Promise<RemoteTicket | null> {
  const { rows } = await database.read("select * from tickets where id = ?", [ticketId]);
  return rows[0] === undefined ? null : ticketFromRow(rows[0]).remote;
}

/** Stores the outcome of a search; `isOver`: it is not repeated. `detail`: what the ledger says of the create while there are others. */
export async function noteSecondLook(
  database: Database,
  { ticketId, dueAt, looks, others }: Pick<SecondLook, "ticketId" | keyof Noted>,
  { isOver, detail }: { isOver: boolean; detail: string | null },
  now: number,
): Promise<void> {
  const noted: Noted = { dueAt, looks, others };
  const key = `${prefix}${ticketId}`;
  await database.write([
    isOver
      ? { sql: "delete from meta where key = ?", args: [key] }
      : {
          sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
          args: [key, JSON.stringify(noted)],
        },
    {
      // What else it says, such as what the target did not take, stays where there is none.
      sql: `update deliveries set cause = case when ?2 is not null then '${secondTicket}' end, detail = ?2, updated_at = ?3
        where ticket_id = ?1 and kind = 'create' and state = 'confirmed' and detail is not ?2
          and (cause = '${secondTicket}' or (cause is null and ?2 is not null))`,
      args: [ticketId, detail, toIso(now)],
    },
  ]);
}
