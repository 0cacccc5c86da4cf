/** Deliveries that are parked or dead, by cause, and how to retry, correct or discard them. */

import type { Probe } from "../../core/tickets/probes.ts";
import { notIdentified, type TicketSystemName, unknownOutcome } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import { triedAgain } from "./restored.ts";
import { deliveryTables } from "./tickets.ts";

/** The parked or dead deliveries of one system with the same cause. */
export interface DeadLetters {
  system: TicketSystemName;
  state: "parked" | "dead";
  cause: string;
  count: number;
  /** When the first and the last of them were parked or died. Epoch milliseconds. */
  oldest: number;
  newest: number;
  /** Detail of the newest, with the target's own words. */
  detail: string;
  /** Id of the newest. */
  deliveryId: string;
  incidentId: string;
}

/** Selects parked or dead deliveries; a field that is not given matches all. */
export interface DeadLetterFilter {
  id?: string;
  system?: TicketSystemName;
  state?: "parked" | "dead";
  causes?: readonly string[];
  /** Null = all. */
  entities?: readonly string[] | null;
}

const filterSql = `state in ('parked', 'dead') and (?1 is null or id = ?1) and (?2 is null or state = ?2)
  and (?3 is null or coalesce(cause, '') in (select value from json_each(?3)))
  and (?4 is null or system = ?4)
  and (?5 is null or exists (select 1 from tickets t where t.id = ticket_id and t.entity_name in (select value from json_each(?5))))`;

/** Created, but not identified. No retry or resume touches these: a person has to name the ticket or have it sent again. */
const isMade = `(kind = 'create' and coalesce(cause, '') = '${notIdentified}')`;

const filterArgs = async (database: Database, { id, state, causes, system, entities }: DeadLetterFilter) => [
  id ?? null,
  state ?? null,
  causes === undefined ? null : JSON.stringify(causes),
  system ?? null,
  entities == null ? null : JSON.stringify(await entitySpellings(database, entities)),
];

/** Grouped by system, state and cause, the most frequent first. */
export async function listDeadLetters(database: Database, entities: readonly string[] | null): Promise<DeadLetters[]> {
  const spellings = await entitySpellings(database, entities);
  const { rows } = await database.read(
    // SQLite documents that bare columns beside max() come from the row with the maximum.
    `select t.system, d.state, coalesce(d.cause, '') as cause, count(*) as n, min(d.updated_at) as oldest, max(d.updated_at) as newest,
       coalesce(d.detail, '') as detail, d.id, t.incident_id
     from ${deliveryTables} where d.state in ('parked', 'dead') and (?1 is null or t.entity_name in (select value from json_each(?1)))
     group by 1, 2, 3 order by n desc, 1, 3`,
    [spellings === null ? null : JSON.stringify(spellings)],
  );
  return rows.map((row) => ({
    system: text(row, "system") as TicketSystemName,
    state: text(row, "state") as DeadLetters["state"],
    cause: text(row, "cause"),
    count: integer(row, "n"),
    oldest: fromIso(text(row, "oldest")),
    newest: fromIso(text(row, "newest")),
    detail: text(row, "detail"),
    deliveryId: text(row, "id"),
    incidentId: text(row, "incident_id"),
  }));
}

/**
 * Plans them again; those with an unknown outcome are looked up first, and those that were made and not identified are left. Returns the
 * number of deliveries.
 */
export async function retryDeliveries(database: Database, which: DeadLetterFilter, now: number): Promise<number> {
  const results = await database.write([
    {
      // The settings may have been wrong, so it is rendered again, unless a person has approved the request.
      // One that a person chose is wanted, also where another ticket stands for its campaign by now.
      // A note that was not seen after it was written may have been hidden: it is looked up first.
      sql: `update deliveries set ${triedAgain(`case when kind = 'create' and cause = '${unknownOutcome}' then 'unknown'
              when kind = 'comment' and cause = 'not_kept' then 'unknown' else 'planned' end`)}, attempts = 0,
              lookups = 0, payload = case trigger when 'manual' then payload else null end, next_attempt_at = ?6, updated_at = ?7,
              wanted = max(wanted, ?1 is not null)
            where ${filterSql} and not ${isMade}`,
      args: [...(await filterArgs(database, which)), now, toIso(now)],
    },
  ]);
  return results[0]?.rowsAffected ?? 0;
}

