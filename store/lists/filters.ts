/** What a list's filters become: conditions of a query, and the number of rows that match. */
import { plainHost } from "../../core/identities/host-name.ts";
import type { NameBook } from "../../core/identities/name-book.ts";
import { type IncidentStatus, incidentStatuses, isOpen } from "../../core/incident.ts";
import { normaliseName, normaliseUser } from "../../core/intake/identity.ts";
import type { PageQuery, RowFilters, Sorted, Walk } from "../../core/pages/page.ts";
import { scoresOf } from "../../core/risk.ts";
import { toIso } from "../../core/time.ts";
import { Conditions, countsOf, type Statement } from "./conditions.ts";
import type { ListedTable } from "./listed-tables.ts";
import { commonRisk, countOfFacts, mostCounted, type Search } from "./search.ts";

/** Filters with every stored spelling of the entity that was asked for, and with every name of the actor. */
export type StoredFilters = Omit<RowFilters, "entity" | "campaign"> & {
  entity?: readonly string[] | undefined;
  actors?: readonly string[] | undefined;
  /** What became of the campaign that was asked for. */
  campaign?: readonly string[] | undefined;
};

/** What rows of a page are taken from, and by which order they are found. */
export interface Source {
  table: ListedTable;
  by: Walk["by"];
  search: Search | null;
  /** SQL of where rows come from, and of their position. */
  from: string;
  seq: string;
  /** SQL of a column in the same order. */
  order: string;
  /** `few`: rows are few enough to be taken from an index that `from` names, or by `ids`, and sorted; `order`: they are met in the order of the page. */
  way?: "few" | "order";
  /** A condition by which few rows are found. */
  ids?: Statement;
}

/** `sorted`: the page has an order of its own. */
export function sourceOf(table: ListedTable, by: Walk["by"], search: Search | null, sorted: boolean): Source {
  const seq = table.seq[by];
  const usual = { table, by, search, from: table.from[by], seq, order: seq };
  const found = table.search?.[by];
  if (search === null || found === undefined || (!search.isRare && (sorted || !found.inOrder))) return usual;
  return { ...usual, from: found.from, seq: found.seq, order: found.inOrder ? "s.rowid" : found.seq };
}

/** The names under which an actor may stand that is called so: what the names that are known say, else the name without domain; and the name itself. */
export function actorsCalled(given: string, names: NameBook): string[] {
  const host = plainHost(given);
  const known = names.everyReading(given, host);
  return [...new Set([...(known.length > 0 ? known : [normaliseUser(given), host]), normaliseName(given)])];
}

/** Rows come from the index. */
function isFound({ table, by, from }: Source): boolean {
  return from !== table.from[by];
}

/** What conditions depend on besides the filters. */
export interface Asked {
  /** That the caller may see; null = all. */
  entities: readonly string[] | null;
  /** Epoch milliseconds. */
  now: number;
  /** The order of its own that the page has, whose index finds the first rows sooner than one of what many rows have; null = a walk. */
  sorted: Sorted["by"] | null;
}

