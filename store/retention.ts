/**
 * Retention: what is older than the limit goes, in small commits so that intake is never held up. Events that a reader has not
 * had by then are counted as expired for it.
 */
import { alertEventKinds } from "../core/event.ts";
import { idempotencyWindowMs } from "../core/intake/answer.ts";
import type { Database } from "./database.ts";
import { toIso } from "./iso.ts";
import { integer } from "./rows.ts";
import type { Sequences } from "./sequences.ts";

const eventsPerWrite = 2000;
const alertIdsPerWrite = 20_000;
const dayMs = 24 * 3600 * 1000;
const hourMs = 3600 * 1000;
const detectionIdDays = 7;
/** All readers are destinations of the alert feed: of other events none misses anything. */
const deliveredKinds = alertEventKinds;
/** Counts per hour are for charts of the last two weeks. */
const alertHoursKept = 14 * 24;

export interface PruneStep {
  /** Where the walk over the alerts goes on; 0 starts it. */
  alertId: number;
}

export interface Pruned {
  events: number;
  /** Deliveries that will not happen: events some reader had not had yet, counted per reader. */
  expired: number;
  alerts: number;
  /** The next step, or null when everything has been walked. */
  next: PruneStep | null;
}

/** One small step of pruning at `now` (epoch ms). */
export async function prune(
  database: Database,
  sequences: Sequences,
  now: number,
  retentionDays: number,
  step: PruneStep,
): Promise<Pruned> {
  const cutoff = now - retentionDays * dayMs;
  if (step.alertId === 0) await pruneMemories(database, now, cutoff);
  const { events, expired } = await pruneEvents(database, cutoff);
  const alerts = await pruneAlerts(database, now, cutoff, step.alertId);
  const alertId = Math.min(step.alertId + alertIdsPerWrite, sequences.lastAlertId);
  const done = events < eventsPerWrite && alertId >= sequences.lastAlertId;
  return { events, expired, alerts, next: done ? null : { alertId } };
}

async function pruneMemories(database: Database, now: number, cutoff: number): Promise<void> {
  const day = Math.floor(now / dayMs) - detectionIdDays;
  await database.write([
    {
      sql: "delete from detection_ids where key in (select key from detection_ids where day < ? limit 50000)",
      args: [day],
    },
    { sql: "delete from ingest_batches where at < ?", args: [toIso(now - idempotencyWindowMs)] },
    { sql: "delete from alarms where recorded_at < ?", args: [toIso(cutoff)] },
  ]);
}

/** The log is pruned from its old end only, so that what remains has no gaps. */
async function pruneEvents(database: Database, cutoff: number): Promise<{ events: number; expired: number }> {
  const { rows } = await database.read("select seq, at from event_log order by seq limit ?", [eventsPerWrite]);
  const kept = rows.findIndex((row) => integer(row, "at") >= cutoff);
  const events = kept === -1 ? rows.length : kept;
  const last = rows[events - 1];
  if (last === undefined) return { events: 0, expired: 0 };
  const upto = integer(last, "seq");
  const missed = `(select count(*) from event_log where seq > reader_positions.position and seq <= ?1
    and kind in (select value from json_each(?2)))`;
  const args = [upto, JSON.stringify(deliveredKinds)];
  const before = await database.read(
    `select coalesce(sum(${missed}), 0) as n from reader_positions where position < ?1`,
    args,
  );
  await database.write([
    {
      sql: `update reader_positions set expired = expired + ${missed}, position = ?1 where position < ?1`,
      args,
    },
    { sql: "delete from event_log where seq <= ?", args: [upto] },
  ]);
  return { events, expired: before.rows[0] === undefined ? 0 : integer(before.rows[0], "n") };
}

/** Alerts unseen for the whole time are forgotten; those with untold occurrences wait for their HOURLY. */
async function pruneAlerts(database: Database, now: number, cutoff: number, after: number): Promise<number> {
  const upto = after + alertIdsPerWrite;
  const { rows } = await database.read(
    "select id from sigma_alerts where id > ? and id <= ? and updated_at < ? and count <= sent_count",
    [after, upto, toIso(cutoff)],
  );
  const ids = JSON.stringify(rows.map((row) => integer(row, "id")));
  const gone = "in (select value from json_each(?))";
  await database.write([
    {
      sql: "delete from alert_hours where alert_id > ? and alert_id <= ? and hour < ?",
      args: [after, upto, Math.floor(now / hourMs) - alertHoursKept],
    },
    { sql: `delete from alert_hours where alert_id ${gone}`, args: [ids] },
    { sql: `delete from alert_logs where alert_id ${gone}`, args: [ids] },
    { sql: `delete from sigma_alerts where id ${gone}`, args: [ids] },
  ]);
  return rows.length;
}
