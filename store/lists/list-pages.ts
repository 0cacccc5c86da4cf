/** Pages of incidents, cases and alerts for the API. Runs in the reading Worker. */

import type { PreparedPattern } from "../../core/correlation/patterns.ts";
import type { Collection, Page, PageQuery, RowFilters, Walk } from "../../core/pages/page.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { integer, text } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";
import { campaignNow } from "./campaigns.ts";
import type { Conditions, Statement } from "./conditions.ts";
import { conditionsOf, isCountedInPart, type Source, sourceOf, totalOf } from "./filters.ts";
import { type ListedTable, listedTables, type Present } from "./listed-tables.ts";
import { mostCounted, type OfFacts, ofFactsAlone, searchOf } from "./search.ts";
import { wayOf } from "./ways.ts";

/** Reads one page, of these actors alone where some are given. Rows committed while it is read belong to a later page. */
export async function listPage(
  database: Database,
  query: PageQuery,
  patterns: readonly PreparedPattern[],
  actors: readonly string[] | null,
): Promise<Page> {
  const table = listedTables[query.collection];
  const entities = await entitySpellings(database, query.entities);
  const entity = query.filters.entity === undefined ? undefined : [query.filters.entity.trim()];
  const { campaign } = query.filters;
  const filters = {
    ...query.filters,
    actors: actors ?? undefined,
    entity: entity && (await entitySpellings(database, entity)),
    campaign: campaign === undefined ? undefined : [await campaignNow(database, campaign)],
  };
  const { order, limit, offset, now } = query;
  const by = order.kind === "walk" ? order.by : "created";
  const limits = [...(entities === null ? [] : [entities]), ...(filters.entity === undefined ? [] : [filters.entity])];
  const asksIndex = await searchOf(database, query.collection, query.filters, limits, order);
  const sorted = order.kind === "sorted" ? order.by : null;
  const usual = sourceOf(table, by, asksIndex, sorted !== null);
  const { rows: source, count: from } = await wayOf(database, usual, { query, filters, limits });
  const { seq, search } = source;
  const lookedUp = order.kind === "walk" && order.direction === "up" && order.position === null;
  const countsAll = order.kind !== "walk" || !order.positionIsBound;
  const counted = conditionsOf(from, filters, { entities, now, sorted: null });
  if (!countsAll && order.position !== null) counted.add(`${seq} > ?`, order.position);
  const totalBy = (after: number | null) =>
    totalOf({ collection: query.collection, filters, entities }, from, counted, after);
  // Read first: the statements that follow then see every row up to `top`.
  const head = await readHead(database, query, source, lookedUp ? null : totalBy(countsAll ? null : order.position));
  const behind = search?.behind ?? null;
  if (head.gap)
    return { ...head, json: "[]", count: 0, lastSeq: null, more: false, start: 0, totalIsLeast: false, behind };
  const { generation, gap } = head;
  // What the index does not know yet belongs to a later page.
  const top = search === null ? head.top : Math.min(head.top, search.known[by]);
  const start = order.kind === "walk" ? await startOf(database, table, order, query.filters, top) : 0;
  if (lookedUp && start > 0) counted.add(`${seq} > ?`, start);
  const conditions = (from: Source, after = 0) => {
    const rows = conditionsOf(from, filters, { entities, now, sorted });
    if (order.kind !== "walk") return rows;
    if (order.direction === "up") {
      rows.add(`${from.seq} > ?`, Math.max(start, after));
      if (search !== null) rows.add(`${from.seq} <= ?`, top);
    } else {
      rows.add(`${from.seq} <= ?`, top);
      if (order.position !== null) rows.add(`${from.seq} < ?`, order.position);
    }
    return rows;
  };
  const asked = { order, limit: limit + 1, offset };
  const known = search === null && source.way === undefined ? await ofFactsAlone(database, query, limits) : null;
  const found =
    known === null
      ? await readRows(database, source, conditions(source), asked)
      : await readOfFacts(database, source, conditions, known, asked);
  const more = found.length > limit;
  const page = more ? found.slice(0, limit) : found;
  const last = page.at(-1);
  const total = lookedUp ? await count(database, totalBy(start === 0 ? null : start)) : head.total;
  const totalIsLeast = total > mostCounted && isCountedInPart(filters, table, lookedUp ? start === 0 : countsAll);
  return {
    json: await table.json(database, page, { patterns, now }),
    count: page.length,
    lastSeq: last === undefined ? null : integer(last, "seq"),
    total: totalIsLeast ? mostCounted : total,
    totalIsLeast,
    behind,
    more,
    top,
    start,
    generation,
    gap,
  };
}