export function conditionsOf(source: Source, filters: StoredFilters, { entities, now, sorted }: Asked): Conditions {
  const { table, by, search } = source;
  const all = new Conditions();
  const { columns } = table;
  const oneOf = (column: string | undefined, values: readonly string[] | undefined) => {
    if (values === undefined || column === undefined) return;
    if (values.length === 1) all.add(`${column} = ?`, values[0] ?? "");
    else all.add(`${column} in (select value from json_each(?))`, JSON.stringify(values));
  };
  if (search !== null) {
    const { ids = "", index = "" } = table.search ?? {};
    if (isFound(source)) all.add(`s.${index} match ?`, search.query);
    else
      all.add(`${search.isRare ? "" : "+"}${ids} in (select rowid from ${index} where ${index} match ?)`, search.query);
  }
  // The sign keeps SQLite from an index of what many rows have. Open incidents by when they are due are found by that index.
  const other = source.way === "order" ? "+" : "";
  const rather = source.way !== "few" && (other !== "" || sorted !== null || filters.sla !== undefined) ? "+" : "";
  if (source.ids !== undefined) all.add(source.ids.sql, ...source.ids.args);
  // The index knows entities and levels of what it has found.
  if (search === null) {
    const column = `${rather}${columns.entity} collate nocase`;
    oneOf(column, entities ?? undefined);
    oneOf(column, filters.entity);
    oneOf(columns.level, filters.levels);
  }
  // What is due at a time is open.
  const isSaid =
    filters.sla !== undefined && table.hasOwners && openStatuses.every((one) => filters.statuses?.includes(one));
  if (!isSaid) oneOf(columns.status === undefined ? undefined : `${rather}${columns.status}`, filters.statuses);
  // Said again for the index of what is open.
  if ((sorted !== null || source.way === "few") && table.hasOwners && areOpen(filters.statuses))
    all.add("closed_at is null");
  oneOf(columns.severity, filters.severities);
  oneOf(columns.type, filters.caseTypes);
  oneOf(columns.campaign, filters.campaign);
  if (
    sorted === "risk_score" &&
    source.way !== "few" &&
    filters.riskLevels !== undefined &&
    columns.riskLevel !== undefined
  ) {
    // A level is a range of that order.
    const { lowest, highest } = scoresOf(filters.riskLevels);
    oneOf(`+${columns.riskLevel}`, filters.riskLevels);
    all.add(`${columns.risk} >= ?`, lowest);
    if (highest !== null) all.add(`${columns.risk} <= ?`, highest);
  } else oneOf(columns.riskLevel && `${other}${columns.riskLevel}`, filters.riskLevels);
  oneOf(columns.actor, filters.actors);
  if (filters.incidentId !== undefined && columns.incident !== undefined) all.add(columns.incident, filters.incidentId);
  if (filters.hash !== undefined && columns.hash !== undefined)
    all.add(`${columns.hash} = ?`, filters.hash.trim().toLowerCase());
  // In descending order it is the bound at which the walk starts.
  if (by === "updated" && filters.createdSince !== undefined)
    all.add(`${columns.recorded} >= ?`, toIso(filters.createdSince));
  if (filters.minRisk !== undefined) {
    const isFound = sorted === "risk_score" || source.way === "few";
    all.add(`${isFound ? "" : table.isLarge ? "+" : other}${columns.risk} >= ?`, filters.minRisk);
    // Said for the index of higher risks.
    if (source.way === "few" && table.isLarge && filters.minRisk > commonRisk)
      all.add(`${columns.risk} > ${commonRisk}`);
  }
  oneOf(columns.id, filters.ids);
  if (table.hasOwners) addOwnership(all, filters, now, source.way === "few" ? null : (sorted ?? source.way ?? null));
  return all;
}

const openStatuses = incidentStatuses.filter(isOpen);

/** Whether rows of these statuses alone are asked for, all of which are open. */
export function areOpen(statuses: readonly string[] | undefined): boolean {
  return statuses?.every((status) => isOpen(status as IncidentStatus)) ?? false;
}

/** Filters of incidents alone: to whom they are assigned, their ticket, and how their service level stands. */
function addOwnership(
  all: Conditions,
  { owner, ticket, sla }: StoredFilters,
  now: number,
  inOrder: string | null,
): void {
  const other = inOrder === "order" ? "+" : "";
  // Most that are closed have nobody either.
  if (owner === null) all.add(`${inOrder === null ? "" : "+"}assigned_analyst is null`);
  else if (owner !== undefined) all.add(`${other}assigned_analyst = ? collate nocase`, owner.trim());
  if (ticket === "none") all.add("external_ticket_id is null");
  else if (ticket === "any") all.add(`${other}external_ticket_id is not null`);
  else if (ticket !== undefined)
    all.add("incident_id in (select incident_id from tickets where remote_key = ?)", ticket.trim());
  if (sla === undefined) return;
  const at = toIso(now);
  const parts = sla.map((status) => ({ status, ...standing[status] }));
  all.add(
    `(${parts.map(({ sql }) => sql).join(" or ")})`,
    ...parts.flatMap(({ times }) => Array<string>(times).fill(at)),
  );
}

