/**
 * Retention: removes what is older than the limit, in commits of a few milliseconds each, so that neither intake nor a stop has to
 * wait. Events that a reader has not read by then are counted as expired for it.
 */
import { feedKinds } from "../../core/feeds/feeds.ts";
import { idempotencyWindowMs } from "../../core/intake/answer.ts";
import { dayMs, hourMs, toIso } from "../../core/time.ts";
import { pruneInferred } from "../assets/asset-rows.ts";
import type { KnownAssets } from "../assets/known-assets.ts";
import { pruneNames } from "../assets/name-rows.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import type { PeriodCache } from "../incidents/period-cache.ts";
import type { RuleActors } from "../incidents/rule-actors.ts";
import { forgetInSearch } from "../search/search-index.ts";
import { forgetAlerts, forgetPeriods } from "./forget.ts";
import { nextShare, rowsOf } from "./pace.ts";

const detectionIdDays = 7;
/** A chain of hosts is found within minutes; the day before says what was usual. */
const sightingDays = 2;
/** The most rows that one step reads, or removes if it removes rows without reading them. */
const perStep = {
  detectionIds: 5_000,
  batches: 1_000,
  alarms: 1_000,
  events: 1_000,
  alerts: 5_000,
  periods: 5_000,
  rules: 1_000,
  roles: 500,
  names: 2_000,
  sightings: 5_000,
  outbreaks: 1_000,
  hours: 2_000,
};
/** The most alerts and periods that one step removes; rows of other tables are removed with each. */
const removedPerStep = { alerts: 250, periods: 50 };

/** The sweeps of a pass, in order. */
const sweeps = [
  ...(["detectionIds", "batches", "alarms", "events", "alerts", "incidents", "actors", "roles", "ruleActors"] as const),
  ...(["names", "sightings", "outbreaks", "hours"] as const),
] as const;
type Sweep = (typeof sweeps)[number];

/** Where a pass continues: the sweep, the id after which it reads next, and how much of the most that a step may do, as the last ones took their time. */
export interface PruneStep {
  sweep: Sweep;
  after: number;
  share: number;
}

export interface Pruned {
  events: number;
  /** Removed events that some reader had not read yet, summed over the readers. */
  expired: number;
  alerts: number;
  /** The next step; null at the end of the pass. */
  next: PruneStep | null;
}

/** What it works on. */
interface Held {
  database: Database;
  periods: PeriodCache;
  assets: KnownAssets;
  ruleActors: RuleActors;
}

interface Limits {
  now: number;
  /** Rows last changed before this time are removed. Epoch milliseconds. */
  cutoff: number;
  after: number;
  share: number;
}

/** The result of one step; `after` null: the sweep is finished. */
interface Swept {
  after: number | null;
  events?: number;
  expired?: number;
  alerts?: number;
}

const sweepers: Readonly<Record<Sweep, (held: Held, limits: Limits) => Promise<Swept>>> = {
  detectionIds: ({ database }, { now, share }) =>
    pruneRows(
      database,
      "delete from detection_ids where key in (select key from detection_ids where day < ? order by day, key limit ?)",
      Math.floor(now / dayMs) - detectionIdDays,
      rowsOf(perStep.detectionIds, share),
    ),
  batches: ({ database }, { now, share }) =>
    pruneRows(
      database,
      `delete from ingest_batches where (owner, idempotency_key) in
        (select owner, idempotency_key from ingest_batches where at < ? order by at, owner, idempotency_key limit ?)`,
      toIso(now - idempotencyWindowMs),
      rowsOf(perStep.batches, share),
    ),
  alarms: ({ database }, { cutoff, share }) =>
    pruneRows(
      database,
      "delete from alarms where id in (select id from alarms where recorded_at < ? order by recorded_at, id limit ?)",
      toIso(cutoff),
      rowsOf(perStep.alarms, share),
    ),
  events: pruneEvents,
  alerts: pruneAlerts,
  incidents: pruneIncidents,
  actors: pruneActors,
  roles: pruneRoles,
  names: pruneOldNames,
  ruleActors: pruneRuleActors,
  sightings: ({ database }, { now, share }) =>
    pruneRows(
      database,
      // In the order in which they were noted, so that it ends at the first one that is kept.
      `delete from outbreak_sightings where id in
        (select id from (select id, noted_day from outbreak_sightings order by id limit ?2) where noted_day < ?1 order by id)`,
      Math.floor(now / dayMs) - sightingDays,
      rowsOf(perStep.sightings, share),
    ),
  outbreaks: ({ database }, { now, share }) =>
    pruneRows(
      database,
      `delete from outbreaks where id in
        (select id from outbreaks where incident_id is null and due_at is null and updated_at < ? order by id limit ?)`,
      now - sightingDays * dayMs,
      rowsOf(perStep.outbreaks, share),
    ),
  hours: pruneHours,
};

