/** How a page is found by the search index: what it asks, how far the index has come, and which way is shorter. */
import type { Collection, PageQuery, RowFilters } from "../../core/pages/page.ts";
import { factQuery, searchQuery } from "../../core/search/query.ts";
import type { Database } from "../database/database.ts";
import { integer } from "../database/rows.ts";
import type { Statement } from "./conditions.ts";

/** Up to so many rows are looked up one by one; of more, the list is walked in its order and compared with what was found. */
export const fewRows = 2_000;
/** Most alerts have no higher risk; of those that have there is an index. */
export const commonRisk = 50;
/** Counting ends at so many rows where it has to look at each. */
export const mostCounted = 10_000;

export interface Search {
  /** In the language of FTS5. */
  query: string;
  /** Rows that have it; above `mostCounted` there are more. */
  found: number;
  /** They are few. */
  isRare: boolean;
  /** Rows that the index does not know yet. */
  behind: number;
  /** Everything up to these positions is known to the index, by the two orders of a walk. */
  known: { created: number; updated: number };
}

/** Null where the filters ask nothing of the index. `entities`: a row's entity is in each of these lists. */
export async function searchOf(
  database: Database,
  collection: Collection,
  filters: Pick<RowFilters, "text" | "rule" | "host" | "user" | "levels">,
  entities: readonly (readonly string[])[],
  order: PageQuery["order"],
): Promise<Search | null> {
  if (collection === "cases") return null;
  const { levels: _, ...others } = filters;
  // Pollers find a level in the rows behind their position, and need not wait for the index.
  const polls = order.kind === "walk" && (order.direction === "up" || order.by === "updated");
  if (polls && [others.text, others.rule, others.host, others.user].every((value) => value === undefined)) return null;
  const query = searchQuery(collection === "alerts" ? filters : { text: filters.text }, entities);
  if (query === null) return null;
  const { rows } = await database.read(collection === "alerts" ? alertState : incidentState, [query, mostCounted + 1]);
  const row = rows[0] ?? {};
  return {
    query,
    found: integer(row, "found"),
    isRare: integer(row, "found") <= fewRows,
    behind: integer(row, "behind"),
    known: { created: integer(row, "created"), updated: integer(row, "updated") },
  };
}

/**
 * The number of alerts of these levels and entities after an id, up to `mostCounted` and one: those that the index knows, and those behind that `unknown`
 * counts, a condition on rows of `sigma_alerts a`. Without the index the whole table would be looked at for levels that few have.
 */
export function countOfFacts(
  levels: RowFilters["levels"],
  entities: readonly (readonly string[])[],
  after: number,
  unknown: Statement,
): Statement {
  return {
    sql: `select min(${mostCounted + 1}, (select count(*) from (select 1 from alert_search where alert_search match ? and rowid > ? limit ${mostCounted + 1})) +
      (select count(*) from (select 1 from sigma_alerts a where a.id > (select value from search_state where name = 'alerts') and ${unknown.sql})))`,
    args: [factQuery(levels, entities), after, ...unknown.args],
  };
}

/** What the index says of alerts of some entities or levels: up to `known` (an id) it finds them, those behind are looked at. */
export interface OfFacts {
  search: Search;
  known: number;
}

/**
 * For alerts of some entities or levels in the order of their ids: they may be few among millions. Null where something else is asked for or nothing
 * is. `entities`: a row's entity is in each of these lists.
 */
export async function ofFactsAlone(
  database: Database,
  { collection, filters, order }: PageQuery,
  entities: readonly (readonly string[])[],
): Promise<OfFacts | null> {
  const { text, rule, host, user, levels, hash } = filters;
  const asksMore = [text, rule, host, user, hash].some((value) => value !== undefined);
  const isByAge = order.kind === "walk" && order.by === "created";
  if (collection !== "alerts" || (entities.length === 0 && levels === undefined) || asksMore || !isByAge) return null;
  const { rows } = await database.read("select value from search_state where name = 'alerts'");
  const known = integer(rows[0] ?? {}, "value");
  const positions = { created: known, updated: known };
  return { search: { query: factQuery(levels, entities), found: 0, isRare: true, behind: 0, known: positions }, known };
}

/** Positions of walks are below those of the first alert that is not indexed yet. */
const alertState = `with done as (select value as id from search_state where name = 'alerts'),
    next as (select id, first_seq from sigma_alerts where id > (select id from done) order by id limit 1)
  select (select count(*) from (select 1 from alert_search where alert_search match ?1 limit ?2)) as found,
    max(0, (select coalesce(max(id), 0) from sigma_alerts) - (select id from done)) as behind,
    coalesce((select id - 1 from next), (select max(id) from sigma_alerts), 0) as created,
    coalesce((select first_seq - 1 from next), 9007199254740991) as updated`;

const incidentState = `select
    (select count(*) from (select 1 from incident_search where incident_search match ?1 limit ?2)) as found,
    (select count(*) from (select 1 from search_pending limit 10000)) as behind,
    coalesce((select min(i.created_seq) - 1 from search_pending p cross join incidents i on i.incident_id = p.incident_id), 9007199254740991) as created,
    coalesce((select min(i.updated_seq) - 1 from search_pending p cross join incidents i on i.incident_id = p.incident_id), 9007199254740991) as updated`;
