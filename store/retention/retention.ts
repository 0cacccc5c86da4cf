/**
 * Retention: what is older than the limit goes, in small commits so that intake is never held up. Events that a reader has not
 * had by then are counted as expired for it.
 */

import type { InStatement } from "@libsql/client";
import { feedKinds } from "../../core/feeds/feeds.ts";
import { idempotencyWindowMs } from "../../core/intake/answer.ts";
import { dayMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import type { Sequences } from "../events/sequences.ts";

const eventsPerWrite = 2000;
const alertIdsPerWrite = 20_000;
const detectionIdDays = 7;
/** Actors, with or without a closed incident, that one write forgets. */
const periodsPerWrite = 500;

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
  const alerts = await pruneAlerts(database, cutoff, step.alertId);
  const periods = await prunePeriods(database, cutoff);
  const alertId = Math.min(step.alertId + alertIdsPerWrite, sequences.lastAlertId);
  const done = events < eventsPerWrite && periods < periodsPerWrite && alertId >= sequences.lastAlertId;
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
  // Of the kinds that the reader's feed sends: of others it misses nothing.
  const missed = `(select count(*) from event_log where seq > reader_positions.position and seq <= ?1
    and kind in (select k.value from json_each(?2) f join json_each(f.value) k
      where reader_positions.reader like f.key || '/%'))`;
  const args = [upto, JSON.stringify(feedKinds)];
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
async function pruneAlerts(database: Database, cutoff: number, after: number): Promise<number> {
  const upto = after + alertIdsPerWrite;
  const { rows } = await database.read(
    "select id from sigma_alerts where id > ? and id <= ? and updated_at < ? and count <= sent_count",
    [after, upto, toIso(cutoff)],
  );
  if (rows.length === 0) return 0;
  const ids = JSON.stringify(rows.map((row) => integer(row, "id")));
  const gone = "in (select value from json_each(?))";
  await database.write([
    noteGap("alerts", "sigma_alerts", "id", "coalesce(last_seq, first_seq)", `id ${gone}`, ids),
    {
      sql: `update row_counts set n = row_counts.n - j.gone
        from (select entity_name as entity, count(*) as gone from sigma_alerts where id ${gone} group by entity_name collate nocase) j
        where feed = 'alerts' and entity_name = j.entity`,
      args: [ids],
    },
    // The highest number would otherwise be given out again after a restart.
    {
      sql: `insert into meta select 'last_alert_id', max(value) from json_each(?) where true
        on conflict do update set value = max(cast(value as integer), cast(excluded.value as integer))`,
      args: [ids],
    },
    { sql: `delete from alert_logs where alert_id ${gone}`, args: [ids] },
    { sql: `delete from period_alerts where alert_id ${gone}`, args: [ids] },
    { sql: `delete from sigma_alerts where id ${gone}`, args: [ids] },
  ]);
  return rows.length;
}

/**
 * Forgets incidents that were closed before the limit, with their actor's evidence and cases, and actors without an incident of whom
 * nothing was heard since. What is open stays, whatever its age.
 */
async function prunePeriods(database: Database, cutoff: number): Promise<number> {
  const { rows } = await database.read(
    `select period_id as id from incidents where closed_at < ?1
     union all
     select id from actor_periods p where incident_id is null and updated_at < ?1
       and not exists (select 1 from threat_cases c where c.period_id = p.id and c.status <> 'CLOSED')
     limit ?2`,
    [toIso(cutoff), periodsPerWrite],
  );
  if (rows.length === 0) return 0;
  const args = [JSON.stringify(rows.map((row) => integer(row, "id")))];
  const gone = "in (select value from json_each(?))";
  await database.write([
    noteGap("incidents", "incidents", "created_seq", "updated_seq", `period_id ${gone}`, args[0]),
    noteGap("cases", "threat_cases", "created_seq", "updated_seq", `period_id ${gone}`, args[0]),
    ...forgetTickets(gone, args[0] ?? ""),
    ...[
      `delete from incident_history where incident_id in (select incident_id from incidents where period_id ${gone})`,
      `delete from incidents where period_id ${gone}`,
      `delete from case_history where case_id in (select case_id from threat_cases where period_id ${gone})`,
      `delete from threat_cases where period_id ${gone}`,
      `delete from period_alerts where period_id ${gone}`,
      `delete from actor_periods where id ${gone}`,
    ].map((sql) => ({ sql, args })),
  ]);
  return rows.length;
}

/** Leaves word for readers whose cursor stands before what goes: they have missed it. */
function noteGap(feed: string, table: string, created: string, updated: string, where: string, ids = ""): InStatement {
  return {
    sql: `insert into feed_gaps (feed, created_max, updated_max)
      select '${feed}', max(${created}), max(${updated}) from ${table} where ${where} having count(*) > 0`,
    args: [ids],
  };
}

/** Tickets of these periods' incidents with their deliveries, where nothing is left to do: what waits or wants a person stays. */
function forgetTickets(gone: string, args: string): InStatement[] {
  const finished = `select t.id from tickets t join incidents i on i.incident_id = t.incident_id where i.period_id ${gone}
    and not exists (select 1 from deliveries d where d.ticket_id = t.id and d.state not in ('confirmed', 'discarded'))`;
  return [
    `delete from delivery_attempts where delivery_id in (select id from deliveries where ticket_id in (${finished}))`,
    `delete from ticket_comments where ticket_id in (${finished})`,
    `delete from tickets where id in (${finished})`,
    "delete from deliveries where ticket_id not in (select id from tickets) and state in ('confirmed', 'discarded')",
  ].map((sql) => (sql.includes("?") ? { sql, args: [args] } : { sql, args: [] }));
}
