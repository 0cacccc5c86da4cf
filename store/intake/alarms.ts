/** SIEM alarms: one row per (entity, alarm id), one event per new row. */

import type { Alarm } from "../../core/detection.ts";
import { noTally } from "../../core/intake/answer.ts";
import type { AlarmWrite } from "../../core/ports.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { AlarmEvidence, Correlator } from "../incidents/correlator.ts";
import type { UnitOfWork } from "../incidents/unit-of-work.ts";
import type { Written } from "./alerts.ts";
import { recordStep } from "./batches.ts";

const insertAlarmSql = insertSql(
  "alarms",
  "entity_name, alarm_id, name, rbp, alarm_time, user_name, host, src_ip, recorded_at, period_id",
);

/** `[entity, alarm id, rbp]` */
const raiseSql = "update alarms set rbp = ?3 where entity_name = ?1 and alarm_id = ?2";

export async function writeAlarms(
  unit: UnitOfWork,
  write: AlarmWrite,
  correlator: Correlator | null,
): Promise<Written> {
  const { fresh, raised } = await sortOut(unit.database, write.alarms);
  const tally = { ...noTally, accepted: fresh.length, duplicates: write.alarms.length - fresh.length };
  for (const { alarmId, name, rbp, timestamp, user, host, srcIp, entity } of fresh)
    unit.addEvent("alarm", alarmId, entity, JSON.stringify({ alarmId, name, rbp, timestamp, user, host, srcIp }));
  const periodIds = (await correlator?.alarms(unit, [...fresh, ...raised], write.more === null)) ?? [];
  const at = toIso(unit.now);
  const rows = fresh.map((a, index) => [
    ...[a.entity, a.alarmId, a.name, a.rbp, toIso(a.timestamp), a.user ?? "", a.host ?? "", a.srcIp ?? "", at],
    periodIds[index] ?? null,
  ]);
  unit.add(
    ...forRows(insertAlarmSql, rows),
    ...forRows(
      raiseSql,
      raised.map((a) => [a.entity, a.alarmId, a.rbp]),
    ),
  );
  if (write.step !== null) unit.add(recordStep("alarms", write.step, tally, unit.now));
  return { tally, periodIds: [...new Set(periodIds.filter((id) => id !== null))] };
}

/**
 * Returns the alarms that are not stored yet, each id once, and the stored ones that now have a higher RBP: a SIEM may list an alarm
 * before it has scored it. Other differences in a repeated alarm are ignored.
 */
async function sortOut(
  database: Database,
  alarms: readonly Alarm[],
): Promise<{ fresh: Alarm[]; raised: AlarmEvidence[] }> {
  const keys = alarms.map((alarm) => [alarm.entity, alarm.alarmId]);
  const { rows } = await database.read(
    `select a.entity_name as entity, a.alarm_id as alarm_id, a.rbp as rbp, a.alarm_time as at, a.period_id as period from json_each(?) j
     join alarms a on a.entity_name = j.value->>0 and a.alarm_id = j.value->>1`,
    [JSON.stringify(keys)],
  );
  const keyOf = (entity: string, alarmId: string) => JSON.stringify([entity.toLowerCase(), alarmId]);
  const known = new Map(
    rows.map((row) => [
      keyOf(text(row, "entity"), text(row, "alarm_id")),
      {
        rbp: integer(row, "rbp"),
        timestamp: fromIso(text(row, "at")),
        periodId: row.period === null ? null : integer(row, "period"),
      },
    ]),
  );
  const fresh = new Map<string, Alarm>();
  const raised: AlarmEvidence[] = [];
  for (const alarm of alarms) {
    const key = keyOf(alarm.entity, alarm.alarmId);
    const stored = known.get(key);
    const first = fresh.get(key);
    if (first !== undefined) first.rbp = Math.max(first.rbp, alarm.rbp);
    else if (stored === undefined) fresh.set(key, { ...alarm });
    else if (alarm.rbp > stored.rbp) {
      const { timestamp, periodId } = stored;
      raised.push({ ...alarm, timestamp, raised: { by: alarm.rbp - stored.rbp, periodId } });
      stored.rbp = alarm.rbp;
    }
  }
  return { fresh: [...fresh.values()], raised };
}