/** A request as a person has changed it. */
export interface MendedRequest {
  payload: string;
  /** Whether the person gave it another title, which is then left alone. */
  hasOwnTitle: boolean;
}

/** Replaces the request of a parked or dead delivery by a corrected one and sends it. Returns false if it is neither. */
export async function mendDelivery(
  database: Database,
  id: string,
  { payload, hasOwnTitle }: MendedRequest,
  who: string,
  now: number,
): Promise<boolean> {
  const waits = `id = ? and kind in ('create', 'comment') and state in ('parked', 'dead') and not ${isMade}`;
  const results = await database.write([
    ...(hasOwnTitle
      ? [
          {
            sql: `update tickets set title_theirs = 1 where id = (select ticket_id from deliveries where ${waits})`,
            args: [id],
          },
        ]
      : []),
    {
      sql: `update deliveries set ${triedAgain(`case when cause = '${unknownOutcome}' then 'unknown' else 'planned' end`)}, attempts = 0, lookups = 0,
              payload = ?, trigger = 'manual', who = ?, next_attempt_at = ?, updated_at = ?
            where ${waits}`,
      args: [payload, who, now, toIso(now), id],
    },
  ]);
  return results.at(-1)?.rowsAffected === 1;
}

/** Discards updates of tickets that will never exist. */
export const orphansSql = `update deliveries set state = 'discarded', detail = 'its ticket was given up', updated_at = ?1
  where kind <> 'create' and state in ('planned', 'parked', 'dead')
    and exists (select 1 from tickets t where t.id = deliveries.ticket_id and t.remote_id is null)
    and exists (select 1 from deliveries c where c.ticket_id = deliveries.ticket_id and c.kind = 'create')
    and not exists (select 1 from deliveries c
      where c.ticket_id = deliveries.ticket_id and c.kind = 'create' and c.state <> 'discarded')`;

/** Discards parked or dead deliveries on behalf of a person. Returns the number, without updates that are discarded with them. */
export async function discardDeliveries(
  database: Database,
  which: DeadLetterFilter,
  reason: string,
  who: string,
  now: number,
): Promise<number> {
  const results = await database.write([
    {
      sql: `update deliveries set state = 'discarded', detail = ?6, who = ?7, updated_at = ?8 where ${filterSql}`,
      args: [...(await filterArgs(database, which)), reason, who, toIso(now)],
    },
    { sql: orphansSql, args: [toIso(now)] },
  ]);
  return results[0]?.rowsAffected ?? 0;
}

/** Discards a delivery on behalf of a person. Returns false if it is being sent or finished. */
export async function discardDelivery(
  database: Database,
  id: string,
  reason: string,
  who: string,
  now: number,
): Promise<boolean> {
  const results = await database.write([
    {
      sql: `update deliveries set state = 'discarded', detail = ?, who = ?, updated_at = ? where id = ? and state in ('planned', 'parked', 'dead')`,
      args: [reason, who, toIso(now), id],
    },
    { sql: orphansSql, args: [toIso(now)] },
  ]);
  return results[0]?.rowsAffected === 1;
}

/** The state of a system's probes; null = none was made since the last parked delivery was sent. */
export async function readProbe(database: Database, system: TicketSystemName): Promise<Probe | null> {
  const { rows } = await database.read("select value from meta where key = ?", [`probe/${system}`]);
  return rows[0] === undefined ? null : (JSON.parse(text(rows[0], "value")) as Probe);
}

export async function saveProbe(database: Database, system: TicketSystemName, probe: Probe | null): Promise<void> {
  await database.write([
    probe === null
      ? { sql: "delete from meta where key = ?", args: [`probe/${system}`] }
      : {
          sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
          args: [`probe/${system}`, JSON.stringify(probe)],
        },
  ]);
}
