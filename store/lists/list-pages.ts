/** Pages of incidents, cases and alerts for the API. Runs in the reading Worker. */

import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import { plainHost } from "../../core/identities/host-name.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import { normaliseName, normaliseUser } from "../../core/intake/identity.ts";
import type { Collection, Page, PageQuery, RowFilters, Walk } from "../../core/pages/page.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { integer, text } from "../database/rows.ts";
import { campaignNow } from "./campaigns.ts";
import { Conditions, type Statement } from "./conditions.ts";
import { type ListedTable, listedTables } from "./listed-tables.ts";

/** Filters with every stored spelling of the entity that was asked for. */
type StoredFilters = Omit<RowFilters, "entity" | "campaign"> & {
  entity?: readonly string[] | undefined;
  /** What became of the campaign that was asked for. */
  campaign?: readonly string[] | undefined;
};

/** Reads one page, of these actors alone where some are given. Rows committed while it is read belong to a later page. */
export async function listPage(
  database: Database,
  query: PageQuery,
  patterns: readonly PreparedPattern[],
  actors: readonly string[] | null,
): Promise<Page> {
  const table = listedTables[query.collection];
  const entities = await entitySpellings(database, query.entities);
  const asked = query.filters.entity === undefined ? undefined : [query.filters.entity.trim()];
  const { campaign } = query.filters;
  const filters = {
    ...query.filters,
    entity: asked && (await entitySpellings(database, asked)),
    campaign: campaign === undefined ? undefined : [await campaignNow(database, campaign)],
  };
  const { order, limit, offset } = query;
  const by = order.kind === "walk" ? order.by : "created";
  const seq = table.seq[by];
  const lookedUp = order.kind === "walk" && order.direction === "up" && order.position === null;
  const counted = conditionsOf(table, filters, entities, actors, by);
  if (order.kind === "walk" && order.positionIsBound && order.position !== null)
    counted.add(`${seq} > ?`, order.position);
  const countsAll = order.kind !== "walk" || !order.positionIsBound;
  // Read first: the statements that follow then see every row up to `top`.
  const head = await readHead(
    database,
    query,
    table,
    by,
    lookedUp ? null : totalOf({ collection: query.collection, filters, entities }, table, by, counted, countsAll),
  );
  if (head.gap) return { ...head, json: "[]", count: 0, lastSeq: null, more: false, start: 0 };
  const { top, generation, gap } = head;
  const start = order.kind === "walk" ? await startOf(database, table, order, query.filters, top) : 0;
  if (lookedUp && start > 0) counted.add(`${seq} > ?`, start);
  const rows = conditionsOf(table, filters, entities, actors, by);
  if (order.kind === "walk") {
    if (order.direction === "up") rows.add(`${seq} > ?`, start);
    else {
      rows.add(`${seq} <= ?`, top);
      if (order.position !== null) rows.add(`${seq} < ?`, order.position);
    }
  }
  const direction = order.direction === "up" ? "asc" : "desc";
  const sorted = order.kind === "walk" ? seq : table.sorts[order.by];
  if (sorted === undefined) throw new Error(`${query.collection} have no order ${order.kind === "sorted" && order.by}`);
  const found = await database.read(
    `select ${table.select}, ${seq} as seq from ${table.from[by]}
     where ${rows.where} order by ${sorted} ${direction}${order.kind === "sorted" ? `, ${seq} ${direction}` : ""} limit ? offset ?`,
    [...rows.args, limit + 1, offset],
  );
  const more = found.rows.length > limit;
  const page = more ? found.rows.slice(0, limit) : found.rows;
  const last = page.at(-1);
  const total = lookedUp
    ? await count(
        database,
        totalOf({ collection: query.collection, filters, entities }, table, by, counted, start === 0),
      )
    : head.total;
  return {
    json: await table.json(database, page, patterns),
    count: page.length,
    lastSeq: last === undefined ? null : integer(last, "seq"),
    total,
    more,
    top,
    start,
    generation,
    gap,
  };
}

/** What the page needs besides its rows, in one statement, so that a page with a cursor takes two. */
async function readHead(
  database: Database,
  { collection, order }: PageQuery,
  table: ListedTable,
  by: Walk["by"],
  total: Statement | null,
): Promise<Pick<Page, "top" | "generation" | "gap" | "total">> {
  const since = order.kind === "walk" ? order.since : null;
  const { rows } = await database.read(
    `select ${table.top[by]} as top, (select coalesce(max(generation), 0) from feed_gaps where feed = ?) as generation,
       exists (select 1 from feed_gaps where feed = ? and generation > ? and ${by}_max > ?) as gap,
       ${total === null ? "0" : `(${total.sql})`} as total`,
    [collection, collection, since?.generation ?? maxInteger, since?.position ?? 0, ...(total?.args ?? [])],
  );
  const row = rows[0];
  if (row === undefined) throw new Error("no answer");
  return {
    top: integer(row, "top"),
    generation: integer(row, "generation"),
    gap: integer(row, "gap") === 1,
    total: integer(row, "total"),
  };
}

