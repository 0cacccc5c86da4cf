/** One incident or case: full detail, and what people and SOARs change of it. */
import * as v from "valibot";
import type { ApiDependencies } from "./dependencies.ts";
import { changedIncident } from "./exceptions/exception-shapes.ts";
import { caseStatus, incidentStatus, shortText, someText } from "./parameters.ts";
import { BadRequest } from "./read-request.ts";
import { type ApiContext, type Route, route } from "./route.ts";
import { alertDetail, bulkResults, caseDetail, caseRow, incidentDetail, incidentRow } from "./shapes.ts";

/** The length limit is checked where the existing notes are known. */
const noteText = v.pipe(
  v.string("a text"),
  v.check((text) => !text.includes("\0"), "a text without NUL"),
);
const notes = v.nullish(
  v.pipe(
    noteText,
    v.description("At most 64 kB. Why: the resolution when it closes, else added to the investigation notes."),
  ),
);
const analyst = v.nullish(v.pipe(shortText(), v.description("Null or empty = nobody.")));

const incidentStatusBody = v.object({ status: incidentStatus, notes });
const caseStatusBody = v.object({ status: caseStatus, notes });
const incidentBody = v.object({
  assigned_analyst: analyst,
  investigation_notes: v.nullish(v.pipe(noteText, v.description("Replaces those that are there. At most 64 kB."))),
  notes: v.nullish(v.pipe(noteText, v.description("Added to the investigation notes. At most 64 kB."))),
});
const caseBody = v.object({ assigned_analyst: analyst, notes });
const mostAtOnce = 200;
const bulkBody = v.object({
  ids: v.pipe(
    v.array(someText(64), "a list of incident ids"),
    v.minLength(1, "at least one incident id"),
    v.maxLength(mostAtOnce, `at most ${mostAtOnce} incident ids`),
    v.description("Each counts once."),
  ),
  status: v.optional(incidentStatus),
  notes,
  assigned_analyst: analyst,
});
const promotion = v.object({
  entity: v.pipe(someText(), v.description("Entity (tenant) of the actor.")),
  actor: v.pipe(someText(), v.description("User, host or address, in any spelling.")),
  reason: v.pipe(someText(2000), v.description("Kept in the incident's history.")),
});
const unknownIncident = { description: "There is none of that id, or none that this caller may see." };
const tooLong = { description: "Notes would be longer than 64 kB." };
const newer = { description: "A newer one of the same actor is open." };
const json = (c: ApiContext, text: string, status: 200 | 201 = 200) =>
  c.body(text, status, { "Content-Type": "application/json" });

