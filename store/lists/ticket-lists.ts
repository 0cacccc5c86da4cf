/** Lists of tickets and deliveries. */

import { putOff } from "../../core/campaigns/campaign-tickets.ts";
import {
  type Attempt,
  type Delivery,
  notIdentified,
  type Ticket,
  type TicketSystemName,
} from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import { deliveryColumns, deliveryFromRow, findDelivery, ticketFromRow } from "../outbox/tickets.ts";
import { Conditions, countsOf, type Statement } from "./conditions.ts";
import { fewRows } from "./search.ts";

export interface TicketFilter {
  incidentId?: string;
  system?: string;
  states?: readonly string[];
  /** Why they stand still, "" = without a word for it; of deliveries alone. */
  causes?: readonly string[];
  /** Last changed from the first on, before the second (epoch milliseconds); of deliveries alone. */
  since?: number;
  before?: number;
  /** Without creates that were made and not identified, which a person decides one by one. */
  withoutMade?: boolean;
  entities: readonly string[] | null;
  limit: number;
  offset: number;
}

/** `many`: so many rows match that they are met in the order of the list; the sign keeps SQLite from an index of what most of them have. */
function conditionsOf({ incidentId, system, entities }: TicketFilter, systemColumn: string, many: boolean): Conditions {
  const all = new Conditions();
  const other = many ? "+" : "";
  if (incidentId !== undefined) all.add("t.incident_id = ?", incidentId);
  // A system has more of them than an entity.
  if (system !== undefined) all.add(`${entities === null ? other : "+"}${systemColumn} = ?`, system);
  if (entities !== null) all.add(`${other}t.entity_name in (select value from json_each(?))`, JSON.stringify(entities));
  return all;
}

/** Counts the rows that match a filter from a table of counts; the rows of a single incident are counted directly. */
function countOf(table: "deliveries" | "tickets", { system, states, entities }: TicketFilter): Statement {
  const all = new Conditions();
  if (system !== undefined) all.add("system = ?", system);
  if (entities !== null) all.add("entity_name in (select value from json_each(?))", JSON.stringify(entities));
  if (states !== undefined) all.add("state in (select value from json_each(?))", JSON.stringify(states));
  return {
    sql: `select coalesce(sum(n), 0) as n from ${countsOf(entities)[table]} where ${all.where}`,
    args: all.args,
  };
}

/** A ticket, and the cause why it could not be created yet, `campaign`, or `given up`. Null if it is being created or exists. */
export interface ListedTicket extends Ticket {
  stopped: string | null;
}

/** Newest first. */
export async function listTickets(
  database: Database,
  filter: TicketFilter,
): Promise<{ tickets: ListedTicket[]; total: number }> {
  const { states: _, ...counted } = filter;
  const everyOne = conditionsOf(filter, "t.system", false);
  const total = await numberOf(
    database,
    filter.incidentId === undefined
      ? countOf("tickets", counted)
      : { sql: `select count(*) as n from tickets t where ${everyOne.where}`, args: everyOne.args },
  );
  if (total <= filter.offset) return { tickets: [], total };
  const all = conditionsOf(filter, "t.system", total > fewRows);
  const { rows } = await database.read(
    `select t.*, (select iif(c.state = 'discarded', iif(c.cause = '${putOff}', c.cause, 'given up'), c.cause) from deliveries c where c.ticket_id = t.id and c.kind = 'create'
       and c.state in ('parked', 'discarded') order by c.seq desc limit 1) as stopped from tickets t where ${all.where} order by t.id desc limit ? offset ?`,
    [...all.args, filter.limit, filter.offset],
  );
  const tickets = rows.map((row) => ({ ...ticketFromRow(row), stopped: textOrNull(row, "stopped") }));
  return { tickets, total };
}

/** In whose ticket an incident was told. */
export interface ToldIn {
  incidentId: string;
  system: TicketSystemName;
  /** The incident whose ticket it is, and the ticket as people know it. */
  lead: string;
  key: string;
  url: string;
  /** Epoch milliseconds. */
  at: number;
}

/** Where these incidents were told, for each system the ticket that was told last. */
export async function listToldIn(database: Database, incidentIds: readonly string[]): Promise<ToldIn[]> {
  if (incidentIds.length === 0) return [];
  const { rows } = await database.read(
    `select c.incident_id, t.system, t.incident_id as lead, t.remote_key, t.url, max(c.told_at) as told_at
     from campaign_told c join tickets t on t.id = c.ticket_id
     where c.incident_id in (select value from json_each(?)) and t.remote_key is not null group by c.incident_id, t.system order by t.system`,
    [JSON.stringify(incidentIds)],
  );
  return rows.map((row) => ({
    incidentId: text(row, "incident_id"),
    system: text(row, "system") as TicketSystemName,
    lead: text(row, "lead"),
    key: text(row, "remote_key"),
    url: text(row, "url"),
    at: fromIso(text(row, "told_at")),
  }));
}

