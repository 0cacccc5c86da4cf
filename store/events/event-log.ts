/** The event log and the positions of its readers. */

import { alertEventKinds, type EventKind, type LoggedEvent } from "../../core/event.ts";
import type { Span } from "../../core/feeds/replay.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";

/** `[seq, at, kind, subject, entity, data, body]` */
export type EventRow = [number, number, EventKind, string, string, string, string | null];

const appendSql = insertSql("event_log", "seq, at, kind, subject, entity_name, data, body");

export function appendEvents(rows: readonly EventRow[]): Statement[] {
  return forRows(appendSql, rows);
}

/** The highest sequence number ever used, including pruned events. */
export async function lastSeq(database: Database): Promise<number> {
  const { rows } = await database.read(
    "select coalesce(max(seq), 0) as seq from sqlite_sequence where name = 'event_log'",
  );
  return rows[0] === undefined ? 0 : integer(rows[0], "seq");
}

/**
 * The condition that events are of these kinds (bound as a JSON list), for a scan in log order. If alert events are not wanted, it names
 * the index of the other kinds, which are few.
 */
function ofKinds(kinds: readonly EventKind[]): { from: string; where: string } {
  const others = !alertEventKinds.some((kind) => kinds.includes(kind));
  return {
    from: others ? "event_log indexed by event_log_others" : "event_log",
    where: `${others ? "kind not in ('alert_first', 'alert_hourly') and " : ""}kind in (select value from json_each(?))`,
  };
}

export async function readEvents(
  database: Database,
  after: number,
  limit: number,
  kinds: readonly EventKind[],
): Promise<LoggedEvent[]> {
  const { from, where } = ofKinds(kinds);
  const { rows } = await database.read(
    `select seq, at, kind, subject, entity_name, data, body from ${from} where seq > ? and ${where} order by seq limit ?`,
    [after, JSON.stringify(kinds), limit],
  );
  return rows.map(eventOf);
}

function eventOf(row: Row): LoggedEvent {
  return {
    seq: integer(row, "seq"),
    at: integer(row, "at"),
    kind: text(row, "kind") as EventKind,
    subject: text(row, "subject"),
    entity: text(row, "entity_name"),
    data: text(row, "data"),
    body: textOrNull(row, "body"),
  };
}

/** The newest events of these kinds, the last one first. */
export async function newestEvents(
  database: Database,
  limit: number,
  kinds: readonly EventKind[],
): Promise<LoggedEvent[]> {
  const { from, where } = ofKinds(kinds);
  const { rows } = await database.read(
    `select seq, at, kind, subject, entity_name, data, body from ${from} where ${where} order by seq desc limit ?`,
    [JSON.stringify(kinds), limit],
  );
  return rows.map(eventOf);
}

/** The number of events of these kinds after `after`. Alert events, which are many, are not read one by one. */
export async function countEventsAfter(
  database: Database,
  after: number,
  kinds: readonly EventKind[],
): Promise<number> {
  const isAlert = (kind: EventKind) => alertEventKinds.some((other) => other === kind);
  const others = kinds.filter((kind) => !isAlert(kind));
  const alerts = kinds.filter(isAlert);
  // Numbers have no gaps and the log is pruned from its old end only, so every event that is not of another kind is an alert event.
  const sql = {
    others: `(select count(*) from event_log indexed by event_log_others
      where seq > ?1 and kind not in ('alert_first', 'alert_hourly') and kind in (select value from json_each(?2)))`,
    alerts: `coalesce((select max(seq) from event_log) - max(?1, (select min(seq) from event_log) - 1), 0)
      - (select count(*) from event_log indexed by event_log_others where seq > ?1 and kind not in ('alert_first', 'alert_hourly'))`,
    someAlerts: "(select count(*) from event_log where seq > ?1 and kind in (select value from json_each(?3)))",
  };
  const counted = alerts.length === 0 ? "0" : alerts.length === alertEventKinds.length ? sql.alerts : sql.someAlerts;
  const { rows } = await database.read(`select ${sql.others} + max(0, ${counted}) as n, ?3 as alert_kinds`, [
    after,
    JSON.stringify(others),
    JSON.stringify(alerts),
  ]);
  return rows[0] === undefined ? 0 : integer(rows[0], "n");
}

