/**
 * Retention: what is older than the limit goes, in commits of a few milliseconds each, so that intake is never held up and a stop need not
 * wait. Events that a reader has not had by then are counted as expired for it.
 */
import { feedKinds } from "../../core/feeds/feeds.ts";
import { idempotencyWindowMs } from "../../core/intake/answer.ts";
import { dayMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";
import type { PeriodCache } from "../incidents/period-cache.ts";
import { forgetAlerts, forgetPeriods } from "./forget.ts";

const detectionIdDays = 7;
/** Rows that one step looks at, or removes where that is all it does. */
const perStep = { detectionIds: 5_000, batches: 1_000, alarms: 1_000, events: 1_000, alerts: 5_000, periods: 5_000 };
/** Of alerts and of actors, with or without a closed incident, one step removes at most so many: each takes rows of other tables along. */
const removedPerStep = { alerts: 250, periods: 50 };

/** What is pruned, in this order. */
const sweeps = ["detectionIds", "batches", "alarms", "events", "alerts", "incidents", "actors"] as const;
type Sweep = (typeof sweeps)[number];

/** Where a pass goes on: the sweep, and the id behind which it looks next. */
export interface PruneStep {
  sweep: Sweep;
  after: number;
}

export interface Pruned {
  events: number;
  /** Deliveries that will not happen: events some reader had not had yet, counted per reader. */
  expired: number;
  alerts: number;
  /** The next step, or null when everything has been walked. */
  next: PruneStep | null;
}

/** What it works on. */
interface Held {
  database: Database;
  periods: PeriodCache;
}

interface Limits {
  now: number;
  /** What was last touched before this goes. Epoch milliseconds. */
  cutoff: number;
  after: number;
}

/** What one step has done; `after` null: the sweep is finished. */
interface Swept {
  after: number | null;
  events?: number;
  expired?: number;
  alerts?: number;
}

const sweepers: Readonly<Record<Sweep, (held: Held, limits: Limits) => Promise<Swept>>> = {
  detectionIds: ({ database }, { now }) =>
    pruneRows(
      database,
      "delete from detection_ids where key in (select key from detection_ids where day < ? order by day, key limit ?)",
      Math.floor(now / dayMs) - detectionIdDays,
      perStep.detectionIds,
    ),
  batches: ({ database }, { now }) =>
    pruneRows(
      database,
      `delete from ingest_batches where (owner, idempotency_key) in
        (select owner, idempotency_key from ingest_batches where at < ? order by at, owner, idempotency_key limit ?)`,
      toIso(now - idempotencyWindowMs),
      perStep.batches,
    ),
  alarms: ({ database }, { cutoff }) =>
    pruneRows(
      database,
      "delete from alarms where id in (select id from alarms where recorded_at < ? order by recorded_at, id limit ?)",
      toIso(cutoff),
      perStep.alarms,
    ),
  events: pruneEvents,
  alerts: pruneAlerts,
  incidents: pruneIncidents,
  actors: pruneActors,
};

/** One small step of pruning at `now` (epoch ms); `step` null begins a pass. */
export async function prune(held: Held, now: number, retentionDays: number, step: PruneStep | null): Promise<Pruned> {
  const { sweep, after } = step ?? { sweep: sweeps[0], after: 0 };
  const swept = await sweepers[sweep](held, { now, cutoff: now - retentionDays * dayMs, after });
  const { events = 0, expired = 0, alerts = 0 } = swept;
  const following = sweeps[sweeps.indexOf(sweep) + 1];
  const goesOn = swept.after === null ? null : { sweep, after: swept.after };
  return { events, expired, alerts, next: goesOn ?? (following === undefined ? null : { sweep: following, after: 0 }) };
}

/** `sql` removes at most `limit` rows that are older than `bound`. */
async function pruneRows(database: Database, sql: string, bound: string | number, limit: number): Promise<Swept> {
  const results = await database.write([{ sql, args: [bound, limit] }]);
  return { after: results[0]?.rowsAffected === limit ? 0 : null };
}

/** The log is pruned from its old end only, so that what remains has no gaps. */
async function pruneEvents({ database }: Held, { cutoff }: Limits): Promise<Swept> {
  const { rows } = await database.read("select seq, at from event_log order by seq limit ?", [perStep.events]);
  const kept = rows.findIndex((row) => integer(row, "at") >= cutoff);
  const events = kept === -1 ? rows.length : kept;
  const last = rows[events - 1];
  if (last === undefined) return { after: null };
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
  const expired = before.rows[0] === undefined ? 0 : integer(before.rows[0], "n");
  return { events, expired, after: events === perStep.events ? 0 : null };
}

/** Alerts unseen for the whole time are forgotten; those with untold occurrences wait for their HOURLY. */
async function pruneAlerts({ database }: Held, { cutoff, after }: Limits): Promise<Swept> {
  const { rows } = await database.read(
    "select id, updated_at, count <= sent_count as told from sigma_alerts where id > ? order by id limit ?",
    [after, perStep.alerts],
  );
  const limit = toIso(cutoff);
  const old = rows.filter((row) => text(row, "updated_at") < limit && integer(row, "told") === 1);
  const ids = old.slice(0, removedPerStep.alerts).map((row) => integer(row, "id"));
  if (ids.length > 0) await database.write(forgetAlerts(ids));
  return { alerts: ids.length, after: placeAfter(rows, old.length > ids.length ? ids : null, perStep.alerts) };
}

/**
 * Incidents that were closed before the limit, with their actor's evidence, cases and tickets. What is open stays, whatever its age.
 */
async function pruneIncidents({ database, periods }: Held, { cutoff }: Limits): Promise<Swept> {
  const { rows } = await database.read(
    "select period_id as id from incidents where closed_at < ? order by closed_at, id limit ?",
    [toIso(cutoff), removedPerStep.periods],
  );
  const ids = rows.map((row) => integer(row, "id"));
  periods.forgetIds(ids);
  if (ids.length > 0) await database.write(forgetPeriods(ids));
  return { after: ids.length === removedPerStep.periods ? 0 : null };
}

/** Actors without an incident of whom nothing was heard since. */
async function pruneActors({ database, periods }: Held, { cutoff, after }: Limits): Promise<Swept> {
  const { rows } = await database.read(
    `select id, updated_at, incident_id is null
       and not exists (select 1 from threat_cases c where c.period_id = p.id and c.status <> 'CLOSED') as idle
     from actor_periods p where id > ? order by id limit ?`,
    [after, perStep.periods],
  );
  const limit = toIso(cutoff);
  const old = rows.filter((row) => text(row, "updated_at") < limit && integer(row, "idle") === 1);
  const ids = old.slice(0, removedPerStep.periods).map((row) => integer(row, "id"));
  periods.forgetIds(ids);
  if (ids.length > 0) await database.write(forgetPeriods(ids));
  return { after: placeAfter(rows, old.length > ids.length ? ids : null, perStep.periods) };
}

/** Where a walk goes on: behind what was removed where more is to be removed, else behind what was looked at; null at the end. */
function placeAfter(rows: Parameters<typeof integer>[0][], removed: number[] | null, limit: number): number | null {
  if (removed !== null) return removed.at(-1) ?? null;
  const last = rows.at(-1);
  return last === undefined || rows.length < limit ? null : integer(last, "id");
}
