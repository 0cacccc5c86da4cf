/** The ledger of tickets and their deliveries. Each step of a delivery is one write. */

import { randomBytes } from "node:crypto";
import type { RiskLevel } from "../../core/risk.ts";
import {
  type Delivery,
  type DeliveryKind,
  type DeliveryState,
  restored,
  type Ticket,
  type TicketSystemName,
  type UpdateContent,
} from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";
import { hintOfBackup, isFromBackup } from "./restored.ts";

/** A ticket to be created. */
export interface PlannedTicket {
  incidentId: string;
  entity: string;
  system: TicketSystemName;
  trigger: "auto" | "manual";
  who: string;
  /** The request, if a person has seen it; null = rendered when it is sent. */
  payload: string | null;
  /** The risk level in `payload`; null without one. */
  level: RiskLevel | null;
  /** The event that calls for it, which the reader of campaigns has to have passed; null = it waits for nobody. */
  afterSeq: number | null;
}

/** SQL of the generation: the next one if a person asks and the last ticket no longer exists, else the present or the first one. */
const generation = `coalesce((select max(t.generation) + case when max(t.generation) = max(case when t.gone_at is not null then t.generation end)
    and j.value->>4 = 'manual' then 1 else 0 end
  from tickets t where t.incident_id = j.value->>0 and t.system = j.value->>2), 1)`;

const newTicketsSql = `insert into tickets (incident_id, entity_name, system, generation, created_at, updated_at)
  select j.value->>0, j.value->>1, j.value->>2, ${generation}, ?2, ?2 from json_each(?1) j where true order by j.rowid on conflict do nothing`;

/** A discarded create is planned again only by hand; if it may have made a ticket, it is looked up first. */
const newCreatesSql = `insert into deliveries (id, ticket_id, kind, state, cause, payload, asked, hint, after_seq, next_attempt_at, trigger, who, created_at, updated_at)
    select j.value->>3, t.id, 'create', case when ${isFromBackup("t.incident_id")} or exists (select 1 from deliveries d where d.ticket_id = t.id and d.kind = 'create'
        and (d.cause in ('unknown_outcome', 'interrupted', 'restored', 'made_not_identified', 'send_again') or exists (select 1 from delivery_attempts a where a.delivery_id = d.id
          and a.action = 'send' and a.outcome in ('timeout', 'connection_broke', 'server_error', 'no_json', 'answer_error', 'unexpected', 'too_long', 'defect'))))
        then 'unknown' else 'planned' end, case when ${isFromBackup("t.incident_id")} then '${restored}' end,
      j.value->>6, j.value->>7, coalesce((select d.hint from deliveries d where d.ticket_id = t.id and d.kind = 'create' order by d.seq limit 1),
        case when ${isFromBackup("t.incident_id")} then ${hintOfBackup} end),
      j.value->>8, ?3, j.value->>4, j.value->>5, ?2, ?2
    from json_each(?1) j join tickets t on t.incident_id = j.value->>0 and t.system = j.value->>2
    where t.generation = (select max(generation) from tickets u where u.incident_id = t.incident_id and u.system = t.system)
      and not exists (select 1 from deliveries d where d.ticket_id = t.id and d.kind = 'create'
      and (d.state <> 'discarded' or j.value->>4 = 'auto'))
    order by j.rowid`;

/** A person wants a ticket for which auto-push has planned a create: that is not put off any more. Returns false if it was given up meanwhile. */
export async function wantDelivery(database: Database, id: string, now: number): Promise<boolean> {
  const results = await database.write([
    {
      sql: "update deliveries set wanted = 1, after_seq = null, updated_at = ? where id = ? and kind = 'create' and state <> 'discarded'",
      args: [toIso(now), id],
    },
  ]);
  return results[0]?.rowsAffected === 1;
}

/** Statements that plan tickets where there are none yet, for the write of the incident's event. */
export function planTickets(planned: readonly PlannedTicket[], now: number): Statement[] {
  if (planned.length === 0) return [];
  const rows = JSON.stringify(
    planned.map((p) => [
      ...[p.incidentId, p.entity, p.system, newDeliveryId(), p.trigger, p.who, p.payload, p.level, p.afterSeq],
    ]),
  );
  return [
    { sql: newTicketsSql, args: [rows, toIso(now)] },
    { sql: newCreatesSql, args: [rows, toIso(now), now] },
  ];
}

export function newDeliveryId(): string {
  return `dlv-${randomBytes(8).toString("hex")}`;
}

export const deliveryColumns = `d.id, d.ticket_id, t.incident_id, t.entity_name, t.system, d.kind, d.state, d.payload, d.content, d.attempts, d.lookups,
  d.hint, d.next_attempt_at, d.cause, d.detail, d.trigger, d.who, d.created_at, d.updated_at`;
export const deliveryTables = "deliveries d join tickets t on t.id = d.ticket_id";

/** The stored times (epoch ms) before which each target accepts no request (Retry-After), by its name; earlier versions kept them by system. */
export async function listThrottles(database: Database): Promise<{ name: string; until: number }[]> {
  const { rows } = await database.read("select key, value from meta where key like 'throttled/%'");
  return rows.map((row) => ({ name: text(row, "key").slice("throttled/".length), until: Number(text(row, "value")) }));
}

/** Stores the time (epoch ms) before which the target of this name accepts no request; what has passed at `now` is forgotten. */
export async function saveThrottle(database: Database, name: string, until: number, now: number): Promise<void> {
  const passed = "delete from meta where key like 'throttled/%' and cast(value as integer) <= ?";
  await database.write([{ sql: passed, args: [now] }, throttleStatement(name, until)]);
}

export function throttleStatement(name: string, until: number): Statement {
  return {
    sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
    args: [`throttled/${name}`, String(until)],
  };
}

/** The request that made the ticket; null where it is no longer kept. */
export async function createPayload(database: Database, ticketId: number): Promise<string | null> {
  const { rows } = await database.read(
    "select payload from deliveries where ticket_id = ? and kind = 'create' and state = 'confirmed' order by seq desc limit 1",
    [ticketId],
  );
  return rows[0] === undefined ? null : textOrNull(rows[0], "payload");
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
    lastReported: lastReportedOf(row),
    remoteStatus: textOrNull(row, "remote_status"),
    readAt: timeOrNull(row, "polled_at"),
    wasRead: textOrNull(row, "remote_stamp") !== null,
    title: {
      told: textOrNull(row, "told_title"),
      asked: JSON.parse(textOrNull(row, "asked_titles") ?? "[]") as string[],
      isTheirs: integer(row, "title_theirs") === 1,
    },
    goneAt: timeOrNull(row, "gone_at"),
    mergedInto: textOrNull(row, "merged_into"),
    createdAt: fromIso(text(row, "created_at")),
    updatedAt: fromIso(text(row, "updated_at")),
  };
}

function lastReportedOf(row: Row): Ticket["lastReported"] {
  const level = textOrNull(row, "told_level") as RiskLevel | null;
  return level === null ? null : { level, at: timeOrNull(row, "told_at") };
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
    content: JSON.parse(textOrNull(row, "content") ?? "null") as UpdateContent | null,
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

/** The key of the previous generation's ticket, which no longer exists; null for the first generation. */
export async function previousKey(
  database: Database,
  { incidentId, system, generation }: Ticket,
): Promise<string | null> {
  const { rows } = await database.read(
    "select remote_key from tickets where incident_id = ? and system = ? and generation = ? and gone_at is not null",
    [incidentId, system, generation - 1],
  );
  return rows[0] === undefined ? null : textOrNull(rows[0], "remote_key");
}
