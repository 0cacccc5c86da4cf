/** Tickets and their deliveries. */
import * as v from "valibot";
import { deliveryStates, ticketSystems } from "../../../../core/tickets/ticket.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { entityFilter, paging, shortText, sinceTime, someText, word } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { deliveryDetail, deliveryRow, foundCandidates, riskUpdate, ticketRow } from "../shapes/ticket-shapes.ts";
import { momentOf } from "./dead-letter-routes.ts";

const system = v.pipe(word(ticketSystems), v.description("The ticket system."));
const systemBody = v.object({ system });
const createBody = v.object({
  system,
  payload_sha256: v.nullish(
    v.pipe(shortText(64), v.description("Of the preview: refused with 409 where that is no longer true.")),
  ),
});
const listQuery = v.object({
  incident_id: v.optional(v.pipe(shortText(64), v.description("Of this incident."))),
  system: v.optional(word(ticketSystems)),
  ...paging,
});
const deliveryQuery = v.object({
  ...listQuery.entries,
  state: v.optional(v.pipe(v.array(word(deliveryStates)), v.description("States, with commas between them."))),
  cause: v.optional(v.pipe(shortText(64), v.description("Of what is parked or dead for this cause."))),
  entity: entityFilter,
  since: v.optional(v.pipe(sinceTime, v.description("Last changed at this time or later."))),
  before: v.optional(v.pipe(sinceTime, v.description("Last changed before this time."))),
});
const seen = v.nullish(
  v.pipe(
    sinceTime,
    v.description(
      "`updated_at` as it was seen: refused with 409 where it has been changed since, by somebody else for example.",
    ),
  ),
);
const reason = v.object({ reason: someText(1000), updated_at: seen });
const renewBody = v.object({
  ...createBody.entries,
  reason: v.nullish(v.pipe(someText(1000), v.description("For the incident's history."))),
});
const retryBody = v.object({
  updated_at: seen,
  fields: v.nullish(
    v.pipe(
      v.looseObject({}),
      v.description("Instead of those of the request, to mend it by hand; null takes one away."),
    ),
  ),
});
const identifyBody = v.object({
  number: v.pipe(shortText(64), v.description("As people see it there: `INC0010023`, `SEC-12`, `CS0001234`.")),
});
const unknown = { description: "There is none of that id, or none that this caller may see." };
const unreachable = { description: "The target does not say what it accepts at the moment." };
const page = <S extends v.GenericSchema>(name: string, row: S) =>
  v.object({ [name]: v.array(row), total: v.number(), limit: v.number(), offset: v.number() });