/** Newest first; the attempts of each oldest first. */
export async function listDeliveries(
  database: Database,
  filter: TicketFilter,
): Promise<{ deliveries: (Delivery & { history: Attempt[] })[]; total: number }> {
  // The table of counts knows systems, states and entities alone.
  const { incidentId, causes, since, before, withoutMade, entities } = filter;
  const isKept = [incidentId, causes, since, before].every((one) => one === undefined) && withoutMade !== true;
  const kept = isKept ? await numberOf(database, countOf("deliveries", filter)) : null;
  const all = deliveryConditions(filter, kept !== null && kept > fewRows);
  // With an incident or an entity of few, start from their tickets; otherwise start from the newest deliveries.
  const ofFew = { entities, limit: 0, offset: 0 };
  const byTicket =
    incidentId !== undefined ||
    (entities !== null && (await numberOf(database, countOf("deliveries", ofFew))) <= fewRows);
  const from = byTicket
    ? "tickets t cross join deliveries d on d.ticket_id = t.id"
    : "deliveries d cross join tickets t on t.id = d.ticket_id";
  const count =
    kept ??
    (await numberOf(database, {
      // Tickets are needed for their incident and entity alone.
      sql: `select count(*) as n from ${entities === null && incidentId === undefined ? "deliveries d" : from} where ${all.where}`,
      args: all.args,
    }));
  if (count <= filter.offset) return { deliveries: [], total: count };
  const { rows } = await database.read(
    `select ${deliveryColumns} from ${from} where ${all.where} order by d.seq desc limit ? offset ?`,
    [...all.args, filter.limit, filter.offset],
  );
  const deliveries = rows.map(deliveryFromRow);
  const attempts = await database.read(
    `select ${attemptColumns} from delivery_attempts where delivery_id in (select value from json_each(?)) order by id`,
    [JSON.stringify(deliveries.map(({ id }) => id))],
  );
  const byDelivery = Map.groupBy(attempts.rows, (row) => text(row, "delivery_id"));
  return {
    deliveries: deliveries.map((one) => ({ ...one, history: (byDelivery.get(one.id) ?? []).map(attemptFromRow) })),
    total: count,
  };
}

function deliveryConditions(filter: TicketFilter, many: boolean): Conditions {
  const { states, causes, since, before, withoutMade } = filter;
  const all = conditionsOf(filter, "d.system", many);
  if (states !== undefined)
    all.add(`${many ? "+" : ""}d.state in (select value from json_each(?))`, JSON.stringify(states));
  if (causes !== undefined) {
    // Only what stands still has a cause that counts; said in these words, the index of it can be used.
    all.add("d.state in ('parked', 'dead')");
    const given = JSON.stringify(causes);
    if (causes.includes("")) all.add("coalesce(d.cause, '') in (select value from json_each(?))", given);
    else all.add("d.cause in (select value from json_each(?))", given);
  }
  if (since !== undefined) all.add("d.updated_at >= ?", toIso(since));
  if (before !== undefined) all.add("d.updated_at < ?", toIso(before));
  if (withoutMade === true) all.add(`not (d.kind = 'create' and coalesce(d.cause, '') = '${notIdentified}')`);
  return all;
}

const attemptColumns = "delivery_id, at, duration_ms, action, request, status, outcome, words";

/** One delivery with all of its attempts, oldest first, and what was sent and answered; null if there is none with that id. */
export async function readDelivery(
  database: Database,
  id: string,
): Promise<(Delivery & { history: Attempt[] }) | null> {
  const delivery = await findDelivery(database, id);
  if (delivery === null) return null;
  const { rows } = await database.read(
    `select ${attemptColumns}, request_body, answer_body from delivery_attempts where delivery_id = ? order by id desc limit ?`,
    [id, mostAttempts],
  );
  const history = rows.reverse().map((row) => ({
    ...attemptFromRow(row),
    sent: textOrNull(row, "request_body"),
    answer: textOrNull(row, "answer_body"),
  }));
  return { ...delivery, history };
}

/** The newest attempts of one delivery. */
const mostAttempts = 500;

async function numberOf(database: Database, { sql, args }: Statement): Promise<number> {
  const { rows } = await database.read(sql, args);
  return rows[0] === undefined ? 0 : integer(rows[0], "n");
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

/** The number of deliveries in each state that needs attention. */
export async function countDeliveries(database: Database): Promise<{ system: string; state: string; count: number }[]> {
  const { rows } = await database.read(
    "select system, state, n from delivery_totals where state not in ('confirmed', 'discarded') and n > 0",
  );
  return rows.map((row) => ({ system: text(row, "system"), state: text(row, "state"), count: integer(row, "n") }));
}

/** Tickets of one system: how many exist, no longer exist in the target, or could not be read. */
export interface TicketCount {
  system: string;
  count: number;
  gone: number;
  unreadable: number;
}

export async function countTickets(database: Database): Promise<TicketCount[]> {
  const { rows } = await database.read(
    "select system, known as n, gone, unreadable from ticket_totals where known > 0",
  );
  return rows.map((row) => ({
    system: text(row, "system"),
    count: integer(row, "n"),
    gone: integer(row, "gone"),
    unreadable: integer(row, "unreadable"),
  }));
}
