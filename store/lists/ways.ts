/**
 * The way by which the rows of a page are found. Where few rows have one of its conditions, they are taken from the index of it and sorted; else rows are
 * met in the order of the page. Left to itself, SQLite takes an index of what most rows have, and sorts all of them.
 */
import type { Collection, PageQuery } from "../../core/pages/page.ts";
import { factQuery } from "../../core/search/query.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import type { Statement } from "./conditions.ts";
import { areOpen, type Source, type StoredFilters, sourceOf } from "./filters.ts";
import { commonRisk, fewRows } from "./search.ts";

/** Behind so near a position all rows are met. */
const nearby = 2_000;

/** A condition, with the number of rows that have it, as far as that matters, and how they are found. */
interface Candidate {
  rows: Statement;
  index?: string;
  ids?: Statement;
}

interface Asked {
  query: PageQuery;
  filters: StoredFilters;
  /** A row's entity is in each of these lists. */
  limits: readonly (readonly string[])[];
}

/** Where rows of a page are taken from, and by what all that match are counted. */
interface Ways {
  rows: Source;
  count: Source;
}

/** `given`: what rows are taken from where nothing is better known. */
export async function wayOf(database: Database, given: Source, asked: Asked): Promise<Ways> {
  const { query, filters } = asked;
  const { text, rule, host, user, minRisk } = filters;
  // Levels alone are found by the index of the search for as long as no risk is asked for.
  const isOfLevels = query.collection === "alerts" && [text, rule, host, user].every((one) => one === undefined);
  if ((given.search !== null && !(isOfLevels && minRisk !== undefined)) || isNarrow(filters)) return both(given);
  const usual = sourceOf(given.table, given.by, null, false);
  const all = query.collection === "alerts" ? alertCandidates(asked) : candidates(asked, query.collection);
  const { order } = query;
  if (all.length === 0)
    return query.collection !== "alerts" && order.kind === "walk" && order.by === "updated"
      ? { rows: { ...usual, way: "order" }, count: countedBy(usual, query, filters) }
      : both(given);
  const columns = all.map(({ rows }, n) => `(${rows.sql}) as rows${n}`);
  const { rows } = await database.read(
    `select ${[...columns, `${usual.table.top[usual.by]} as top`].join(", ")}`,
    all.flatMap(({ rows: one }) => one.args),
  );
  const row = rows[0] ?? {};
  const counted = all.map((one, n) => ({ ...one, count: integer(row, `rows${n}`) }));
  const fewest = counted.reduce((a, b) => (b.count < a.count ? b : a));
  const isFew = fewest.count <= fewRows;
  const few: Source = {
    ...usual,
    from: fromOf(query.collection, usual.by, fewest.index),
    way: "few",
    ...(fewest.ids === undefined ? {} : { ids: fewest.ids }),
  };
  const start = order.kind === "walk" && order.direction === "up" ? order.position : null;
  if (start !== null && integer(row, "top") - start <= nearby)
    return { rows: { ...usual, way: "order" }, count: isFew ? few : countedBy(usual, query, filters) };
  if (isFew) return both(few);
  // Of alerts in the order of their ids the search index gives those of some entities or levels.
  if (query.collection === "alerts" && usual.by === "created" && usesFacts(asked)) return { rows: given, count: given };
  return { rows: { ...usual, way: "order" }, count: countedBy(usual, query, filters) };
}

function both(source: Source): Ways {
  return { rows: source, count: source };
}

/** Of all rows SQLite counts those of an index faster than it meets them. */
function countedBy(usual: Source, { order, collection }: PageQuery, { minRisk }: StoredFilters): Source {
  if (order.kind === "walk" && order.positionIsBound) return { ...usual, way: "order" };
  if (collection !== "alerts" || minRisk === undefined || minRisk <= commonRisk) return usual;
  return { ...usual, from: fromOf(collection, "created", "sigma_alerts_risk"), way: "few" };
}

/** Whether few rows can be meant, which SQLite finds by itself; or open incidents by when they are due. */
function isNarrow({ actors, campaign, incidentId, hash, ids, sla, ticket }: StoredFilters): boolean {
  const isNumber = ticket !== undefined && ticket !== "none" && ticket !== "any";
  return isNumber || [actors, campaign, incidentId, hash, ids, sla].some((one) => one !== undefined);
}