export function ticketRoutes({ tickets }: ApiDependencies): Route[] {
  const write = { permission: "ticket:write", callers: "users", tag: "Tickets" } as const;
  const read = { permission: "read", callers: "users", tag: "Tickets" } as const;
  const listed = (
    query: v.InferOutput<typeof listQuery> & { cause?: string | undefined },
    states?: readonly string[],
  ) => ({
    ...(query.incident_id === undefined ? {} : { incidentId: query.incident_id }),
    ...(query.system === undefined ? {} : { system: query.system }),
    ...(states === undefined ? {} : { states }),
    ...(query.cause === undefined ? {} : { causes: [query.cause] }),
    limit: query.limit ?? 100,
    offset: query.offset ?? 0,
  });
  return [
    route({
      ...write,
      method: "POST",
      path: "/api/incidents/:id/tickets/preview",
      summary: "What a ticket would say: the exact request and its hash",
      body: systemBody,
      bodyExample: { system: "jira" },
      answers: {
        200: {
          description: "The request.",
          schema: v.object({
            system,
            risk_update: riskUpdate,
            priority: v.pipe(
              v.nullable(v.string()),
              v.description(
                "That the request will give, by the target's name; ServiceNow makes it of impact and urgency.",
              ),
            ),
            payload: v.looseObject({}),
            payload_text: v.string(),
            payload_sha256: v.string(),
          }),
        },
        404: unknown,
        502: unreachable,
      },
      handle: async ({ c, caller, param, body }) => c.json(await tickets.preview(caller, param("id"), body.system)),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/incidents/:id/tickets",
      summary: "Makes the ticket of an incident",
      description: "An incident has at most one ticket per system: where there is one, it is the answer.",
      body: createBody,
      bodyExample: { system: "jira" },
      answers: {
        200: { description: "There is one.", schema: v.object({ ticket: ticketRow }) },
        202: { description: "It is on its way.", schema: v.object({ delivery_id: v.string() }) },
        404: unknown,
        409: { description: "The preview is outdated, or the system is not configured or switched off." },
        502: unreachable,
      },
      handle: async ({ c, caller, param, body }) => {
        const made = await tickets.create(caller, param("id"), body.system, body.payload_sha256 ?? null);
        return c.json(made, "ticket" in made ? 200 : 202);
      },
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/incidents/:id/tickets/renew",
      summary: "Makes another ticket in the place of one that was deleted",
      description:
        "For a ticket whose `state` is `gone`. It is looked for once more: where it is back, it is kept in step and no other one is made; where the account finds no ticket of ours, nothing is certain and nothing is made. Both tickets stay in the ledger, and the incident's history has who decided it.",
      body: renewBody,
      bodyExample: { system: "jira", reason: "Deleted by mistake when the project was tidied up" },
      answers: {
        202: { description: "It is on its way.", schema: v.object({ delivery_id: v.string() }) },
        404: unknown,
        409: {
          description: "It is not gone, or that is not certain; or the preview is outdated, or the system is off.",
        },
        502: unreachable,
      },
      handle: async ({ c, caller, param, body: { system, reason, payload_sha256 } }) =>
        c.json(await tickets.renew(caller, param("id"), system, reason ?? null, payload_sha256 ?? null), 202),
    }),
    route({
      ...read,
      method: "GET",
      path: "/api/tickets",
      summary: "Tickets, newest first",
      query: listQuery,
      answers: { 200: { description: "A page.", schema: page("tickets", ticketRow) } },
      handle: async ({ c, caller, query }) => c.json(await tickets.tickets(caller, listed(query))),
    }),
    route({
      ...read,
      method: "GET",
      path: "/api/deliveries",
      summary: "Deliveries with every attempt, newest first",
      query: deliveryQuery,
      answers: { 200: { description: "A page.", schema: page("deliveries", deliveryRow) } },
      handle: async ({ c, caller, query }) => {
        const [since, before] = [momentOf(query.since), momentOf(query.before)];
        return c.json(
          await tickets.deliveries(caller, {
            ...listed(query, query.state),
            ...(query.entity === undefined ? {} : { entity: query.entity }),
            ...(since === undefined ? {} : { since }),
            ...(before === undefined ? {} : { before }),
          }),
        );
      },
    }),
    route({
      ...read,
      method: "GET",
      path: "/api/deliveries/:id",
      summary: "A delivery with what was sent and answered at each attempt",
      answers: { 200: { description: "The delivery.", schema: deliveryDetail }, 404: unknown },
      handle: async ({ c, caller, param }) => c.json(await tickets.delivery(caller, param("id"))),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/deliveries/:id/retry",
      summary: "Sends what is parked or dead again",
      description:
        "With `fields`, the refused request is mended by hand first; what the ticket is found by cannot be changed. A create that was made and not identified, or whose outcome is unknown, is looked up once more; where it is not found, another ticket is made as a new generation.",
      body: retryBody,
      bodyExample: { fields: { customfield_10010: { value: "SOC" } } },
      answers: {
        200: { description: "The delivery.", schema: deliveryRow },
        404: unknown,
        409: {
          description:
            "It is neither, or was changed since `updated_at`; or it would be looked up once more, and the system is switched off.",
        },
      },
      handle: async ({ c, caller, param, body }) =>
        c.json(await tickets.retry(caller, param("id"), body.fields ?? null, momentOf(body.updated_at) ?? null)),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/deliveries/:id/identify",
      summary: "Says which ticket a create has made",
      description:
        "For a create that is parked as `made_not_identified` or `unknown_outcome`: the ticket of this number is the incident's from now on. It is read where the account may; one of another incident is refused.",
      body: identifyBody,
      bodyExample: { number: "INC0010023" },
      answers: {
        200: { description: "The delivery, confirmed.", schema: deliveryRow },
        404: unknown,
        409: { description: "It waits for nothing of the kind, or the number is another incident's." },
        502: unreachable,
      },
      handle: async ({ c, caller, param, body }) => c.json(await tickets.identify(caller, param("id"), body.number)),
    }),
    route({
      ...write,
      method: "GET",
      path: "/api/deliveries/:id/candidates",
      summary: "The tickets that the target shows for a create that waits to be named",
      description:
        "For a create that is parked as `made_not_identified` or `unknown_outcome`: the target is searched for its label or correlation id (`correlation` of the delivery). Nothing is written there. Tickets of incidents that the caller does not see are left out.",
      answers: {
        200: { description: "What there is to choose from.", schema: foundCandidates },
        404: unknown,
        409: { description: "It waits for nothing of the kind, or the system is not configured." },
      },
      handle: async ({ c, caller, param }) => c.json(await tickets.candidates(caller, param("id"))),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/deliveries/:id/discard",
      summary: "Gives a delivery up",
      body: reason,
      bodyExample: { reason: "Handled by phone" },
      answers: {
        200: { description: "The delivery.", schema: deliveryRow },
        404: unknown,
        409: { description: "It is being sent or finished, or was changed since `updated_at`." },
      },
      handle: async ({ c, caller, param, body }) =>
        c.json(await tickets.discard(caller, param("id"), body.reason, momentOf(body.updated_at) ?? null)),
    }),
  ];
}
