/** What is known of each actor: one row per period, from the first evidence until the actor's incident is closed. */

import type { Actor } from "../../core/correlation/actor.ts";
import { type ActorState, newActorState, parseActorState } from "../../core/correlation/actor-state.ts";
import type { Repeats } from "../../core/correlation/repeats.ts";
import { addStoredRepeats } from "../../core/correlation/repeats.ts";
import { messageOf, StoreError } from "../../core/errors.ts";
import type { Owner } from "../../core/identities/learn-names.ts";
import type { ActorType } from "../../core/incident.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { text } from "../database/rows.ts";
import type { Row, Statement, Value } from "../database/statement.ts";

/** Times are epoch milliseconds. */
export interface ActorPeriod {
  id: number;
  key: string;
  current: boolean;
  entity: string;
  actor: Actor;
  /** `INC-…`; null while the score is too low for an incident. */
  incidentId: string | null;
  pending: boolean;
  /** Null without an open incident. */
  decayAt: number | null;
  updatedAt: number;
  state: ActorState;
  /** Characters of its encoded state, as stored. */
  characters: number;
  /** There are repeats that its stored state does not contain. */
  repeated: boolean;
  /** When its state was stored, epoch milliseconds. */
  storedAt: number;
  /** The rarely changed columns of its row as stored, as JSON; null = it has no row yet. */
  stored: string | null;
}

/** The actor is read from the key; the entity's own spelling is seldom needed. */
const columns = "id, actor_key, current, entity_name, incident_id, pending, decay_at, updated_at, state";

/** What `stateFrom` reads. */
export const stateColumns = `state,
  (select json_group_array(json_array(item, count, last, recorded)) from actor_repeats r where r.period_id = actor_periods.id) as repeats`;

/** As JSON, because reading one text is faster than reading many columns. */
const selected = `json_array(id, actor_key, current, entity_name, incident_id, pending, decay_at, updated_at) as row, ${stateColumns}`;

/** The normalised key of an actor within an entity. */
export function actorKey(entity: string, { type, name }: Actor): string {
  return JSON.stringify([normaliseName(entity), type, name]);
}

/** The entity and actor that a key is of, as it has them: normalised. */
export function actorOfKey(key: string): [entity: string, actor: Actor] {
  const [entity, type, name] = JSON.parse(key) as [entity: string, type: ActorType, name: string];
  return [entity, { type, name }];
}

export function newPeriod(id: number, entity: string, actor: Actor, now: number): ActorPeriod {
  const key = actorKey(entity, actor);
  const period = { id, key, current: true, entity, actor, incidentId: null, pending: false, decayAt: null };
  const state = newActorState(now);
  return { ...period, updatedAt: now, state, characters: 0, repeated: false, storedAt: now, stored: null };
}

/** Current periods by actor key. */
export async function currentPeriods(database: Database, keys: readonly string[]): Promise<Map<string, ActorPeriod>> {
  if (keys.length === 0) return new Map();
  const { rows } = await database.read(
    `select ${selected} from actor_periods where current = 1 and actor_key in (select value from json_each(?))`,
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
    `select ${selected} from actor_periods where id in (select value from json_each(?))`,
    [JSON.stringify(ids)],
  );
  return rows.map(fromRow);
}

/** Up to `limit` current periods with evidence that is not yet assessed. */
export async function pendingPeriods(database: Database, limit: number): Promise<ActorPeriod[]> {
  const { rows } = await database.read(`select ${selected} from actor_periods where pending = 1 order by id limit ?`, [
    limit,
  ]);
  return rows.map(fromRow);
}

/** Up to `limit` periods with an open incident whose score is due to fall at `now` or before. */
export async function decayingPeriods(database: Database, now: number, limit: number): Promise<ActorPeriod[]> {
  const { rows } = await database.read(
    `select ${selected} from actor_periods where decay_at <= ? order by decay_at limit ?`,
    [toIso(now), limit],
  );
  return rows.map(fromRow);
}

const insertPeriodSql = insertSql("actor_periods", columns);
/** `[id, updated_at, state]` */
const newStateSql = "update actor_periods set updated_at = ?2, state = ?3 where id = ?1";

/** `[id, current, incident_id, pending, decay_at]` */
const seldomSql = "update actor_periods set current = ?2, incident_id = ?3, pending = ?4, decay_at = ?5 where id = ?1";

const repeatSql = `insert into actor_repeats (period_id, item, count, last, recorded) values (?, ?, ?, ?, ?)
  on conflict do update set count = count + excluded.count, last = max(last, excluded.last), recorded = max(recorded, excluded.recorded)`;

/** Statements that add repeats to these periods, instead of their states with them. */
export function repeatStatements(
  periods: readonly { period: ActorPeriod; repeats: readonly Repeats[] }[],
): Statement[] {
  const rows: Value[][] = [];
  for (const { period, repeats } of periods) {
    period.repeated = true;
    for (const { item, count, last, recorded } of repeats) rows.push([period.id, item, count, last, recorded]);
  }
  return forRows(repeatSql, rows);
}

