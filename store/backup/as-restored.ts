/**
 * What a restore changes in the restored database, in one transaction before the database is put in its place. It has to hold for every schema
 * that there ever was, because the version that is started on it may be an old one.
 */
import type { EventKind } from "../../core/event.ts";
import { kindsOfReader } from "../../core/feeds/feeds.ts";
import { restored } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Connection } from "../database/connection.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";
import { hasColumn, hasTable, metaValue, one } from "./examine.ts";

/** What is known only from the database that is replaced. */
export interface Replaced {
  generation: number;
  restores: number;
  revokedKeys: { id: string; at: string }[];
  users: { id: string; passwordHash: string; disabledAt: string | null }[];
  /** Keys of tickets, by system. */
  tickets: { system: string; key: string; incidentId: string }[];
}

export interface RestoreOrder {
  /** Epoch milliseconds. */
  at: number;
  /** Where destinations go on: at their place in the backup, or at the end, as if they had everything. */
  positions: "keep" | "end";
  /** Null where the database that is replaced is missing or cannot be read. */
  replaced: Replaced | null;
  /** For the audit log. */
  detail: Record<string, unknown>;
}

export interface RestoreReport {
  generation: number;
  /** Messages that had not been sent when the backup was made, by destination. */
  destinations: { reader: string; messages: number }[];
  /** Creates and comments that are looked up in their target before they are sent. */
  lookedUp: number;
  /** Keys that stay revoked and users who stay disabled, though the backup knows them as valid. */
  stayRevoked: string[];
  stayDisabled: string[];
  /** Tickets that the database which is replaced knows and the backup does not. */
  unknownTickets: Replaced["tickets"];
}

/** Reads what a restore keeps of the database that it replaces. */
export function readReplaced(file: Connection): Replaced {
  const users = hasTable(file, "users") ? file.all("select id, password_hash, disabled_at from users") : [];
  const keys = hasTable(file, "api_keys")
    ? file.all("select id, revoked_at from api_keys where revoked_at is not null")
    : [];
  const tickets = hasTable(file, "tickets")
    ? file.all("select system, remote_key, incident_id from tickets where remote_key is not null order by id")
    : [];
  return {
    generation: wholeNumber(metaValue(file, "generation")),
    restores: wholeNumber(metaValue(file, "restores")),
    revokedKeys: keys.map((row) => ({ id: text(row, "id"), at: text(row, "revoked_at") })),
    users: users.map((row) => ({
      id: text(row, "id"),
      passwordHash: text(row, "password_hash"),
      disabledAt: textOrNull(row, "disabled_at"),
    })),
    tickets: tickets.map((row) => ({
      system: text(row, "system"),
      key: text(row, "remote_key"),
      incidentId: text(row, "incident_id"),
    })),
  };
}

/** Makes the file a restored one; `also` changes more in the same transaction. Nothing is changed if this throws. @throws SqliteError */
export function makeRestored(
  file: Connection,
  order: RestoreOrder,
  also: (file: Connection) => void = () => {},
): RestoreReport {
  const end = one(file, "select coalesce(max(seq), 0) as n from sqlite_sequence where name = 'event_log'");
  const generation = Math.max(
    Math.floor(order.at / 1000),
    wholeNumber(metaValue(file, "generation")) + 1,
    (order.replaced?.generation ?? 0) + 1,
  );
  const restores = Math.max(wholeNumber(metaValue(file, "restores")), order.replaced?.restores ?? 0) + 1;
  const destinations = waitingMessages(file);
  const { statements: access, ...stay } = accessStatements(file, order.replaced);
  const tickets = ticketStatements(file, order.at);
  const unknownTickets = ticketsNotIn(file, order.replaced);
  const report = { generation, destinations, lookedUp: 0, ...stay, unknownTickets };
  file.run({ sql: "BEGIN IMMEDIATE" });
  try {
    put(file, "generation", String(generation));
    // Ids of incidents are drawn from another part of their numbers than those that were given after the backup (store/database/new-ids.ts).
    put(file, "restores", String(restores));
    // What is asked of tickets of incidents up to here may have been done after the backup.
    put(file, "restored_end", String(end));
    // What follows is no longer what a cluster's log says.
    if (hasTable(file, "applied")) file.run({ sql: "delete from applied" });
    // The same of deliveries that stood still: they are looked up before they are tried again.
    if (hasTable(file, "deliveries")) {
      const highest = (table: string, column: string) =>
        String(one(file, `select coalesce(max(${column}), 0) as n from ${table}`));
      put(file, "restored_delivery", highest("deliveries", "seq"));
      put(file, "restored_attempt", highest("delivery_attempts", "id"));
      put(file, "restored_ticket", highest("tickets", "id"));
    }
    for (const statement of access) file.run(statement);
    also(file);
    for (const statement of tickets) report.lookedUp += file.run(statement).rowsAffected;
    if (order.positions === "end")
      for (const { reader } of destinations) {
        file.run({ sql: "update reader_positions set position = ? where reader = ?", args: [end, reader] });
        file.run({ sql: "delete from meta where key = ?", args: [`replay_skips/${reader}`] });
      }
    if (hasTable(file, "audit_log"))
      file.run({
        sql: `insert into audit_log (at, who, action, target, detail, address, source)
          values (?, 'command line', 'database.restore', 'database', ?, '', 'command')`,
        args: [toIso(order.at), JSON.stringify({ ...order.detail, generation, positions: order.positions })],
      });
    file.run({ sql: "COMMIT" });
  } catch (error) {
    if (file.inTransaction) file.run({ sql: "ROLLBACK" });
    throw error;
  }
  return report;
}

