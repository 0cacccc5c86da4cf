/** Rows of outbreaks and of what they are made of. */
import { reachMs, type Sighting } from "../../core/campaigns/outbreak.ts";
import { type IncidentStatus, isOpen } from "../../core/incident.ts";
import { dayMs } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, integerOrNull, text, textOrNull } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";
import type { AlertSighting } from "./outbreak-alerts.ts";

/** As in the table: `waiting` whether an earlier host comes, `none` where it is no attack, `over` where its evidence is gone. */
type OutbreakState = "waiting" | "open" | "none" | "over";

/** An outbreak without its hosts, which may be many. Times are epoch milliseconds, as in the table. */
export interface OutbreakSpan {
  /** 0 = not stored yet. */
  id: number;
  entity: string;
  entityKey: string;
  rule: string;
  title: string;
  state: OutbreakState;
  /** Nothing counts towards it any more: its incident is closed, or its evidence is gone. */
  isOver: boolean;
  firstAt: number;
  lastAt: number;
  /** As it was last told. */
  hostCount: number;
  incidentId: string | null;
  formedAt: number;
  updatedAt: number;
  dueAt: number | null;
}

export interface OutbreakRow extends OutbreakSpan {
  /** In the order of their first sighting. */
  hosts: string[];
}

/** A rule of an entity, both as outbreaks have them. */
export type RuleOfEntity = Pick<OutbreakSpan, "entityKey" | "rule">;

export const nameOf = ({ entityKey, rule }: RuleOfEntity) => `${entityKey}\n${rule}`;

const columns = `entity_name, entity_key, rule_key, rule_title, state, first_at, last_at, host_count, incident_id, formed_at, updated_at, due_at`;
const selected = `o.id, ${columns
  .split(", ")
  .map((column) => `o.${column}`)
  .join(", ")}, i.status from outbreaks o left join incidents i on i.incident_id = o.incident_id`;

/** Outbreaks of these rules by `nameOf`, the oldest first. */
export async function outbreaksOf(
  database: Database,
  rules: readonly RuleOfEntity[],
): Promise<Map<string, OutbreakSpan[]>> {
  const { rows } = await database.read(
    `select ${selected} where (o.entity_key, o.rule_key) in (select value->>0, value->>1 from json_each(?)) order by o.id`,
    [JSON.stringify(rules.map(({ entityKey, rule }) => [entityKey, rule]))],
  );
  return Map.groupBy(rows.map(spanFrom), nameOf);
}

/** A time further ahead is of a clock that was set back. */
const farthestMs = 60_000;

/** Whether there are outbreaks to look at. */
export async function hasDue(database: Database, now: number): Promise<boolean> {
  return (await dueOutbreaks(database, now, 1)).length > 0;
}

/** Up to `limit` outbreaks to look at. */
export async function dueOutbreaks(database: Database, now: number, limit: number): Promise<OutbreakRow[]> {
  const { rows } = await database.read(
    `select o.hosts, ${selected} where o.due_at <= ?1 or o.due_at > ?2 order by o.due_at, o.id limit ?3`,
    [now, now + farthestMs, limit],
  );
  return rows.map((row) => ({ ...spanFrom(row), hosts: JSON.parse(text(row, "hosts")) as string[] }));
}

/** When to look at an outbreak next, epoch milliseconds; null = when others come. */
export async function nextDue(database: Database): Promise<number | null> {
  const { rows } = await database.read("select min(due_at) as due from outbreaks where due_at is not null");
  return rows[0] === undefined ? null : integerOrNull(rows[0], "due");
}

const insertOutbreakSql = insertSql("outbreaks", `${columns}, hosts`);
/** `[id, state, first, last, updated, due]` */
const updateSpanSql =
  "update outbreaks set state = ?2, first_at = ?3, last_at = ?4, updated_at = ?5, due_at = ?6 where id = ?1";
/** `[id, title, hosts, number of hosts, incident]` */
const updateHostsSql =
  "update outbreaks set rule_title = ?2, hosts = ?3, host_count = ?4, incident_id = ?5 where id = ?1";

