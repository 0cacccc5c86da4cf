/** Lists and feeds: incidents, cases, alerts. */
import * as v from "valibot";
import type { Collection, RowFilters } from "../../../core/pages/page.ts";
import type { PageAnswer, PageRequest } from "../../../core/pages/page-request.ts";
import { readSince } from "../../../core/pages/since.ts";
import type { ApiDependencies } from "./dependencies.ts";
import {
  caseStatusFilter,
  caseTypeFilter,
  entityFilter,
  levelFilter,
  minRisk,
  ownerFilter,
  paging,
  riskLevelFilter,
  severityFilter,
  shortText,
  slaFilter,
  statusFilter,
  textFilter,
  ticketFilter,
  walking,
  word,
} from "./parameters.ts";
import { type ApiContext, type Request, type Route, route } from "./route.ts";
import { alertPage, alertRow, casePage, caseRow, feedPage, incidentPage, incidentRow } from "./shapes.ts";

const actor = v.optional(v.pipe(shortText(), v.description("User, host or address, in any spelling.")));
const campaign = v.optional(
  v.pipe(
    shortText(64),
    v.description("Incidents of this campaign; an id that became part of an older campaign means that one."),
    v.examples(["CMP-7601d999"]),
  ),
);
const sorting = {
  sort_by: v.optional(
    v.pipe(
      word(["created_at", "updated_at", "risk_score", "last_alarm_time", "due_at"]),
      v.description(
        "Order without since, updated_since and cursor; default created_at. By risk_score, last_alarm_time and due_at rows move: page by offset. due_at is when the service level ends.",
      ),
    ),
  ),
  sort_dir: v.optional(
    v.pipe(
      word(["asc", "desc"]),
      v.description("Default desc, newest or highest first; with due_at asc, the most urgent first."),
    ),
  ),
};

const incidentQuery = v.object({
  ...walking,
  status: statusFilter,
  entity: entityFilter,
  actor,
  min_risk: minRisk,
  campaign,
  level: riskLevelFilter,
  owner: ownerFilter,
  ticket: ticketFilter,
  sla: slaFilter,
  text: textFilter,
  ...sorting,
  ...paging,
});
const caseFilters = {
  entity: entityFilter,
  status: caseStatusFilter,
  case_type: caseTypeFilter,
  severity: severityFilter,
  primary_user: v.optional(v.pipe(shortText(), v.description("The cases' actor, in any spelling."))),
  incident_id: v.optional(v.pipe(shortText(64), v.description("Cases of this incident."))),
  min_risk: minRisk,
};
const caseSearch = v.object({
  entity_name: v.optional(v.pipe(shortText(), v.description("The same as entity."))),
  ...caseFilters,
  ...walking,
  ...paging,
});
const caseFeed = v.object({ ...walking, ...caseFilters, ...paging });
const alertFeed = v.object({
  ...walking,
  entity: entityFilter,
  level: levelFilter,
  min_risk: minRisk,
  rule: v.optional(v.pipe(shortText(1_000), v.description("The rule's id or title, in any case."))),
  host: v.optional(v.pipe(shortText(), v.description("The host's name, or its first label."))),
  user: v.optional(v.pipe(shortText(), v.description("The account, with or without its domain."))),
  hash: v.optional(v.pipe(shortText(64), v.description("The alert of this hash."))),
  text: textFilter,
  ...paging,
});

interface Query {
  since?: string | undefined;
  updated_since?: string | undefined;
  cursor?: string | undefined;
  sort_by?: PageRequest["sortBy"] | undefined;
  sort_dir?: PageRequest["sortDir"] | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
}

const defaultLimit = 100;
const order =
  "With since, updated_since or cursor the oldest come first, else the newest. `next_cursor` goes on where the page ends; keep it between polls instead of a time.";
const gone = { description: "Retention has removed rows that this cursor had not reached: begin again." };