interface Asked {
  order: PageQuery["order"];
  limit: number;
  offset: number;
}

async function readRows(
  database: Database,
  source: Source,
  rows: Conditions,
  { order, limit, offset }: Asked,
): Promise<Row[]> {
  const found = await database.read(
    `select ${source.table.select}, ${source.seq} as seq from ${source.from}
     where ${rows.where} order by ${orderOf(source, order)} limit ? offset ?`,
    [...rows.args, limit, offset],
  );
  return found.rows;
}

/** Those that the index finds, and those that it does not know yet, which are new and few: in the order of the page. */
async function readOfFacts(
  database: Database,
  source: Source,
  conditions: (from: Source, after?: number) => Conditions,
  { search, known }: OfFacts,
  { order, limit, offset }: Asked,
): Promise<Row[]> {
  // SQLite takes one lower bound, and looks at all rows behind it.
  const behind = { from: source, rows: conditions(source, known) };
  if (order.direction === "down") behind.rows.add(`${source.seq} > ?`, known);
  const indexed = sourceOf(source.table, source.by, search, false);
  const found = { from: indexed, rows: conditions(indexed) };
  found.rows.add(`${indexed.seq} <= ?`, known);
  const [first, second] = order.direction === "down" ? [behind, found] : [found, behind];
  const begun = await readRows(database, first.from, first.rows, { order, limit, offset });
  if (begun.length === limit) return begun;
  const sql = `select count(*) from ${first.from.from} where ${first.rows.where}`;
  const skipped = offset === 0 ? 0 : Math.min(offset, await count(database, { sql, args: first.rows.args }));
  const rest = { order, limit: limit - begun.length, offset: offset - skipped };
  return [...begun, ...(await readRows(database, second.from, second.rows, rest))];
}

/** SQL of the order, without "order by". */
function orderOf({ table, order: position }: Source, order: PageQuery["order"]): string {
  const direction = order.direction === "up" ? "asc" : "desc";
  if (order.kind === "walk") return `${position} ${direction}`;
  const column = table.sorts[order.by];
  if (column === undefined) throw new Error(`there is no order ${order.by}`);
  return `${column} ${direction} nulls last, ${position} ${direction}`;
}

/** What the page needs besides its rows, in one statement, so that a page with a cursor takes two. */
async function readHead(
  database: Database,
  { collection, order }: PageQuery,
  { table, by }: Source,
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

const idColumns = { incidents: "incident_id", cases: "case_id", alerts: "a.hash" } as const satisfies Record<
  Collection,
  string
>;

/** One row as lists show it at `now` (epoch milliseconds), with its entity; null if there is none with that id. */
export async function readRow(
  database: Database,
  collection: Collection,
  id: string,
  present: Present,
): Promise<{ entity: string; json: string } | null> {
  const table = listedTables[collection];
  const { rows } = await database.read(
    `select ${table.select}, ${table.columns.entity} as entity from ${table.from.created} where ${idColumns[collection]} = ?`,
    [id],
  );
  const row = rows[0];
  if (row === undefined) return null;
  const json = await table.json(database, [row], present);
  return { entity: text(row, "entity"), json: json.slice(1, -1) };
}