/** Runs one small step of pruning at `now` (epoch ms); `step` null starts a pass. */
export async function prune(held: Held, now: number, retentionDays: number, step: PruneStep | null): Promise<Pruned> {
  const { sweep, after, share } = step ?? { sweep: sweeps[0], after: 0, share: 1 };
  const begun = performance.now();
  const swept = await sweepers[sweep](held, { now, cutoff: now - retentionDays * dayMs, after, share });
  const next = nextShare(share, performance.now() - begun);
  const { events = 0, expired = 0, alerts = 0 } = swept;
  const following = sweeps[sweeps.indexOf(sweep) + 1];
  if (swept.after !== null) return { events, expired, alerts, next: { sweep, after: swept.after, share: next } };
  return {
    ...{ events, expired, alerts },
    next: following === undefined ? null : { sweep: following, after: 0, share: 1 },
  };
}

/** `sql` removes at most `limit` rows that are older than `bound`. */
async function pruneRows(database: Database, sql: string, bound: string | number, limit: number): Promise<Swept> {
  const results = await database.write([{ sql, args: [bound, limit] }]);
  return { after: results[0]?.rowsAffected === limit ? 0 : null };
}

/** Prunes the log from its old end only, so that the rest has no gaps. */
async function pruneEvents({ database }: Held, { cutoff, share }: Limits): Promise<Swept> {
  const most = rowsOf(perStep.events, share);
  const { rows } = await database.read("select seq, at from event_log order by seq limit ?", [most]);
  const kept = rows.findIndex((row) => integer(row, "at") >= cutoff);
  const events = kept === -1 ? rows.length : kept;
  const last = rows[events - 1];
  if (last === undefined) return { after: null };
  const upto = integer(last, "seq");
  // Only kinds that the reader's feed sends: it does not miss others.
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
  return { events, expired, after: events === most ? 0 : null };
}

/** Removes alerts without recent detections; those with occurrences that no message has counted yet wait for their HOURLY. */
async function pruneAlerts({ database }: Held, { cutoff, after, share }: Limits): Promise<Swept> {
  const which = { table: "sigma_alerts" as const, may: "count <= sent_count", cutoff, after };
  const { ids, next } = await findOld(
    database,
    which,
    rowsOf(perStep.alerts, share),
    rowsOf(removedPerStep.alerts, share),
  );
  if (ids.length > 0) await database.write([...(await forgetInSearch(database, ids)), ...forgetAlerts(ids)]);
  return { alerts: ids.length, after: next };
}

/**
 * Removes incidents that were closed before the limit, with their actor's evidence, cases and tickets. Open ones are kept, whatever their age.
 */
async function pruneIncidents({ database, periods }: Held, { cutoff, share }: Limits): Promise<Swept> {
  const most = rowsOf(removedPerStep.periods, share);
  const { rows } = await database.read(
    "select period_id as id from incidents where closed_at < ? order by closed_at, id limit ?",
    [toIso(cutoff), most],
  );
  const ids = rows.map((row) => integer(row, "id"));
  periods.forgetIds(ids);
  if (ids.length > 0) await database.write(forgetPeriods(ids));
  return { after: ids.length === most ? 0 : null };
}