export function pageRoutes({ pages }: ApiDependencies): Route[] {
  const listed = async (
    { c, caller, query }: Request<unknown, undefined>,
    collection: Collection,
    filters: Record<keyof RowFilters, unknown> | Partial<RowFilters>,
    name: string,
    extra: (answer: PageAnswer) => string = () => "",
  ) => {
    const given = query as Query;
    const set = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined && value !== ""));
    const answer = await pages.page(caller, {
      collection,
      filters: set as PageRequest["filters"],
      since: given.since === undefined ? null : readSince(given.since),
      updatedSince: given.updated_since === undefined ? null : readSince(given.updated_since),
      cursor: given.cursor ?? null,
      sortBy: given.sort_by ?? "created_at",
      sortDir: given.sort_dir ?? (given.sort_by === "due_at" ? "asc" : "desc"),
      limit: given.limit ?? defaultLimit,
      offset: given.offset ?? 0,
      literal: c.req.header("x-rhythmx-since")?.trim().toLowerCase() === "literal",
    });
    return pageResponse(c, name, answer, extra(answer));
  };
  const serverTime = ({ serverTime: at }: PageAnswer) => `,"server_time":${JSON.stringify(new Date(at).toISOString())}`;
  const incidentFilters = (query: v.InferOutput<typeof incidentQuery>) => ({
    statuses: query.status,
    entity: query.entity,
    actor: query.actor,
    minRisk: query.min_risk,
    campaign: query.campaign,
    riskLevels: query.level,
    owner: query.owner?.toLowerCase() === "none" ? null : query.owner,
    ticket: ticketOf(query.ticket),
    sla: query.sla,
    text: query.text,
  });
  const alertFilters = ({ level, min_risk, entity, rule, host, user, hash, text }: v.InferOutput<typeof alertFeed>) =>
    ({ entity, levels: level, minRisk: min_risk, rule, host, user, hash, text }) as never;
  const casesBy = (query: v.InferOutput<typeof caseFeed>, entity = query.entity) => ({
    entity,
    statuses: query.status,
    caseTypes: query.case_type,
    severities: query.severity,
    primaryUser: query.primary_user,
    incidentId: query.incident_id,
    minRisk: query.min_risk,
  });
  const common = { method: "GET", permission: "read", callers: "users and keys", description: order } as const;
  return [
    route({
      ...common,
      path: "/api/incidents",
      tag: "Incidents",
      summary: "Incidents, page by page",
      query: incidentQuery,
      answers: { 200: { description: "A page of incidents.", schema: incidentPage }, 410: gone },
      handle: (request) =>
        listed(request, "incidents", incidentFilters(request.query) as never, "incidents", serverTime),
    }),
    route({
      ...common,
      path: "/api/cases/search",
      tag: "Cases",
      summary: "Threat cases, page by page",
      query: caseSearch,
      answers: { 200: { description: "A page of cases.", schema: casePage }, 410: gone },
      handle: (request) => {
        const { entity_name, entity } = request.query;
        return listed(request, "cases", casesBy(request.query, entity_name ?? entity) as never, "cases");
      },
    }),
    route({
      ...common,
      path: "/api/v1/feed/incidents",
      tag: "Feeds",
      summary: "Incidents for pollers",
      query: incidentQuery,
      answers: { 200: { description: "A page of incidents.", schema: feedPage(incidentRow) }, 410: gone },
      handle: (request) => listed(request, "incidents", incidentFilters(request.query) as never, "data"),
    }),
    route({
      ...common,
      path: "/api/v1/feed/cases",
      tag: "Feeds",
      summary: "Threat cases for pollers",
      query: caseFeed,
      answers: { 200: { description: "A page of cases.", schema: feedPage(caseRow) }, 410: gone },
      handle: (request) => listed(request, "cases", casesBy(request.query) as never, "data"),
    }),
    route({
      ...common,
      path: "/api/v1/feed/alerts",
      tag: "Feeds",
      summary: "Alerts for pollers",
      description: `${order} An alert counts as changed when a FIRST or HOURLY message has told of it.`,
      query: alertFeed,
      answers: { 200: { description: "A page of alerts.", schema: feedPage(alertRow) }, 410: gone },
      handle: (request) => listed(request, "alerts", alertFilters(request.query), "data"),
    }),
    route({
      ...common,
      path: "/api/alerts",
      tag: "Alerts",
      summary: "Alerts, page by page",
      description: `${order} A filter by rule, host, user, level or text is answered from an index that follows within a second or so: \`search_behind\` says how many rows it does not know yet.`,
      query: alertFeed,
      answers: { 200: { description: "A page of alerts.", schema: alertPage }, 410: gone },
      handle: (request) => listed(request, "alerts", alertFilters(request.query), "alerts"),
    }),
  ];
}

/** `none` and `any` in any case. */
function ticketOf(ticket: string | undefined): string | undefined {
  const word = ticket?.trim().toLowerCase();
  return word === "none" || word === "any" ? word : ticket;
}

/** The rows are JSON already: they are put into their envelope as they are. */
function pageResponse(c: ApiContext, name: string, answer: PageAnswer, extra: string): Response {
  const { rows, total, totalIsLeast, behind, limit, offset, nextCursor, hasMore } = answer;
  if (nextCursor !== null) {
    c.header("X-Next-Cursor", nextCursor);
    const next = new URL(c.req.url);
    for (const replaced of ["since", "updated_since", "offset"]) next.searchParams.delete(replaced);
    next.searchParams.set("cursor", nextCursor);
    c.header("Link", `<${next.pathname}${next.search}>; rel="next"`);
  }
  const cursor = JSON.stringify(nextCursor);
  const counted = `"total":${total},${totalIsLeast ? '"total_is_least":true,' : ""}`;
  const searched = behind === null ? "" : `,"search_behind":${behind}`;
  const json = `{"${name}":${rows},${counted}"limit":${limit},"offset":${offset},"next_cursor":${cursor},"has_more":${hasMore}${searched}${extra}}`;
  return c.body(json, 200, { "Content-Type": "application/json" });
}
