/** After a crash run: the database and what arrived, against the model. Every violation is one line. */
import { createClient, type Client as Libsql } from "@libsql/client";
import type { Ledger } from "./ledger.ts";

interface LoggedEvent {
  /** Its place among the alert events, from 1. */
  place: number;
  key: string;
  at: number;
}

export interface StoredState {
  violations: string[];
  /** The alert events of the log, in order. */
  events: LoggedEvent[];
}

export interface Delivery {
  violations: string[];
  messages: number;
  repeated: number;
  /** Most messages repeated after one kill. */
  mostRepeated: number;
}

const page = 20_000;

/** Reads the file that a stopped appliance left, and compares every alert's count with the model. */
export async function verifyDatabase(path: string, model: ReadonlyMap<string, number>): Promise<StoredState> {
  const database = createClient({ url: `file:${path}` });
  const violations: string[] = [];
  try {
    const integrity = (await database.execute("pragma integrity_check")).rows.map((row) => String(row[0]));
    if (integrity.join() !== "ok") violations.push(`integrity_check: ${integrity.slice(0, 3).join("; ")}`);
    await compareCounts(database, model, violations);
    return { violations, events: await readLog(database, violations) };
  } finally {
    database.close();
  }
}

async function compareCounts(
  database: Libsql,
  model: ReadonlyMap<string, number>,
  violations: string[],
): Promise<void> {
  let alerts = 0;
  for (let last = 0; ; ) {
    const { rows } = await database.execute({
      sql: "select id, hash, count, sent_count from sigma_alerts where id > ? order by id limit ?",
      args: [last, page],
    });
    for (const row of rows) {
      alerts++;
      last = Number(row.id);
      const expected = model.get(String(row.hash)) ?? 0;
      if (row.count !== expected || row.sent_count !== expected)
        violations.push(`alert ${row.hash}: count ${row.count}, told ${row.sent_count}; model ${expected}`);
    }
    if (rows.length < page) break;
  }
  if (alerts !== model.size) violations.push(`${alerts} alerts in the database; model ${model.size}`);
}

/** The log has no gaps; of its events those of the alert feed are returned. */
async function readLog(database: Libsql, violations: string[]): Promise<LoggedEvent[]> {
  const events: LoggedEvent[] = [];
  for (let last = 0; ; ) {
    const { rows } = await database.execute({
      sql: "select seq, at, kind, subject, data->>2 as count from event_log where seq > ? order by seq limit ?",
      args: [last, page],
    });
    for (const { seq, at, kind, subject, count } of rows) {
      if (seq !== last + 1) violations.push(`event log: ${seq} follows ${last}`);
      last = Number(seq);
      if (kind !== "alert_first" && kind !== "alert_hourly") continue;
      const msgid = kind === "alert_first" ? "FIRST" : "HOURLY";
      events.push({ place: events.length + 1, key: `${msgid} ${subject} ${count}`, at: Number(at) });
    }
    if (rows.length < page) return events;
  }
}

/**
 * Every event arrived, told what the model says, and in order. The messages of one process must be an unbroken run of the log that
 * begins at most `batchSize` before the end of the run before it: nothing lost, nothing out of order, at most one batch repeated.
 */
export function verifyDelivery(
  ledger: Ledger,
  events: readonly LoggedEvent[],
  model: ReadonlyMap<string, number>,
  batchSize: number,
): Delivery {
  const violations = [...ledger.violations];
  const fail = (what: string) => violations.push(`${ledger.name}: ${what}`);
  const byKey = new Map(events.map((event) => [event.key, event]));
  if (byKey.size !== events.length) fail(`${events.length - byKey.size} events are in the log twice`);
  for (const { key, at } of events) {
    const arrived = ledger.events.get(key);
    if (arrived === undefined) fail(`${key} never arrived`);
    else if (arrived.at !== at) fail(`${key} carries ${arrived.at}; recorded at ${at}`);
  }
  compareTold(ledger, model, fail);

  let end = 0;
  let previous = 0;
  let process = "";
  let mostRepeated = 0;
  for (const { event, procid } of ledger.arrivals) {
    const seq = byKey.get(event.key)?.place;
    if (seq === undefined) {
      fail(`${event.key} arrived and is not in the log`);
      continue;
    }
    if (procid !== process) {
      process = procid;
      const repeated = end + 1 - seq;
      mostRepeated = Math.max(mostRepeated, repeated);
      if (repeated < 0) fail(`process ${procid} begins with event ${seq}; before it came ${end}`);
      if (repeated > batchSize) fail(`process ${procid} repeats ${repeated} messages`);
    } else if (seq !== previous + 1) {
      fail(`process ${procid} sends event ${seq} after ${previous}`);
    }
    previous = seq;
    end = Math.max(end, seq);
  }
  const messages = ledger.arrivals.length;
  return { violations, messages, repeated: messages - ledger.events.size, mostRepeated };
}

function compareTold(ledger: Ledger, model: ReadonlyMap<string, number>, fail: (what: string) => void): void {
  const told = new Map<string, number>();
  for (const event of ledger.events.values()) told.set(event.hash, (told.get(event.hash) ?? 0) + event.told);
  for (const [hash, expected] of model) {
    const found = told.get(hash) ?? 0;
    if (found !== expected) fail(`FIRST and HOURLY of ${hash} tell ${found}; model ${expected}`);
  }
  if (told.size !== model.size) fail(`${told.size} alerts arrived; model ${model.size}`);
}
