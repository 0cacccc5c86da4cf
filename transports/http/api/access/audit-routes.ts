/** The audit log: pages, and all that a filter matches as a file. */
import * as v from "valibot";
import { type AuditFilters, auditOutcomes, auditSources } from "../../../../core/access/audit.ts";
import { readSince } from "../../../../core/pages/since.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { paging, shortText, sinceTime, word } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { auditRow } from "./access-shapes.ts";

const filterQuery = {
  who: v.optional(v.pipe(shortText(), v.description("Of this user or key, such as `jane.doe` or `key soar`."))),
  action: v.optional(v.pipe(shortText(64), v.description("Such as user.create."))),
  kind: v.optional(v.pipe(shortText(64), v.description("The first part of the action, such as user."))),
  target: v.optional(v.pipe(shortText(), v.description("What it was done to: a name or an id."))),
  source: v.optional(v.pipe(word(auditSources), v.description("By which way it came."))),
  outcome: v.optional(v.pipe(word(auditOutcomes), v.description("How it came out."))),
  since: v.optional(v.pipe(sinceTime, v.description("From this time on."))),
  until: v.optional(v.pipe(sinceTime, v.description("Before this time."))),
};
const pageQuery = v.object({
  ...filterQuery,
  before: v.optional(
    v.pipe(
      v.number("a number"),
      v.integer("a whole number"),
      v.description("The id of an entry: those before it, which is the next page."),
    ),
  ),
  limit: paging.limit,
});
const formats = ["csv", "ndjson"] as const;
const exportQuery = v.object({
  ...filterQuery,
  format: v.optional(v.pipe(word(formats), v.description("Absent = csv."), v.metadata({ default: "csv" }))),
});

const csvExample =
  "id,at,who,action,target,outcome,source,address,changes,detail\r\n7,2026-03-13T04:30:00.000Z,admin,user.change,dana,done,console,192.0.2.7,role: viewer → analyst,{...}\r\n";

export function auditRoutes({ audit }: ApiDependencies): Route[] {
  const admin = { permission: "administer", callers: "users", tag: "Administration" } as const;
  return [
    route({
      ...admin,
      method: "GET",
      path: "/api/audit",
      summary: "Who changed what, when and from where",
      query: pageQuery,
      answers: {
        200: {
          description: "Newest first.",
          schema: v.object({ entries: v.array(auditRow), next_before: v.nullable(v.number()) }),
        },
      },
      handle: async ({ c, query }) => {
        const { before, limit } = query;
        const page = { before: before ?? null, limit: limit ?? 100, filters: filtersOf(query) };
        const { entries, nextBefore } = await audit.page(page);
        return c.json({ entries, next_before: nextBefore });
      },
    }),
    route({
      ...admin,
      method: "GET",
      path: "/api/audit/export",
      summary: "The audit log as a file",
      description:
        "Everything that the filters match, newest first, as CSV (cells that a spreadsheet would run as a formula have an apostrophe before them) or one JSON object a line. The export is an entry of the audit log itself.",
      query: exportQuery,
      answers: { 200: { description: "The file.", schema: auditRow, csv: csvExample } },
      handle: async ({ c, caller, query, stillAdmitted }) => {
        const format = query.format ?? "csv";
        const body = await audit.export(caller, filtersOf(query), format, async () => (await stillAdmitted()) !== null);
        const { name, type } = auditFile(format);
        c.header("Content-Type", type);
        c.header("Content-Disposition", `attachment; filename="${name}"`);
        return c.body(body);
      },
    }),
  ];
}

/** How a file of the audit log is called, and its type. */
export function auditFile(format: (typeof formats)[number]): { name: string; type: string } {
  return format === "csv"
    ? { name: "audit.csv", type: "text/csv; charset=utf-8" }
    : { name: "audit.ndjson", type: "application/x-ndjson; charset=utf-8" };
}

type FilterQuery = { [Name in keyof typeof filterQuery]?: v.InferOutput<(typeof filterQuery)[Name]> };

function filtersOf({ since, until, ...words }: FilterQuery): AuditFilters {
  const { who, action, kind, target, source, outcome } = words;
  const [from, to] = [since, until].map((text) => (text === undefined ? null : (readSince(text)?.at ?? null)));
  const given = { who, action, kind, target, source, outcome, from: from ?? undefined, to: to ?? undefined };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
