/** Actors and what is known of them: one row from first evidence until their incident is closed. */
import type { InStatement, Row } from "@libsql/client";
import type { Actor } from "../core/correlation/actor.ts";
import { type ActorState, encodeActorState, newActorState, parseActorState } from "../core/correlation/actor-state.ts";
import type { ActorActivity, ActorType } from "../core/incident.ts";
import { normaliseName } from "../core/intake/identity.ts";
import type { Database } from "./database.ts";
import { fromIso, isoOrNull, timeOrNull, toIso } from "./iso.ts";
import { insertRows } from "./multi-values.ts";
import { integer, text, textOrNull } from "./rows.ts";

/** Times are epoch milliseconds. */
export interface ActorPeriod {
  id: number;
  key: string;
  current: boolean;
  entity: string;
  actor: Actor;
  activity: ActorActivity;
  recordedAt: number;
  updatedAt: number;
  score: number;
  previousScore: number;
  scoreChangedAt: number;
  decayAt: number | null;
  /** `INC-…`, null while it has not qualified. */
  incidentId: string | null;
  pending: boolean;
  state: ActorState;
}

const columns = `id, actor_key, current, entity_name, actor_type, actor, detections, high_detections, alarms, rbp_sum, max_rbp,
  first_at, last_at, recorded_at, updated_at, score, previous_score, score_changed_at, decay_at, incident_id, pending, state`;

/** The spelling by which an actor of an entity is recognised. */
export function actorKey(entity: string, { type, name }: Actor): string {
  return JSON.stringify([normaliseName(entity), type, name]);
}

export function newPeriod(id: number, entity: string, actor: Actor, now: number): ActorPeriod {
  const activity = { detections: 0, highDetections: 0, alarms: 0, rbpSum: 0, rbpMax: 0, firstAt: null, lastAt: null };
  return {
    ...{ id, key: actorKey(entity, actor), current: true, entity, actor, activity },
    ...{ recordedAt: now, updatedAt: now, score: 0, previousScore: 0, scoreChangedAt: now, decayAt: null },
    ...{ incidentId: null, pending: false, state: newActorState() },
  };
}

/** Current periods by actor key. */
export async function currentPeriods(database: Database, keys: readonly string[]): Promise<Map<string, ActorPeriod>> {
  if (keys.length === 0) return new Map();
  const { rows } = await database.read(
    `select ${columns} from actor_periods where current = 1 and actor_key in (select value from json_each(?))`,
    [JSON.stringify(keys)],
  );
  return new Map(rows.map(fromRow).map((period) => [period.key, period]));
}

export async function periodById(database: Database, id: number): Promise<ActorPeriod | null> {
  return (await periodsById(database, [id]))[0] ?? null;
}

export async function periodsById(database: Database, ids: readonly number[]): Promise<ActorPeriod[]> {
  if (ids.length === 0) return [];
  const { rows } = await database.read(
    `select ${columns} from actor_periods where id in (select value from json_each(?))`,
    [JSON.stringify(ids)],
  );
  return rows.map(fromRow);
}

/** Up to `limit` current periods with evidence that has not been assessed. */
export async function pendingPeriods(database: Database, limit: number): Promise<ActorPeriod[]> {
  const { rows } = await database.read(`select ${columns} from actor_periods where pending = 1 order by id limit ?`, [
    limit,
  ]);
  return rows.map(fromRow);
}

/** Up to `limit` periods with an open incident whose score falls by `now`. */
export async function decayingPeriods(database: Database, now: number, limit: number): Promise<ActorPeriod[]> {
  const { rows } = await database.read(
    `select ${columns} from actor_periods
     where current = 1 and incident_id is not null and decay_at <= ? order by decay_at limit ?`,
    [toIso(now), limit],
  );
  return rows.map(fromRow);
}

const savedAnew = [
  ...["current", "detections", "high_detections", "alarms", "rbp_sum", "max_rbp", "first_at", "last_at", "updated_at"],
  ...["score", "previous_score", "score_changed_at", "decay_at", "incident_id", "pending", "state"],
]
  .map((column) => `${column} = excluded.${column}`)
  .join(", ");

/** Statements that write these periods, new ones and known ones. */
export function savePeriods(periods: readonly ActorPeriod[]): InStatement[] {
  const rows = periods.map((p) => [
    ...[p.id, p.key, p.current ? 1 : 0, p.entity, p.actor.type, p.actor.name],
    ...[p.activity.detections, p.activity.highDetections, p.activity.alarms, p.activity.rbpSum, p.activity.rbpMax],
    ...[isoOrNull(p.activity.firstAt), isoOrNull(p.activity.lastAt), toIso(p.recordedAt), toIso(p.updatedAt)],
    ...[p.score, p.previousScore, toIso(p.scoreChangedAt), isoOrNull(p.decayAt), p.incidentId, p.pending ? 1 : 0],
    encodeActorState(p.state),
  ]);
  return insertRows(`actor_periods (${columns})`, 22, rows, `on conflict (id) do update set ${savedAnew}`);
}

/** Highest id ever given out. */
export async function lastPeriodId(database: Database): Promise<number> {
  const { rows } = await database.read(
    "select coalesce(max(seq), 0) as id from sqlite_sequence where name = 'actor_periods'",
  );
  return rows[0] === undefined ? 0 : integer(rows[0], "id");
}

function fromRow(row: Row): ActorPeriod {
  return {
    id: integer(row, "id"),
    key: text(row, "actor_key"),
    current: integer(row, "current") === 1,
    entity: text(row, "entity_name"),
    actor: { type: text(row, "actor_type") as ActorType, name: text(row, "actor") },
    activity: {
      detections: integer(row, "detections"),
      highDetections: integer(row, "high_detections"),
      alarms: integer(row, "alarms"),
      rbpSum: integer(row, "rbp_sum"),
      rbpMax: integer(row, "max_rbp"),
      firstAt: timeOrNull(row, "first_at"),
      lastAt: timeOrNull(row, "last_at"),
    },
    recordedAt: fromIso(text(row, "recorded_at")),
    updatedAt: fromIso(text(row, "updated_at")),
    score: integer(row, "score"),
    previousScore: integer(row, "previous_score"),
    scoreChangedAt: fromIso(text(row, "score_changed_at")),
    decayAt: timeOrNull(row, "decay_at"),
    incidentId: textOrNull(row, "incident_id"),
    pending: integer(row, "pending") === 1,
    state: parseActorState(text(row, "state")),
  };
}
