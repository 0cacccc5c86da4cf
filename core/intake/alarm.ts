/** One record of a batch as a SIEM alarm (CONTRACT 2). */
import type { Alarm } from "../detection.ts";
import { parseRecord, type ReadContext, RecordFields, type RefusedRecord } from "./record-fields.ts";

export type ReadAlarm = { ok: true; alarm: Alarm; warning: string | null } | RefusedRecord;

/** Reads a record's text. Never throws; an error names every field at fault. */
export function readAlarm(record: string, context: ReadContext): ReadAlarm {
  const parsed = parseRecord(record);
  if (!parsed.ok) return parsed;
  return alarmOf(new RecordFields(record, parsed.members), context);
}

/** The alarm that these members are, wherever they come from. */
export function alarmOf(fields: RecordFields, context: ReadContext): ReadAlarm {
  const alarm: Alarm = {
    alarmId: fields.requiredIdText("alarm_id"),
    name: fields.cap("name", fields.requiredText("name"), 1_024),
    rbp: fields.requiredScore("rbp", 0, 100),
    timestamp: fields.time("timestamp", context.now),
    entity: fields.cap("entity", fields.entity(context), 256),
    user: fields.cap("user", fields.text("user"), 512),
    host: fields.cap("host", fields.text("host"), 512),
    srcIp: fields.cap("src_ip", fields.text("src_ip"), 128),
  };
  if (fields.error !== null) return { ok: false, readable: true, error: fields.error };
  fields.noteRepair(context.repaired);
  return { ok: true, alarm, warning: fields.warning };
}
