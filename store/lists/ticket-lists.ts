/** Tickets and deliveries as lists show them. */
import type { Row } from "@libsql/client";
import type { Attempt, Delivery, Ticket } from "../../core/tickets/ticket.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import { deliveryColumns, deliveryFromRow, deliveryTables, ticketFromRow } from "../outbox/tickets.ts";

export interface TicketFilter {
  incidentId?: string;
  system?: string;
  states?: readonly string[];
  entities: readonly string[] | null;
  limit: number;
  offset: number;
}

const filterSql = `(?1 is null or t.incident_id = ?1) and (?2 is null or t.system = ?2)
  and (?3 is null or t.entity_name in (select value from json_each(?3)))`;

function filterArgs({ incidentId, system, entities }: TicketFilter): (string | null)[] {
  return [incidentId ?? null, system ?? null, entities === null ? null : JSON.stringify(entities)];
}

/** Newest first. */
export async function listTickets(
  database: Database,
  filter: TicketFilter,
): Promise<{ tickets: Ticket[]; total: number }> {
  const args = filterArgs(filter);
  const { rows } = await database.read(
    `select t.* from tickets t where ${filterSql} order by t.id desc limit ?4 offset ?5`,
    [...args, filter.limit, filter.offset],
  );
  const counted = await database.read(`select count(*) as n from tickets t where ${filterSql}`, args);
  return { tickets: rows.map(ticketFromRow), total: counted.rows[0] === undefined ? 0 : integer(counted.rows[0], "n") };
}

/** Newest first, with their attempts, oldest first. */
export async function listDeliveries(
  database: Database,
  filter: TicketFilter,
): Promise<{ deliveries: (Delivery & { history: Attempt[] })[]; total: number }> {
  const states = filter.states === undefined ? null : JSON.stringify(filter.states);
  const where = `${filterSql} and (?4 is null or d.state in (select value from json_each(?4)))`;
  const args = [...filterArgs(filter), states];
  const { rows } = await database.read(
    `select ${deliveryColumns} from ${deliveryTables} where ${where} order by d.seq desc limit ?5 offset ?6`,
    [...args, filter.limit, filter.offset],
  );
  const counted = await database.read(`select count(*) as n from ${deliveryTables} where ${where}`, args);
  const deliveries = rows.map(deliveryFromRow);
  const attempts = await database.read(
    `select * from delivery_attempts where delivery_id in (select value from json_each(?)) order by id`,
    [JSON.stringify(deliveries.map(({ id }) => id))],
  );
  const byDelivery = Map.groupBy(attempts.rows, (row) => text(row, "delivery_id"));
  return {
    deliveries: deliveries.map((one) => ({ ...one, history: (byDelivery.get(one.id) ?? []).map(attemptFromRow) })),
    total: counted.rows[0] === undefined ? 0 : integer(counted.rows[0], "n"),
  };
}

function attemptFromRow(row: Row): Attempt {
  return {
    at: fromIso(text(row, "at")),
    durationMs: integer(row, "duration_ms"),
    action: text(row, "action") as Attempt["action"],
    request: text(row, "request"),
    status: row.status === null ? null : integer(row, "status"),
    outcome: text(row, "outcome"),
    words: text(row, "words"),
  };
}

/** How many deliveries there are in each state that wants attention. */
export async function countDeliveries(database: Database): Promise<{ system: string; state: string; count: number }[]> {
  const { rows } = await database.read(
    `select t.system, d.state, count(*) as n from ${deliveryTables} where d.state not in ('confirmed', 'discarded') group by 1, 2`,
  );
  return rows.map((row) => ({ system: text(row, "system"), state: text(row, "state"), count: integer(row, "n") }));
}

/** Tickets by system: how many there are, are gone from their target, could not be read. */
export interface TicketCount {
  system: string;
  count: number;
  gone: number;
  unreadable: number;
}

export async function countTickets(database: Database): Promise<TicketCount[]> {
  const { rows } = await database.read(
    `select system, count(*) as n, count(gone_at) as gone, sum(read_failures > 0) as unreadable from tickets
     where remote_id is not null group by system`,
  );
  return rows.map((row) => ({
    system: text(row, "system"),
    count: integer(row, "n"),
    gone: integer(row, "gone"),
    unreadable: integer(row, "unreadable"),
  }));
}
