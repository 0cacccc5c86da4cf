/** Which tickets are due to be read: after a search or a webhook said that they changed, at regular times, or after a failed reading. */
import { readAgainAt } from "../../core/tickets/sync.ts";
import type { RemoteChange, Ticket, TicketSystemName } from "../../core/tickets/ticket.ts";
import type { Database } from "../database/database.ts";
import { timeOrNull } from "../database/iso.ts";
import { integer, integerOrNull, text } from "../database/rows.ts";
import { ticketFromRow } from "../outbox/tickets.ts";

export async function readCursor(database: Database, system: TicketSystemName): Promise<string | null> {
  const { rows } = await database.read("select value from meta where key = ?", [`sync/${system}`]);
  return rows[0] === undefined ? null : text(rows[0], "value");
}

/**
 * Marks the tickets on a page of search results to be read, unless they were already read in this state. Finished tickets too: somebody may
 * have reopened them. Returns the number of tickets marked.
 */
export async function noteChanges(
  database: Database,
  system: TicketSystemName,
  changes: readonly RemoteChange[],
  now: number,
): Promise<number> {
  if (changes.length === 0) return 0;
  const results = await database.write([
    {
      sql: `update tickets indexed by tickets_remote set read_at = ?3, read_failures = 0 from (select value->>0 as id, value->>1 as updated, value->>2 as stamp from json_each(?2)) j
        where system = ?1 and remote_id = j.id and remote_stamp is not j.stamp and j.updated >= coalesce(remote_updated, 0)
          and (read_at is null or read_at > ?3)`,
      args: [system, JSON.stringify(changes.map(({ id, updated, stamp }) => [id, updated, stamp])), now],
    },
  ]);
  return results[0]?.rowsAffected ?? 0;
}

/** Saves the cursor after a search has reached its last page. */
export async function saveCursor(database: Database, system: TicketSystemName, cursor: string): Promise<void> {
  await database.write([
    {
      sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
      args: [`sync/${system}`, cursor],
    },
  ]);
}

/** Marks a ticket to be read, for a webhook. Returns false if no ticket here has that id. */
export async function markForReading(
  database: Database,
  system: TicketSystemName,
  remoteId: string,
  now: number,
): Promise<boolean> {
  const results = await database.write([
    {
      sql: `update tickets indexed by tickets_remote set read_at = min(coalesce(read_at, ?3), ?3), read_failures = 0 where system = ?1 and remote_id = ?2`,
      args: [system, remoteId, now],
    },
  ]);
  return (results[0]?.rowsAffected ?? 0) > 0;
}

/** Marks every watched ticket to be read, for targets that cannot be searched. */
export async function markAllForReading(database: Database, system: TicketSystemName, now: number): Promise<void> {
  await database.write([
    {
      sql: "update tickets set read_at = ?2 where system = ?1 and read_at > ?2 and remote_id is not null and gone_at is null",
      args: [system, now],
    },
  ]);
}

/** Marks the watched tickets that were read longest ago, at most `most`, in case the search misses some. */
export async function markStaleForReading(
  database: Database,
  system: TicketSystemName,
  most: number,
  now: number,
): Promise<void> {
  await database.write([
    {
      sql: `update tickets set read_at = ?2 where id in (select id from tickets where system = ?1 and read_at > ?2 and remote_id is not null
        and gone_at is null order by polled_at, id limit ?3)`,
      args: [system, now, most],
    },
  ]);
}

/** Tickets that are due to be read, longest due first, and when the next one is due (epoch ms); null = none waits. */
export async function dueReadings(
  database: Database,
  system: TicketSystemName,
  now: number,
  limit: number,
): Promise<{ due: Ticket[]; nextAt: number | null }> {
  const { rows } = await database.read(
    "select * from tickets where system = ? and read_at <= ? and remote_id is not null order by read_at, id limit ?",
    [system, now, limit],
  );
  const waiting = await database.read(
    "select min(read_at) as next_at from tickets where system = ? and read_at > ? and remote_id is not null",
    [system, now],
  );
  const [next] = waiting.rows;
  return { due: rows.map(ticketFromRow), nextAt: next === undefined ? null : integerOrNull(next, "next_at") };
}

/** When the first ticket of the system was planned (epoch ms), where a first search starts; null: there is none. */
export async function oldestTicket(database: Database, system: TicketSystemName): Promise<number | null> {
  const { rows } = await database.read("select min(created_at) as at from tickets where system = ?", [system]);
  return rows[0] === undefined ? null : timeOrNull(rows[0], "at");
}

export async function knownComments(database: Database, ticketId: number): Promise<string[]> {
  const { rows } = await database.read("select remote_id from ticket_comments where ticket_id = ?", [ticketId]);
  return rows.map((row) => text(row, "remote_id"));
}

/** Counts a failed reading and sets the next one, later with each failure. */
export async function recordFailedReading(database: Database, ticketId: number, now: number): Promise<void> {
  const { rows } = await database.read("select read_failures from tickets where id = ?", [ticketId]);
  const failures = rows[0] === undefined ? 0 : integer(rows[0], "read_failures");
  await database.write([
    {
      sql: "update tickets set read_at = ?, read_failures = read_failures + 1 where id = ?",
      args: [readAgainAt(now, failures), ticketId],
    },
  ]);
}
