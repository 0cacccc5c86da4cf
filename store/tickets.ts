/** The ledger of tickets and their deliveries. Each step is one write. */
import { randomBytes } from "node:crypto";
import type { InStatement, Row } from "@libsql/client";
import type {
  Attempt,
  Delivery,
  DeliveryKind,
  DeliveryState,
  RemoteTicket,
  Ticket,
  TicketSystemName,
} from "../core/tickets/ticket.ts";
import type { Database } from "./database.ts";
import { fromIso, toIso } from "./iso.ts";
import { integer, text, textOrNull } from "./rows.ts";

/** A ticket that an event calls for. */
export interface PlannedTicket {
  incidentId: string;
  entity: string;
  system: TicketSystemName;
  trigger: "auto" | "manual";
  who: string;
  /** Rendered already, for a ticket that somebody has seen; null = when it is sent. */
  payload: string | null;
}

const planSql = [
  `insert into tickets (incident_id, entity_name, system, generation, created_at, updated_at)
    select value->>0, value->>1, value->>2, 1, ?2, ?2 from json_each(?1) where true on conflict do nothing`,
  // What somebody gave up comes back by hand only; where it may have had its effect, it is looked up first.
  `insert into deliveries (id, ticket_id, kind, state, payload, hint, next_attempt_at, trigger, who, created_at, updated_at)
    select j.value->>3, t.id, 'create', case when exists (select 1 from deliveries d where d.ticket_id = t.id and d.kind = 'create'
        and (d.cause in ('unknown_outcome', 'interrupted') or exists (select 1 from delivery_attempts a where a.delivery_id = d.id
          and a.action = 'send' and a.outcome in ('timeout', 'connection_broke', 'server_error', 'no_json'))))
        then 'unknown' else 'planned' end,
      j.value->>6, (select d.hint from deliveries d where d.ticket_id = t.id and d.kind = 'create' order by d.seq limit 1),
      ?3, j.value->>4, j.value->>5, ?2, ?2
    from json_each(?1) j join tickets t on t.incident_id = j.value->>0 and t.system = j.value->>2 and t.generation = 1
    where not exists (select 1 from deliveries d where d.ticket_id = t.id and d.kind = 'create'
      and (d.state <> 'discarded' or j.value->>4 = 'auto'))`,
];

/** Statements that plan tickets where there are none yet: for the write of the event that calls for them. */
export function planTickets(planned: readonly PlannedTicket[], now: number): InStatement[] {
  if (planned.length === 0) return [];
  const rows = JSON.stringify(
    planned.map((p) => [p.incidentId, p.entity, p.system, newDeliveryId(), p.trigger, p.who, p.payload]),
  );
  return [
    { sql: planSql[0] ?? "", args: [rows, toIso(now)] },
    { sql: planSql[1] ?? "", args: [rows, toIso(now), now] },
  ];
}

function newDeliveryId(): string {
  return `dlv-${randomBytes(8).toString("hex")}`;
}

export const deliveryColumns = `d.id, d.ticket_id, t.incident_id, t.entity_name, t.system, d.kind, d.state, d.payload, d.attempts, d.lookups,
  d.hint, d.next_attempt_at, d.cause, d.detail, d.trigger, d.who, d.created_at, d.updated_at`;
export const deliveryTables = "deliveries d join tickets t on t.id = d.ticket_id";

/** Deliveries of a system that are due, one per ticket: the first that is not finished. `retries`: failed ones too. */
export async function dueDeliveries(
  database: Database,
  system: TicketSystemName,
  now: number,
  retries: boolean,
  limit: number,
): Promise<Delivery[]> {
  const { rows } = await database.read(
    `select ${deliveryColumns} from ${deliveryTables}
     where d.state in ('planned', 'unknown') and d.next_attempt_at <= ?1 and t.system = ?2
       and (?3 = 1 or d.state = 'unknown' or d.attempts = 0)
       and not exists (select 1 from deliveries e where e.ticket_id = d.ticket_id and e.seq < d.seq and e.state not in ('confirmed', 'discarded'))
     order by d.next_attempt_at, d.seq limit ?4`,
    [now, system, retries ? 1 : 0, limit],
  );
  return rows.map(deliveryFromRow);
}

/** What a process that ended was sending may have arrived: creates are looked up first, what can be repeated is repeated. */
export async function recoverDeliveries(database: Database, now: number): Promise<number> {
  const results = await database.write([
    {
      sql: `update deliveries set state = case kind when 'create' then 'unknown' else 'planned' end, lookups = 0, cause = 'interrupted',
              detail = 'the appliance ended while it was being sent', next_attempt_at = ?1, updated_at = ?2
            where state = 'sending'`,
      args: [now, toIso(now)],
    },
  ]);
  return results[0]?.rowsAffected ?? 0;
}

/** Until when each system wants no request, as it said before this process began. */
export async function listThrottles(database: Database): Promise<{ system: TicketSystemName; until: number }[]> {
  const { rows } = await database.read("select key, value from meta where key like 'throttled/%'");
  return rows.map((row) => ({
    system: text(row, "key").slice("throttled/".length) as TicketSystemName,
    until: Number(text(row, "value")),
  }));
}

/** A system wants no request before this (epoch ms). */
export async function saveThrottle(database: Database, system: TicketSystemName, until: number): Promise<void> {
  await database.write([
    {
      sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
      args: [`throttled/${system}`, String(until)],
    },
  ]);
}