function waitingMessages(file: Connection): RestoreReport["destinations"] {
  const rows = file.all("select reader, position from reader_positions order by reader");
  return rows.flatMap((row) => {
    const reader = text(row, "reader");
    const kinds: readonly EventKind[] = kindsOfReader(reader);
    if (kinds.length === 0) return [];
    const sql = "select count(*) as n from event_log where seq > ? and kind in (select value from json_each(?))";
    return [{ reader, messages: one(file, sql, [integer(row, "position"), JSON.stringify(kinds)]) }];
  });
}

/** Logins end; what was revoked or disabled since the backup, and passwords that were changed, stay so. */
function accessStatements(file: Connection, replaced: Replaced | null) {
  const statements: Statement[] = [];
  const stayRevoked: string[] = [];
  const stayDisabled: string[] = [];
  for (const { id, at } of replaced?.revokedKeys ?? []) {
    const [row] = file.all("select name from api_keys where id = ? and revoked_at is null", [id]);
    if (row === undefined) continue;
    stayRevoked.push(`${text(row, "name")} (${id})`);
    statements.push({ sql: "update api_keys set revoked_at = ? where id = ?", args: [at, id] });
  }
  if (!hasTable(file, "users")) return { statements, stayRevoked, stayDisabled };
  statements.push({ sql: "delete from sessions" }, { sql: "update users set token_version = token_version + 1" });
  if (hasTable(file, "console_sessions")) statements.push({ sql: "delete from console_sessions" });
  for (const { id, passwordHash, disabledAt } of replaced?.users ?? []) {
    const [row] = file.all("select name, disabled_at from users where id = ?", [id]);
    if (row === undefined) continue;
    statements.push({ sql: "update users set password_hash = ? where id = ?", args: [passwordHash, id] });
    if (disabledAt === null || row.disabled_at !== null) continue;
    stayDisabled.push(text(row, "name"));
    statements.push({ sql: "update users set disabled_at = ? where id = ?", args: [disabledAt, id] });
  }
  return { statements, stayRevoked, stayDisabled };
}

/** Whatever had not ended when the backup was made may have arrived since: it is looked up before it is sent. */
function ticketStatements(file: Connection, at: number): Statement[] {
  if (!hasTable(file, "deliveries")) return [];
  // Keys that follow the highest one that the backup knows are read one by one: search may not show the last minutes.
  const hint = hasColumn(file, "deliveries", "hint")
    ? `hint = coalesce(hint, (select t.remote_key from tickets t join tickets o on o.id = d.ticket_id
        where o.system = 'jira' and t.system = 'jira' and t.entity_name = o.entity_name and t.remote_key is not null order by t.id desc limit 1)),`
    : "";
  return [
    {
      sql: `update deliveries as d set state = 'unknown', ${hint} lookups = 0, cause = '${restored}', next_attempt_at = 0, updated_at = ?1,
          detail = 'the database was restored from a backup that was made before this was finished'
        where kind in ('create', 'comment') and state in ('planned', 'sending', 'unknown') and coalesce(cause, '') not in ('made_not_identified', 'send_again')`,
      args: [toIso(at)],
    },
  ];
}

function ticketsNotIn(file: Connection, replaced: Replaced | null): Replaced["tickets"] {
  if (replaced === null || replaced.tickets.length === 0 || !hasTable(file, "tickets")) return [];
  const rows = file.all("select system, remote_key from tickets where remote_key is not null");
  const known = new Set(rows.map((row) => `${text(row, "system")} ${text(row, "remote_key")}`));
  return replaced.tickets.filter(({ system, key }) => !known.has(`${system} ${key}`));
}

function put(file: Connection, key: string, value: string): void {
  file.run({
    sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
    args: [key, value],
  });
}

function wholeNumber(value: string | null): number {
  const number = Number(value ?? 0);
  return Number.isSafeInteger(number) && number > 0 ? number : 0;
}
