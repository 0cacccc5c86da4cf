/** Creates that may have made a ticket whose id is not known: a person names it, or has another one made. */
import {
  correlationOf,
  notIdentified,
  notLookedUp,
  restored,
  sendAgain,
  type TicketSystemName,
  unknownOutcome,
} from "../../core/tickets/ticket.ts";
import type { KnownTicket } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import { orphansOf } from "./dead-letters.ts";
import { hintOfBackup, isFromBackup } from "./restored.ts";
import { newDeliveryId, ticketFromRow } from "./tickets.ts";

const undecided = `kind = 'create' and state = 'parked' and cause in ('${notIdentified}', '${unknownOutcome}')`;

/** Known tickets of a system except one, newest first. They serve to check that the account can see its own tickets. */
export async function knownTickets(
  database: Database,
  system: TicketSystemName,
  otherThan: number,
  limit: number,
): Promise<KnownTicket[]> {
  const { rows } = await database.read(
    `select * from tickets indexed by tickets_oldest where system = ?1 and id <> ?2 and remote_id is not null and gone_at is null
     order by created_at desc limit ?3`,
    [system, otherThan, limit],
  );
  return rows
    .map(ticketFromRow)
    .flatMap(({ remote, incidentId, generation }) =>
      remote === null ? [] : [{ remote, correlation: correlationOf(system, incidentId, generation) }],
    );
}

/** The incident to which a ticket of the target already belongs; null = none. `otherThan`: a ticket here to leave out. */
export async function ownerOfTicket(
  database: Database,
  system: TicketSystemName,
  remote: { id: string; key: string; url: string },
  otherThan: number,
): Promise<{ incidentId: string; entity: string } | null> {
  // If only its number is known, that is stored as the id too; then all keys are compared.
  const isKnownById = remote.id !== remote.key;
  // Another site has a ticket of the same id.
  const site = URL.canParse(remote.url) ? `${new URL(remote.url).origin}/` : "";
  const { rows } = await database.read(
    `select incident_id, entity_name from tickets indexed by tickets_remote
     where system = ?1 and id <> ?3 and remote_id ${isKnownById ? "= ?2" : "is not null and (remote_id = ?2 or remote_key = ?2)"}
       and substr(url, 1, length(?4)) = ?4 limit 1`,
    [system, remote.id, otherThan, site],
  );
  const [row] = rows;
  return row === undefined ? null : { incidentId: text(row, "incident_id"), entity: text(row, "entity_name") };
}

const switchedOff =
  "its ticket system is switched off, so it cannot be looked up: say which ticket it is, give it up, or switch it on again";

/** What may have arrived in a system that is switched off waits for a person, and for it to be switched on again. Returns how many were parked. */
export async function parkUnknown(database: Database, system: TicketSystemName, now: number): Promise<number> {
  const waits = "select 1 from deliveries where system = ? and state = 'unknown' limit 1";
  if ((await database.read(waits, [system])).rows.length === 0) return 0;
  const results = await database.write([
    {
      sql: `update deliveries set state = 'parked', updated_at = ?1,
          cause = case when kind <> 'create' then '${notLookedUp}' when cause = '${notIdentified}' then cause else '${unknownOutcome}' end,
          detail = case when instr(coalesce(detail, ''), ?2) > 0 then detail else coalesce(detail || '; ', '') || ?2 end
        where system = ?3 and state = 'unknown'`,
      args: [toIso(now), switchedOff, system],
    },
  ]);
  return results[0]?.rowsAffected ?? 0;
}

/** Reserves a create for the person who names its ticket. Returns false if the create does not wait for that. */
export async function takeUndecided(database: Database, id: string, now: number): Promise<boolean> {
  const results = await database.write([
    {
      sql: `update deliveries set state = 'unknown', next_attempt_at = ?, updated_at = ? where id = ? and ${undecided}`,
      // Later than the outcome is written, so that it is not looked up before.
      args: [now + 60_000, toIso(now), id],
    },
  ]);
  return results[0]?.rowsAffected === 1;
}

/** A person wants it sent again: it is looked up once more first. Returns false if the create does not wait for that. */
export async function askAgain(database: Database, id: string, who: string, now: number): Promise<boolean> {
  const results = await database.write([
    {
      sql: `update deliveries set state = 'unknown', cause = '${sendAgain}', lookups = 0, trigger = 'manual', who = ?, next_attempt_at = ?, updated_at = ?
        where id = ? and ${undecided}`,
      args: [who, now, toIso(now), id],
    },
  ]);
  return results[0]?.rowsAffected === 1;
}

/**
 * Plans a ticket of the next generation, with its own correlation id, so that the two are never mistaken for each other. Returns the id of
 * the new delivery; null if the create is no longer unknown.
 */
export async function nextGeneration(database: Database, id: string, now: number): Promise<string | null> {
  const { rows } = await database.read(
    `select t.id, t.incident_id, t.system, t.entity_name, d.who, (select max(u.generation) from tickets u where u.incident_id = t.incident_id
       and u.system = t.system) + 1 as generation
     from deliveries d join tickets t on t.id = d.ticket_id where d.id = ? and d.kind = 'create' and d.state = 'unknown' and t.remote_id is null`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) return null;
  const made = newDeliveryId();
  const old = isFromBackup("t.incident_id");
  const [at, generation] = [toIso(now), integer(row, "generation")];
  const ticket = [text(row, "incident_id"), text(row, "system"), generation];
  await database.write([
    {
      sql: `insert into tickets (incident_id, entity_name, system, generation, created_at, updated_at) values (?1, ?4, ?2, ?3, ?5, ?5)`,
      args: [...ticket, text(row, "entity_name"), at],
    },
    {
      sql: `insert into deliveries (id, ticket_id, kind, state, cause, hint, next_attempt_at, trigger, who, created_at, updated_at)
        select ?4, t.id, 'create', case when ${old} then 'unknown' else 'planned' end, case when ${old} then '${restored}' end,
          case when ${old} then ${hintOfBackup} end, ?5, 'manual', ?6, ?7, ?7 from tickets t where incident_id = ?1 and system = ?2 and generation = ?3 order by id`,
      args: [...ticket, made, now, text(row, "who"), at],
    },
    {
      sql: "update deliveries set state = 'discarded', detail = ?, updated_at = ? where id = ?",
      args: [`sent again as generation ${generation}: ${made}`, at, id],
    },
    orphansOf([integer(row, "id")], at),
  ]);
  return made;
}