/** The last sequence number recorded before `at` (epoch ms): where a replay from that time starts. */
export async function seqBefore(database: Database, at: number): Promise<number> {
  // The clock may have jumped: the first event at or after that time decides, not the last one before it.
  const { rows } = await database.read("select min(seq) as seq from event_log where at >= ?", [at]);
  const first = rows[0]?.seq;
  return typeof first === "number" ? first - 1 : lastSeq(database);
}

export async function readPosition(database: Database, reader: string): Promise<number | null> {
  const { rows } = await database.read("select position from reader_positions where reader = ?", [reader]);
  return rows[0] === undefined ? null : integer(rows[0], "position");
}

export async function savePosition(database: Database, reader: string, position: number, now: number): Promise<void> {
  await database.write([
    {
      sql: `insert into reader_positions (reader, position, updated_at) values (?1, ?2, ?3)
            on conflict (reader) do update set position = ?2, updated_at = ?3`,
      args: [reader, position, toIso(now)],
    },
  ]);
}

/** The spans that a reader had already received before the replay in progress. */
export async function readSkips(database: Database, reader: string): Promise<Span[]> {
  const { rows } = await database.read("select value from meta where key = ?", [skipsKey(reader)]);
  return rows[0] === undefined ? [] : (JSON.parse(text(rows[0], "value")) as Span[]);
}

export async function saveSkips(database: Database, reader: string, skips: readonly Span[]): Promise<void> {
  await database.write([
    skips.length === 0
      ? { sql: "delete from meta where key = ?", args: [skipsKey(reader)] }
      : {
          sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
          args: [skipsKey(reader), JSON.stringify(skips)],
        },
  ]);
}

/** Removes a reader's position: a new reader of that name starts at the end of the log. */
export async function forgetReader(database: Database, reader: string): Promise<void> {
  await database.write(forgetting(reader));
}

/** Where a reader is to begin: where another one stands, or, without one, at the end of the log. */
export interface ReaderPlace {
  reader: string;
  from: string | null;
}

/** The statements that give a reader its place, for the write that makes it one. */
export function placing({ reader, from }: ReaderPlace, now: number): Statement[] {
  if (from === null) return forgetting(reader);
  return [
    ...forgetting(reader),
    {
      sql: `insert into reader_positions (reader, position, updated_at)
            select ?1, position, ?3 from reader_positions where reader = ?2 order by reader`,
      args: [reader, from, toIso(now)],
    },
    {
      sql: "insert into meta (key, value) select ?1, value from meta where key = ?2 order by key",
      args: [skipsKey(reader), skipsKey(from)],
    },
  ];
}

function forgetting(reader: string): Statement[] {
  return [
    { sql: "delete from reader_positions where reader = ?", args: [reader] },
    { sql: "delete from meta where key = ?", args: [skipsKey(reader)] },
  ];
}

function skipsKey(reader: string): string {
  return `replay_skips/${reader}`;
}

export interface ReaderRow {
  reader: string;
  position: number;
  expired: number;
}

export async function listReaders(database: Database): Promise<ReaderRow[]> {
  const { rows } = await database.read("select reader, position, expired from reader_positions order by reader");
  return rows.map((row) => ({
    reader: text(row, "reader"),
    position: integer(row, "position"),
    expired: integer(row, "expired"),
  }));
}

/** The sequence number of the oldest event; null if the log is empty. */
export async function oldestEvent(database: Database): Promise<number | null> {
  const { rows } = await database.read("select min(seq) as seq from event_log");
  const seq = rows[0]?.seq;
  return typeof seq === "number" ? seq : null;
}
