/** Deliveries that are parked or dead, by cause; a request that a person corrects; what is left of a ticket that was given up. */

import type { Probe } from "../../core/tickets/probes.ts";
import { type TicketSystemName, unknownOutcome } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { triedAgain } from "./restored.ts";
import { isMade, type StandingState } from "./standing.ts";
import { deliveryTables } from "./tickets.ts";

/** The parked or dead deliveries of one system with the same cause. */
export interface DeadLetters {
  system: TicketSystemName;
  state: StandingState;
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

/** Grouped by system, state and cause, the most frequent first. */
export async function listDeadLetters(database: Database, entities: readonly string[] | null): Promise<DeadLetters[]> {
  const spellings = await entitySpellings(database, entities);
  // Who sees all entities gets the groups from the index alone. SQLite documents that bare columns beside max() come from the row with the maximum.
  const groups =
    spellings === null
      ? `select state, system, cause, count(*) as n, min(updated_at) as oldest, max(updated_at) as newest,
           (select seq from deliveries e where e.state = d.state and e.state in ('parked', 'dead') and e.system = d.system and e.cause is d.cause
             order by updated_at desc limit 1) as last_seq
         from deliveries d where state in ('parked', 'dead') group by state, cause, system`
      : `select d.state, d.system, d.cause, count(*) as n, min(d.updated_at) as oldest, max(d.updated_at) as newest, d.seq as last_seq
         from ${deliveryTables} where d.state in ('parked', 'dead') and t.entity_name in (select value from json_each(?1)) group by 1, 2, 3`;
  const { rows } = await database.read(
    `select g.state, g.system, coalesce(g.cause, '') as cause, g.n, g.oldest, g.newest, coalesce(l.detail, '') as detail, l.id, t.incident_id
     from (${groups}) g join deliveries l on l.seq = g.last_seq join tickets t on t.id = l.ticket_id order by n desc, g.system, cause`,
    spellings === null ? [] : [JSON.stringify(spellings)],
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

/** Discards updates of those of these tickets that will never exist. `at`: ISO 8601. */
export function orphansOf(ticketIds: readonly number[], at: string): Statement {
  return {
    sql: `update deliveries set state = 'discarded', detail = 'its ticket was given up', updated_at = ?1
      where ticket_id in (select value from json_each(?2)) and kind <> 'create' and state in ('planned', 'parked', 'dead')
        and exists (select 1 from tickets t where t.id = deliveries.ticket_id and t.remote_id is null)
        and exists (select 1 from deliveries c where c.ticket_id = deliveries.ticket_id and c.kind = 'create')
        and not exists (select 1 from deliveries c
          where c.ticket_id = deliveries.ticket_id and c.kind = 'create' and c.state <> 'discarded')`,
    args: [at, JSON.stringify([...new Set(ticketIds)])],
  };
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