function fromOf(collection: Collection, by: Source["by"], index: string | undefined): string {
  const indexed = index === undefined ? "" : ` indexed by ${index}`;
  if (collection !== "alerts") return `${collection === "cases" ? "threat_cases" : "incidents"}${indexed}`;
  const event = by === "created" ? "" : " cross join event_log e on e.seq = coalesce(a.last_seq, a.first_seq)";
  return `sigma_alerts a${indexed}${event}`;
}

/** Of incidents and cases; none where the index that SQLite takes has the order as well. */
function candidates({ query: { order }, filters, limits }: Asked, collection: "incidents" | "cases"): Candidate[] {
  const { statuses, riskLevels, minRisk, owner } = filters;
  const ofIncidents = collection === "incidents";
  const table = ofIncidents ? "incidents" : "threat_cases";
  const found: Candidate[] = [];
  if (limits.length > 0) {
    const isOpenOnly = ofIncidents && areOpen(statuses);
    found.push({
      index: isOpenOnly ? "incidents_open_entity" : `${table}_entity`,
      rows: {
        sql: `select coalesce(sum(n), 0) from row_counts where feed = '${collection}' and ${limits.map(() => listed("entity_name")).join(" and ")}${
          isOpenOnly ? ` and ${listed("status")}` : ""
        }`,
        args: [...limits, ...(isOpenOnly ? [statuses] : [])].map((one) => JSON.stringify(one)),
      },
    });
  }
  if (statuses !== undefined)
    found.push({
      index: `${table}_status`,
      rows: {
        sql: `select coalesce(sum(n), 0) from row_totals where feed = '${collection}' and ${listed("status")}`,
        args: [JSON.stringify(statuses)],
      },
    });
  if (ofIncidents && riskLevels !== undefined)
    found.push({
      index: "incidents_level",
      rows: {
        sql: `select coalesce(sum(n), 0) from incident_totals where ${listed("risk_level")}`,
        args: [JSON.stringify(riskLevels)],
      },
    });
  if (ofIncidents && minRisk !== undefined)
    found.push({ index: "incidents_risk", rows: someOf("incidents where risk_score >= ?", minRisk) });
  if (ofIncidents && owner != null)
    found.push({
      index: "incidents_owner",
      rows: someOf("incidents where assigned_analyst = ? collate nocase", owner.trim()),
    });
  const hasOrder =
    order.kind === "walk" &&
    order.by === "created" &&
    found.length === 1 &&
    minRisk === undefined &&
    [...limits, statuses, riskLevels].every((one) => one === undefined || one.length === 1);
  return hasOrder ? [] : found;
}

/** Of alerts: their risk by its index; their entities and levels by that of the search, with those that it does not know yet. */
function alertCandidates(asked: Asked): Candidate[] {
  const { query, filters, limits } = asked;
  const { minRisk, levels } = filters;
  const found: Candidate[] = [];
  if (minRisk !== undefined && minRisk > commonRisk)
    found.push({
      index: "sigma_alerts_risk",
      rows: someOf(`sigma_alerts where risk >= ? and risk > ${commonRisk}`, minRisk),
    });
  const isByUpdate = query.order.kind === "walk" && query.order.by === "updated";
  if (usesFacts(asked) && (isByUpdate || minRisk !== undefined)) {
    const facts = factQuery(levels, limits);
    found.push({
      rows: {
        sql: `(select count(*) from (select 1 from alert_search where alert_search match ? limit ${fewRows + 1})) +
          max(0, (select coalesce(max(id), 0) from sigma_alerts) - (select value from search_state where name = 'alerts'))`,
        args: [facts],
      },
      ids: {
        sql: `a.id in (select rowid from alert_search where alert_search match ? union all
          select id from sigma_alerts where id > (select value from search_state where name = 'alerts'))`,
        args: [facts],
      },
    });
  }
  return found;
}

function usesFacts({ filters, limits }: Asked): boolean {
  return limits.length > 0 || filters.levels !== undefined;
}

const listed = (column: string) => `${column} in (select value from json_each(?))`;

/** Counts up to one more than are few. */
function someOf(from: string, arg: string | number): Statement {
  return { sql: `select count(*) from (select 1 from ${from} limit ${fewRows + 1})`, args: [arg] };
}
