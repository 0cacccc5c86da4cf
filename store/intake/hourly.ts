/** Records the HOURLY events that core decides on, up to 1,000 alerts per commit. */

import type { AlertCounts, AlertSnapshot } from "../../core/alert.ts";
import type { Level } from "../../core/detection.ts";
import { burst } from "../../core/feeds/burst.ts";
import { hourlyDecision } from "../../core/feeds/hourly.ts";
import { encodeSnapshot } from "../../core/feeds/snapshot.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Row, Value } from "../database/statement.ts";
import type { Sequences } from "../events/sequences.ts";

const alertsPerWrite = 1000;

/** The columns of an alert that make its snapshot and counts. */
const columns = `id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip, risk, ml_cluster,
  count, sent_count, first_seen, last_seen, recorded_at, last_message_at, first_seq`;

/** The log comes from alert_logs, or from the first event while that is the alert's newest log. */
const appendSql = `insert into event_log (seq, at, kind, subject, entity_name, data, body)
  values (?, ?, 'alert_hourly', ?, ?, ?,
    coalesce((select body from alert_logs where alert_id = ?), (select body from event_log where seq = ?), '{"raw":""}'))`;

export async function recordHourly(
  database: Database,
  sequences: Sequences,
  now: number,
  intervalMs: number,
): Promise<{ recorded: number; more: boolean }> {
  const waiting = async (when: "<=" | ">", at: number, most: number) =>
    (
      await database.read(
        `select ${columns} from sigma_alerts where count > sent_count and last_message_at ${when} ? order by last_message_at limit ?`,
        [toIso(at), most],
      )
    ).rows;
  // Asked apart, so that those whose hour is not over are not looked at.
  const rows = await waiting("<=", now - intervalMs, alertsPerWrite);
  if (rows.length < alertsPerWrite) rows.push(...(await waiting(">", now, alertsPerWrite - rows.length)));
  const due: Value[][] = [];
  const sent: [id: number, seq: number][] = [];
  const restart: number[] = [];
  for (const row of rows) {
    const counts = countsOf(row);
    const decision = hourlyDecision(counts, now, intervalMs);
    const id = integer(row, "id");
    if (decision.reason === "clock-went-back") restart.push(id);
    if (!decision.send) continue;
    const snapshot = { ...snapshotOf(row, counts), delta: decision.delta, burst: burst(counts).burst };
    const seq = sequences.lastSeq + due.length + 1;
    const { hash, entity } = snapshot;
    due.push([seq, now, hash, entity, encodeSnapshot(snapshot), id, integer(row, "first_seq")]);
    sent.push([id, seq]);
  }
  if (due.length === 0 && restart.length === 0) return { recorded: 0, more: false };
  const at = toIso(now);
  await database.write([
    { sql: appendSql, rows: due },
    {
      sql: `update sigma_alerts set sent_count = count, last_message_at = ?, last_seq = j.seq
        from (select value->>0 as id, value->>1 as seq from json_each(?)) j where sigma_alerts.id = j.id`,
      args: [at, JSON.stringify(sent)],
    },
    {
      sql: "update sigma_alerts set last_message_at = ? where id in (select value from json_each(?))",
      args: [at, JSON.stringify(restart)],
    },
  ]);
  sequences.advance({ events: due.length });
  return { recorded: due.length, more: rows.length === alertsPerWrite };
}

function countsOf(row: Row): AlertCounts {
  return {
    count: integer(row, "count"),
    sentCount: integer(row, "sent_count"),
    recordedAt: fromIso(text(row, "recorded_at")),
    lastMessageAt: fromIso(text(row, "last_message_at")),
  };
}

function snapshotOf(row: Row, counts: AlertCounts): AlertSnapshot {
  return {
    hash: text(row, "hash"),
    count: counts.count,
    risk: integer(row, "risk"),
    mlCluster: integer(row, "ml_cluster"),
    firstSeen: fromIso(text(row, "first_seen")),
    lastSeen: fromIso(text(row, "last_seen")),
    ruleId: text(row, "rule_id"),
    ruleTitle: text(row, "rule_title"),
    ruleAuthor: text(row, "rule_author"),
    level: text(row, "level") as Level,
    tags: JSON.parse(text(row, "tags")) as string[],
    entity: text(row, "entity_name"),
    user: text(row, "user_name"),
    host: text(row, "host"),
    ip: text(row, "src_ip"),
  };
}