const standing = {
  breached: { sql: "due_at <= ?", times: 1 },
  at_risk: { sql: "(due_at > ? and at_risk_at <= ?)", times: 2 },
  on_track: { sql: "(due_at > ? and at_risk_at > ?)", times: 2 },
} as const;

/** Filters for which rows are counted only up to `mostCounted`. */
const countedInPart: readonly (keyof StoredFilters)[] = [
  "text",
  "rule",
  "host",
  "user",
  "levels",
  "owner",
  "ticket",
  "sla",
  "riskLevels",
  "minRisk",
];

/** Filters that the counts of incidents by kind answer: entity, status, risk level, and that nobody has them. */
function isOfKind(filters: StoredFilters, { hasOwners }: ListedTable): boolean {
  const { entity: _, statuses: __, riskLevels, owner, ...others } = filters;
  return (
    hasOwners === true &&
    (riskLevels !== undefined || owner === null) &&
    (owner === null || owner === undefined) &&
    isEmpty(others)
  );
}

function isEmpty(filters: object): boolean {
  return Object.values(filters).every((value) => value === undefined);
}

/** Whether a total above `mostCounted` says no more than that there are more. `unbounded`: rows at every position are counted. */
export function isCountedInPart(filters: StoredFilters, table: ListedTable, unbounded: boolean): boolean {
  if (unbounded && isOfKind(filters, table)) return false;
  return (table.isLarge === true && !unbounded) || countedInPart.some((name) => filters[name] !== undefined);
}

/** The number of matching rows, of all or of those after a position. For filters by entity and status alone it is read from the table of counts. */
export function totalOf(
  { filters, entities, collection }: Pick<PageQuery, "collection" | "entities"> & { filters: StoredFilters },
  source: Source,
  counted: Conditions,
  after: number | null,
): Statement {
  // In the order of changes a time of creation is a condition of its own.
  const unbounded = after === null && (source.by === "created" || filters.createdSince === undefined);
  const { entity, statuses, createdSince: _, updatedSince: __, ...others } = filters;
  const ofKind = isOfKind(filters, source.table);
  const { levels, ...beside } = others;
  const limits = [entities, entity].filter((one) => one != null);
  const asksFacts = levels !== undefined || (!unbounded && limits.length > 0);
  const isOfIds = source.search === null && source.way === undefined && (unbounded || source.by === "created");
  if (collection === "alerts" && isOfIds && asksFacts && isEmpty(beside))
    return countOfFacts(levels, limits, after ?? 0, { sql: counted.where, args: counted.args });
  if (isCountedInPart(filters, source.table, unbounded)) {
    // What the index alone decides is counted already.
    if (source.search !== null && counted.size === 1) return { sql: "select ?", args: [source.search.found] };
    const rows = `select 1 from ${source.from} where ${counted.where} limit ${mostCounted + 1}`;
    return { sql: `select count(*) from (${rows})`, args: counted.args };
  }
  if (!unbounded || (!ofKind && !isEmpty(others)))
    return { sql: `select count(*) from ${source.from} where ${counted.where}`, args: counted.args };
  const conditions = new Conditions();
  if (!ofKind) conditions.add("feed = ?", collection);
  if (entities !== null)
    conditions.add("entity_name collate nocase in (select value from json_each(?))", JSON.stringify(entities));
  if (entity !== undefined)
    conditions.add("entity_name collate nocase in (select value from json_each(?))", JSON.stringify(entity));
  if (statuses !== undefined) conditions.add("status in (select value from json_each(?))", JSON.stringify(statuses));
  if (others.riskLevels !== undefined)
    conditions.add("risk_level in (select value from json_each(?))", JSON.stringify(others.riskLevels));
  if (others.owner === null) conditions.add("owned = 0");
  const tables = countsOf(entities ?? entity ?? null);
  const from = ofKind ? tables.incidents : tables.rows;
  return { sql: `select coalesce(sum(n), 0) from ${from} where ${conditions.where}`, args: conditions.args };
}
