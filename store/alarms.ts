/** SIEM alarms: one row per (entity, alarm id), one event per new row. */
import type { InStatement } from "@libsql/client";
import type { Alarm } from "../core/detection.ts";
import type { AppendedCounts } from "../core/event.ts";
import { noTally } from "../core/intake/answer.ts";
import type { AlarmWrite, IntakeTally } from "../core/ports.ts";
import { recordStep } from "./batches.ts";
import type { Database } from "./database.ts";
import { appendEvents, type EventRow } from "./event-log.ts";
import { toIso } from "./iso.ts";
import { text } from "./rows.ts";
import type { Sequences } from "./sequences.ts";

const insertSql = `insert into alarms (entity_name, alarm_id, name, rbp, alarm_time, user_name, host, src_ip, recorded_at)
  select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8 from json_each(?)`;

export async function writeAlarms(
  database: Database,
  sequences: Sequences,
  write: AlarmWrite,
): Promise<{ tally: IntakeTally; counts: AppendedCounts }> {
  const fresh = await newAlarms(database, write.alarms);
  const tally = { ...noTally, accepted: fresh.length, duplicates: write.alarms.length - fresh.length };
  const at = toIso(write.now);
  const rows = fresh.map((a) => [
    a.entity,
    a.alarmId,
    a.name,
    a.rbp,
    toIso(a.timestamp),
    a.user ?? "",
    a.host ?? "",
    a.srcIp ?? "",
    at,
  ]);
  const events = fresh.map((alarm, i): EventRow => {
    const { alarmId, name, rbp, timestamp, user, host, srcIp } = alarm;
    const data = JSON.stringify({ alarmId, name, rbp, timestamp, user, host, srcIp });
    return [sequences.lastSeq + i + 1, write.now, "alarm", alarmId, alarm.entity, data, null];
  });
  const statements: InStatement[] = [];
  if (fresh.length > 0) statements.push({ sql: insertSql, args: [JSON.stringify(rows)] }, ...appendEvents(events));
  if (write.step !== null) statements.push(recordStep("alarms", write.step, tally, write.now));
  if (statements.length > 0) await database.write(statements);
  sequences.advance(fresh.length, 0);
  return { tally, counts: fresh.length > 0 ? { alarm: fresh.length } : {} };
}

/** Those not stored yet, each id once. */
async function newAlarms(database: Database, alarms: readonly Alarm[]): Promise<Alarm[]> {
  const keys = alarms.map((alarm) => [alarm.entity, alarm.alarmId]);
  const { rows } = await database.read(
    `select j.value->>0 as entity, j.value->>1 as alarm_id from json_each(?) j
     join alarms a on a.entity_name = j.value->>0 and a.alarm_id = j.value->>1`,
    [JSON.stringify(keys)],
  );
  const keyOf = (entity: string, alarmId: string) => JSON.stringify([entity.toLowerCase(), alarmId]);
  const seen = new Set(rows.map((row) => keyOf(text(row, "entity"), text(row, "alarm_id"))));
  return alarms.filter(({ entity, alarmId }) => {
    const key = keyOf(entity, alarmId);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