/** Before a request: from here on its outcome counts as not known. */
export async function beginDelivery(
  database: Database,
  id: string,
  payload: string | null,
  hint: string | null,
  now: number,
): Promise<void> {
  await database.write([
    {
      sql: "update deliveries set state = 'sending', payload = coalesce(?, payload), hint = ?, updated_at = ? where id = ?",
      args: [payload, hint, toIso(now), id],
    },
  ]);
}

export interface DeliveryOutcome {
  id: string;
  state: DeliveryState;
  attempts: number;
  lookups: number;
  nextAttemptAt: number;
  cause: string | null;
  detail: string | null;
  /** Null: nothing was asked. */
  attempt: Attempt | null;
  /** What a create has made, or a look has found. */
  remote: RemoteTicket | null;
  /** What follows a create. */
  next: DeliveryKind | null;
  /** Before this the target wants no request (epoch ms); null = it did not say. */
  throttledUntil: number | null;
}

/** The statements of an outcome: delivery, attempt, ledger, and what follows. */
export function outcomeStatements(outcome: DeliveryOutcome, now: number): InStatement[] {
  const { id, attempt, remote, next } = outcome;
  const at = toIso(now);
  return [
    {
      sql: `update deliveries set state = ?, attempts = ?, lookups = ?, next_attempt_at = ?, cause = ?, detail = ?, updated_at = ? where id = ?`,
      args: [
        outcome.state,
        outcome.attempts,
        outcome.lookups,
        outcome.nextAttemptAt,
        outcome.cause,
        outcome.detail,
        at,
        id,
      ],
    },
    ...(outcome.throttledUntil === null
      ? []
      : [
          {
            sql: `insert into meta select 'throttled/' || system, ? from tickets where id = (select ticket_id from deliveries where id = ?)
              on conflict do update set value = excluded.value`,
            args: [String(outcome.throttledUntil), id],
          },
        ]),
    ...(attempt === null ? [] : [attemptStatement(id, attempt)]),
    ...(remote === null
      ? []
      : [
          {
            sql: `update tickets set remote_id = ?, remote_key = ?, url = ?, updated_at = ? where id = (select ticket_id from deliveries where id = ?)`,
            args: [remote.id, remote.key, remote.url, at, id],
          },
        ]),
    ...(next === null
      ? []
      : [
          {
            sql: `insert into deliveries (id, ticket_id, kind, state, next_attempt_at, trigger, who, created_at, updated_at)
              select ?, ticket_id, ?, 'planned', ?, trigger, who, ?, ? from deliveries where id = ?`,
            args: [newDeliveryId(), next, now, at, at, id],
          },
        ]),
  ];
}

function attemptStatement(id: string, a: Attempt): InStatement {
  return {
    sql: `insert into delivery_attempts (delivery_id, at, duration_ms, action, request, status, outcome, words)
      values (?, ?, ?, ?, ?, ?, ?, ?)`,
    args: [id, toIso(a.at), a.durationMs, a.action, a.request, a.status, a.outcome, a.words],
  };
}

export async function findDelivery(database: Database, id: string): Promise<Delivery | null> {
  const { rows } = await database.read(`select ${deliveryColumns} from ${deliveryTables} where d.id = ?`, [id]);
  return rows[0] === undefined ? null : deliveryFromRow(rows[0]);
}

export async function findTicket(database: Database, incidentId: string, system: string): Promise<Ticket | null> {
  const { rows } = await database.read(
    "select * from tickets where incident_id = ? and system = ? order by generation desc limit 1",
    [incidentId, system],
  );
  return rows[0] === undefined ? null : ticketFromRow(rows[0]);
}

export async function ticketOfDelivery(database: Database, id: string): Promise<Ticket | null> {
  const { rows } = await database.read(
    "select t.* from tickets t join deliveries d on d.ticket_id = t.id where d.id = ?",
    [id],
  );
  return rows[0] === undefined ? null : ticketFromRow(rows[0]);
}

export function ticketFromRow(row: Row): Ticket {
  const remoteId = textOrNull(row, "remote_id");
  return {
    id: integer(row, "id"),
    incidentId: text(row, "incident_id"),
    entity: text(row, "entity_name"),
    system: text(row, "system") as TicketSystemName,
    generation: integer(row, "generation"),
    remote: remoteId === null ? null : { id: remoteId, key: text(row, "remote_key"), url: text(row, "url") },
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
  };
}

export function deliveryFromRow(row: Row): Delivery {
  return {
    id: text(row, "id"),
    ticketId: integer(row, "ticket_id"),
    incidentId: text(row, "incident_id"),
    entity: text(row, "entity_name"),
    system: text(row, "system") as TicketSystemName,
    kind: text(row, "kind") as DeliveryKind,
    state: text(row, "state") as DeliveryState,
    payload: textOrNull(row, "payload"),
    attempts: integer(row, "attempts"),
    lookups: integer(row, "lookups"),
    hint: textOrNull(row, "hint"),
    nextAttemptAt: integer(row, "next_attempt_at"),
    cause: textOrNull(row, "cause"),
    detail: textOrNull(row, "detail"),
    trigger: text(row, "trigger") as Delivery["trigger"],
    who: text(row, "who"),
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
  };
}