/** Statements that insert or update these periods. `states`: their encoded states. Their rows then are as stored. */
export function periodStatements(periods: readonly ActorPeriod[], states: readonly string[]): Statement[] {
  const fresh: (string | number | null)[][] = [];
  const known: (string | number)[][] = [];
  const moved: Value[][] = [];
  const repeated: Value[][] = [];
  for (const [index, p] of periods.entries()) {
    const state = states[index] ?? "";
    const [before, now] = [p.stored, JSON.stringify(seldom(p))];
    p.stored = now;
    p.storedAt = p.updatedAt;
    p.characters = state.length;
    if (p.repeated) repeated.push([p.id]);
    p.repeated = false;
    if (before === null)
      fresh.push([
        ...[p.id, p.key, p.current ? 1 : 0, p.entity, p.incidentId, p.pending ? 1 : 0],
        ...[isoOrNull(p.decayAt), toIso(p.updatedAt), state],
      ]);
    else known.push([p.id, toIso(p.updatedAt), state]);
    if (before !== null && before !== now) moved.push(seldom(p));
  }
  return [
    ...forRows(insertPeriodSql, fresh),
    ...forRows(newStateSql, known),
    ...forRows(seldomSql, moved),
    // The states contain them now.
    ...forRows("delete from actor_repeats where period_id = ?", repeated),
  ];
}

/** The id and the rarely changed columns of a period. */
function seldom(p: Pick<ActorPeriod, "id" | "current" | "incidentId" | "pending" | "decayAt">): Value[] {
  return [p.id, p.current ? 1 : 0, p.incidentId, p.pending ? 1 : 0, isoOrNull(p.decayAt)];
}

type PeriodRow = [
  id: number,
  key: string,
  current: number,
  entity: string,
  incidentId: string | null,
  pending: number,
  decayAt: string | null,
  updatedAt: string,
];

function fromRow(row: Row): ActorPeriod {
  const [id, key, current, entity, incidentId, pending, decayAt, updatedAt] = JSON.parse(text(row, "row")) as PeriodRow;
  const [, actor] = actorOfKey(key);
  const period = {
    id,
    key,
    current: current === 1,
    entity,
    actor,
    incidentId,
    pending: pending === 1,
    decayAt: decayAt === null ? null : fromIso(decayAt),
    updatedAt: fromIso(updatedAt),
    state: stateFrom(row),
    characters: text(row, "state").length,
    repeated: row.repeats !== "[]",
    storedAt: fromIso(updatedAt),
  };
  return { ...period, stored: JSON.stringify(seldom(period)) };
}

/** The state of a period from the columns `stateColumns`. @throws StoreError store_corrupt */
export function stateFrom(row: Row): ActorState {
  try {
    const state = parseActorState(text(row, "state"));
    const repeats = JSON.parse(text(row, "repeats")) as [number, number, number, number][];
    addStoredRepeats(
      state,
      repeats.map(([item, count, last, recorded]) => ({ item, count, last, recorded })),
    );
    return state;
  } catch (cause) {
    throw new StoreError("store_corrupt", messageOf(cause), { cause });
  }
}

/**
 * The same, with the account that each user's incidents and evidence are of: the one of the first alert that names its domain. None where nothing is
 * kept of the user.
 */
export async function accountsOfUsers(database: Database, asked: readonly Owner[]): Promise<readonly Owner[]> {
  if (asked.length === 0) return asked;
  const keyOf = ({ entity, user }: Owner) => actorKey(entity, { type: "user", name: user });
  const users = new Map(asked.map((one) => [keyOf(one), [keyOf(one), one.user, one.entity]]));
  const { rows } = await database.read(
    `with asked as (select value ->> 0 as key, value ->> 1 as user, value ->> 2 as entity from json_each(?)),
       periods as (
         select a.key, p.id from asked a cross join actor_periods p on p.actor_key = a.key and p.current = 1
         union select a.key, i.period_id from asked a cross join incidents i on i.group_key = a.user and i.entity_name = a.entity
           and i.actor_type = 'user')
     select p.key, s.user_name as account from periods p cross join sigma_alerts s on s.id = (
       select min(t.id) from sigma_alerts t where t.period_id = p.id
         and (instr(t.user_name, '\\') > 0 or instr(t.user_name, '@') > 0 or instr(t.user_name, '/') > 0))
     order by s.id desc`,
    [JSON.stringify([...users.values()])],
  );
  // The earliest comes last.
  const accounts = new Map(rows.map((row) => [text(row, "key"), text(row, "account")]));
  return asked.map((one) => ({ ...one, account: accounts.get(keyOf(one)) ?? null }));
}