/** Removes actors without an incident or open case whose evidence is older than the limit. */
async function pruneActors({ database, periods }: Held, { cutoff, after, share }: Limits): Promise<Swept> {
  const may = `incident_id is null and not exists (select 1 from threat_cases c where c.period_id = t.id and c.status <> 'CLOSED')`;
  const which = { table: "actor_periods" as const, may, cutoff, after };
  const { ids, next } = await findOld(
    database,
    which,
    rowsOf(perStep.periods, share),
    rowsOf(removedPerStep.periods, share),
  );
  periods.forgetIds(ids);
  if (ids.length > 0) await database.write(forgetPeriods(ids));
  return { after: next };
}

/** Removes how many detections there were in hours before the limit. */
async function pruneHours({ database }: Held, { cutoff, share }: Limits): Promise<Swept> {
  const hour = Math.floor(cutoff / hourMs);
  await database.write([{ sql: "delete from hour_totals where hour < ?", args: [hour] }]);
  return pruneRows(
    database,
    `delete from detection_hours where (hour, entity_name, level) in
      (select hour, entity_name, level from detection_hours where hour < ? order by hour, entity_name, level limit ?)`,
    hour,
    rowsOf(perStep.hours, share),
  );
}

/**
 * Removes roles that logs have shown, and no longer show: a name may go to another machine. Always as many as a step may: reading the rest anew after each
 * costs more than the rows.
 */
async function pruneRoles({ database, assets }: Held, { cutoff }: Limits): Promise<Swept> {
  const removed = await pruneInferred(database, Math.floor(cutoff / dayMs), perStep.roles);
  if (removed > 0) await assets.load(database);
  return { after: removed === perStep.roles ? 0 : null };
}

/** Removes names that nothing has had since the limit; always as many as a step may, as with roles. */
async function pruneOldNames({ database, assets }: Held, { cutoff }: Limits): Promise<Swept> {
  const removed = await pruneNames(database, Math.floor(cutoff / dayMs), perStep.names);
  if (removed > 0) await assets.names.load(database);
  return { after: removed === perStep.names ? 0 : null };
}

/** Removes what was counted of rules that no actor's evidence has had anew since the limit. */
async function pruneRuleActors({ database, ruleActors }: Held, { cutoff, share }: Limits): Promise<Swept> {
  const swept = await pruneRows(
    database,
    `delete from rule_actors where (entity, rule, block) in
      (select entity, rule, block from rule_actors where updated_day < ? order by updated_day, entity, rule, block limit ?)`,
    Math.floor(cutoff / dayMs),
    rowsOf(perStep.rules, share),
  );
  ruleActors.clear();
  return swept;
}

/**
 * Of the next `read` rows of a table (`t`), at most `most` that were last changed before the limit and that `may` (SQL) lets go. No more is read
 * than it takes to find them. `next`: the id after which the next step reads; null at the end.
 */
async function findOld(
  database: Database,
  {
    table,
    may,
    cutoff,
    after,
  }: { table: "sigma_alerts" | "actor_periods"; may: string } & Pick<Limits, "cutoff" | "after">,
  read: number,
  most: number,
): Promise<{ ids: number[]; next: number | null }> {
  const { rows } = await database.read(
    `select id from (select id, updated_at, ${may} as may from ${table} t where id > ? order by id limit ?) where updated_at < ? and may limit ?`,
    [after, read, toIso(cutoff), most],
  );
  const ids = rows.map((row) => integer(row, "id"));
  if (ids.length === most) return { ids, next: ids.at(-1) ?? null };
  const { rows: last } = await database.read(`select id from ${table} where id > ? order by id limit 1 offset ?`, [
    after,
    read - 1,
  ]);
  return { ids, next: last[0] === undefined ? null : integer(last[0], "id") };
}