/** Statements that insert or update outbreaks; their hosts stay as they are. */
export function saveSpans(spans: Iterable<OutbreakSpan>): Statement[] {
  const all = [...spans];
  const fresh = all.filter(({ id }) => id === 0);
  return [
    ...forRows(
      insertOutbreakSql,
      fresh.map((o) => [
        ...[o.entity, o.entityKey, o.rule, o.title, o.state, o.firstAt, o.lastAt],
        ...[o.hostCount, o.incidentId, o.formedAt, o.updatedAt, o.dueAt, "[]"],
      ]),
    ),
    ...forRows(
      updateSpanSql,
      all.flatMap((o) => (o.id === 0 ? [] : [[o.id, o.state, o.firstAt, o.lastAt, o.updatedAt, o.dueAt]])),
    ),
  ];
}

/** Statements that update an outbreak with its hosts and its incident. */
export function saveOutbreak(o: OutbreakRow): Statement[] {
  const hosts = { sql: updateHostsSql, args: [o.id, o.title, JSON.stringify(o.hosts), o.hosts.length, o.incidentId] };
  return [...saveSpans([o]), hosts];
}

const noteSql = insertSql(
  "outbreak_sightings",
  "entity_key, rule_key, host, user_name, seen_at, period_id, noted_day",
  "on conflict do nothing",
);

/** Statements that keep sightings; one that is known stays as it is. */
export function noteSightings(sightings: readonly AlertSighting[], now: number): Statement[] {
  const day = Math.floor(now / dayMs);
  // Those of a rule one after the other: they stand on the same pages.
  const byRule = [...Map.groupBy(sightings, nameOf).values()].flat();
  return forRows(
    noteSql,
    byRule.map(({ entityKey, rule, host, user, at, periodId }) => [entityKey, rule, host, user, at, periodId, day]),
  );
}

/** More are of outbreaks that are known. */
const mostRead = 20_000;

/**
 * Sightings of a rule whose evidence still counts, from a day before `first` to a day after `last`, and of none of these outbreaks, which
 * are over.
 */
export async function sightingsNear(
  database: Database,
  { entityKey, rule }: RuleOfEntity,
  span: { first: number; last: number },
  over: readonly OutbreakSpan[],
): Promise<Sighting[]> {
  const { rows } = await database.read(
    `select s.host, s.user_name, s.seen_at, s.period_id from outbreak_sightings s join actor_periods p on p.id = s.period_id and p.current = 1
     where s.entity_key = ? and s.rule_key = ? and s.seen_at between ? and ? order by s.seen_at, s.host, s.user_name limit ?`,
    [entityKey, rule, span.first - dayMs, span.last + dayMs, mostRead],
  );
  return rows
    .map((row) => ({
      host: text(row, "host"),
      user: text(row, "user_name"),
      at: integer(row, "seen_at"),
      periodId: integer(row, "period_id"),
    }))
    .filter(({ at }) => !over.some(({ firstAt, lastAt }) => at >= firstAt && at <= lastAt));
}

/** Whether something at this time belongs to the outbreak, which it may make longer. */
export function isNear({ firstAt, lastAt }: Pick<OutbreakSpan, "firstAt" | "lastAt">, at: number): boolean {
  return at >= firstAt - reachMs && at <= lastAt + reachMs;
}

function spanFrom(row: Row): OutbreakSpan {
  const state = text(row, "state") as OutbreakState;
  const status = textOrNull(row, "status") as IncidentStatus | null;
  return {
    id: integer(row, "id"),
    entity: text(row, "entity_name"),
    entityKey: text(row, "entity_key"),
    rule: text(row, "rule_key"),
    title: text(row, "rule_title"),
    state,
    isOver: state === "over" || (state === "open" && (status === null || !isOpen(status))),
    firstAt: integer(row, "first_at"),
    lastAt: integer(row, "last_at"),
    hostCount: integer(row, "host_count"),
    incidentId: textOrNull(row, "incident_id"),
    formedAt: integer(row, "formed_at"),
    updatedAt: integer(row, "updated_at"),
    dueAt: integerOrNull(row, "due_at"),
  };
}