const maxInteger = 9_007_199_254_740_991;

async function count(database: Database, { sql, args }: Statement): Promise<number> {
  const { rows } = await database.read(`select (${sql}) as n`, args);
  return rows[0] === undefined ? 0 : integer(rows[0], "n");
}

/** The position after which the page starts, from the cursor, the bound, and what was returned before. */
async function startOf(
  database: Database,
  table: ListedTable,
  order: Walk,
  { createdSince, updatedSince }: RowFilters,
  top: number,
): Promise<number> {
  if (order.direction === "down") return 0;
  if (order.position !== null) return order.position;
  const since = order.by === "updated" ? updatedSince : createdSince;
  if (since === undefined) return 0;
  const first = async (at: number) => {
    const { rows } = await database.read(table.firstSince[order.by], [toIso(at)]);
    const seq = rows[0]?.seq;
    return typeof seq === "number" ? seq : top + 1;
  };
  const bound = (await first(since)) - 1;
  if (order.givenUpTo === null) return bound;
  return Math.min(order.boundIsFiner ? (await first(since + 1)) - 1 : bound, order.givenUpTo);
}

function conditionsOf(
  table: ListedTable,
  filters: StoredFilters,
  entities: readonly string[] | null,
  actors: readonly string[] | null,
  by: Walk["by"],
): Conditions {
  const all = new Conditions();
  const { columns } = table;
  const oneOf = (column: string | undefined, values: readonly string[] | undefined) => {
    if (values === undefined || column === undefined) return;
    if (values.length === 1) all.add(`${column} = ?`, values[0] ?? "");
    else all.add(`${column} in (select value from json_each(?))`, JSON.stringify(values));
  };
  oneOf(`${columns.entity} collate nocase`, entities ?? undefined);
  oneOf(`${columns.entity} collate nocase`, filters.entity);
  oneOf(columns.status, filters.statuses);
  oneOf(columns.severity, filters.severities);
  oneOf(columns.type, filters.caseTypes);
  oneOf(columns.level, filters.levels);
  oneOf(columns.actor, actors ?? undefined);
  oneOf(columns.campaign, filters.campaign);
  if (filters.incidentId !== undefined && columns.incident !== undefined) all.add(columns.incident, filters.incidentId);
  // In descending order it is the bound at which the walk starts.
  if (by === "updated" && filters.createdSince !== undefined)
    all.add(`${columns.recorded} >= ?`, toIso(filters.createdSince));
  if (filters.minRisk !== undefined) all.add(`${columns.risk} >= ?`, filters.minRisk);
  return all;
}

/** The names under which an actor may stand that is called so: what the names that are known say, else the name without domain; and the name itself. */
export function actorsCalled(given: string, names: NameBook): string[] {
  const host = plainHost(given);
  const known = names.everyReading(given, host);
  return [...new Set([...(known.length > 0 ? known : [normaliseUser(given), host]), normaliseName(given)])];
}

/** The number of matching rows. For filters by entity and status alone it is read from the table of counts. */
function totalOf(
  { filters, entities, collection }: Pick<PageQuery, "collection" | "entities"> & { filters: StoredFilters },
  table: ListedTable,
  by: Walk["by"],
  counted: Conditions,
  unbounded: boolean,
): Statement {
  const { entity, statuses, createdSince: _, updatedSince: __, ...others } = filters;
  if (!unbounded || Object.values(others).some((value) => value !== undefined))
    return { sql: `select count(*) from ${table.from[by]} where ${counted.where}`, args: counted.args };
  const conditions = new Conditions();
  conditions.add("feed = ?", collection);
  if (entities !== null)
    conditions.add("entity_name collate nocase in (select value from json_each(?))", JSON.stringify(entities));
  if (entity !== undefined)
    conditions.add("entity_name collate nocase in (select value from json_each(?))", JSON.stringify(entity));
  if (statuses !== undefined) conditions.add("status in (select value from json_each(?))", JSON.stringify(statuses));
  return { sql: `select coalesce(sum(n), 0) from row_counts where ${conditions.where}`, args: conditions.args };
}

const idColumns = { incidents: "incident_id", cases: "case_id", alerts: "a.hash" } as const satisfies Record<
  Collection,
  string
>;

/** One row as lists show it, with its entity; null if there is none with that id. */
export async function readRow(
  database: Database,
  collection: Collection,
  id: string,
  patterns: readonly PreparedPattern[],
): Promise<{ entity: string; json: string } | null> {
  const table = listedTables[collection];
  const { rows } = await database.read(
    `select ${table.select}, ${table.columns.entity} as entity from ${table.from.created} where ${idColumns[collection]} = ?`,
    [id],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const json = await table.json(database, [row], patterns);
  return { entity: text(row, "entity"), json: json.slice(1, -1) };
}