export function incidentRoutes({ investigation, exceptions }: ApiDependencies): Route[] {
  const anyone = { callers: "users and keys" } as const;
  const write = { ...anyone, method: "PATCH", permission: "incident:write" } as const;
  return [
    route({
      ...anyone,
      method: "GET",
      path: "/api/incidents/:id",
      permission: "read",
      tag: "Incidents",
      summary: "An incident in full",
      description:
        "The row of lists, the objects of its syslog message, risk factors, rules, cases, tickets and history.",
      answers: { 200: { description: "The incident.", schema: incidentDetail }, 404: unknownIncident },
      handle: async ({ c, caller, param }) => c.json(await investigation.incident(caller, param("id"))),
    }),
    route({
      ...write,
      path: "/api/incidents/:id/status",
      tag: "Incidents",
      summary: "Sets the status",
      description:
        "The same status again is no change. Closing an incident closes its active cases. FALSE_POSITIVE proposes exceptions from its evidence, so that it does not come back.",
      body: incidentStatusBody,
      bodyExample: { status: "CLOSED", notes: "Resolved via SOAR playbook PB-1234" },
      answers: {
        200: { description: "The row; with FALSE_POSITIVE also proposed exceptions.", schema: changedIncident },
        404: unknownIncident,
        409: newer,
        422: tooLong,
      },
      handle: async ({ c, caller, param, body }) => {
        const request = { status: body.status, notes: body.notes ?? null };
        const row = await investigation.changeIncident(caller, param("id"), request);
        if (body.status !== "FALSE_POSITIVE") return json(c, row);
        return c.json({ ...JSON.parse(row), proposed_exceptions: await exceptions.proposals(caller, param("id")) });
      },
    }),
    route({
      ...write,
      path: "/api/incidents/:id",
      tag: "Incidents",
      summary: "Sets assignment and notes, adds notes",
      body: incidentBody,
      bodyExample: { assigned_analyst: "jane.doe", notes: "Host isolated" },
      answers: { 200: { description: "The row.", schema: incidentRow }, 404: unknownIncident, 422: tooLong },
      handle: async ({ c, caller, param, body }) => {
        const request = {
          ...(body.assigned_analyst === undefined ? {} : { assignedAnalyst: body.assigned_analyst }),
          ...(body.investigation_notes === undefined ? {} : { investigationNotes: body.investigation_notes }),
          notes: body.notes ?? null,
        };
        return json(c, await investigation.changeIncident(caller, param("id"), request));
      },
    }),
    route({
      method: "POST",
      path: "/api/incidents",
      permission: "promote",
      callers: "users",
      tag: "Incidents",
      summary: "Makes an incident of an actor by hand",
      body: promotion,
      bodyExample: { entity: "Primary Site", actor: "jsmith", reason: "Seen on a phishing list" },
      answers: {
        201: { description: "The incident's row.", schema: incidentRow },
        404: { description: "Nothing is known of such an actor." },
        409: { description: "The actor has an open incident." },
      },
      handle: async ({ c, caller, body }) => {
        const { entity, actor, reason } = body;
        const row = await investigation.promote(caller, {
          entity: entity.trim(),
          actor: actor.trim(),
          reason: reason.trim(),
        });
        return json(c, row, 201);
      },
    }),
    route({
      ...anyone,
      method: "POST",
      path: "/api/incidents/bulk",
      permission: "incident:write",
      tag: "Incidents",
      summary: "Sets status or assignment of several",
      description: "One after the other, in the given order; what is refused holds up no other.",
      body: bulkBody,
      bodyExample: { ids: ["INC-7601d999", "INC-01234567"], assigned_analyst: "jane.doe" },
      answers: { 200: { description: "What became of each.", schema: bulkResults } },
      handle: async ({ c, caller, body }) => {
        const { ids, status, notes: why, assigned_analyst: owner } = body;
        if (status === undefined && owner === undefined)
          throw new BadRequest([{ name: "status", reason: "give status, assigned_analyst or both" }]);
        const results = await investigation.changeIncidents(caller, ids, {
          ...(status === undefined ? {} : { status, notes: why ?? null }),
          ...(owner === undefined ? {} : { assignedAnalyst: owner }),
        });
        return c.json({
          results: results.map((one) => ({
            incident_id: one.id,
            ...("row" in one ? { ok: true, incident: JSON.parse(one.row) } : { ok: false, error: one.refused }),
          })),
        });
      },
    }),
    route({
      ...anyone,
      method: "GET",
      path: "/api/alerts/:hash",
      permission: "read",
      tag: "Alerts",
      summary: "An alert with its newest log",
      answers: { 200: { description: "The alert.", schema: alertDetail }, 404: unknownIncident },
      handle: async ({ c, caller, param }) => c.json(await investigation.alert(caller, param("hash").toLowerCase())),
    }),
    route({
      ...anyone,
      method: "GET",
      path: "/api/cases/:id",
      permission: "read",
      tag: "Cases",
      summary: "A threat case in full, with its alerts",
      answers: { 200: { description: "The case.", schema: caseDetail }, 404: unknownIncident },
      handle: async ({ c, caller, param }) => c.json(await investigation.threatCase(caller, param("id"))),
    }),
    route({
      ...write,
      path: "/api/cases/:id/status",
      tag: "Cases",
      summary: "Sets the status",
      body: caseStatusBody,
      bodyExample: { status: "IN_PROGRESS" },
      answers: { 200: { description: "The row.", schema: caseRow }, 404: unknownIncident, 409: newer, 422: tooLong },
      handle: async ({ c, caller, param, body }) => {
        const request = { status: body.status, notes: body.notes ?? null };
        return json(c, await investigation.changeCase(caller, param("id"), request));
      },
    }),
    route({
      ...write,
      path: "/api/cases/:id",
      tag: "Cases",
      summary: "Sets assignment, adds notes",
      body: caseBody,
      bodyExample: { assigned_analyst: "jane.doe", notes: "Host isolated" },
      answers: { 200: { description: "The row.", schema: caseRow }, 404: unknownIncident },
      handle: async ({ c, caller, param, body }) => {
        const request = {
          ...(body.assigned_analyst === undefined ? {} : { assignedAnalyst: body.assigned_analyst }),
          notes: body.notes ?? null,
        };
        return json(c, await investigation.changeCase(caller, param("id"), request));
      },
    }),
  ];
}
