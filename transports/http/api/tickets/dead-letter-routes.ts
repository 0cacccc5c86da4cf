/** What stands still, and what people decide about many deliveries at once. */
import * as v from "valibot";
import { readSince } from "../../../../core/pages/since.ts";
import { ticketSystems } from "../../../../core/tickets/ticket.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { shortText, sinceTime, someText, word } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { deadLetterGroup, deliveryRow } from "../shapes/ticket-shapes.ts";
import type { DeadLetterChoice } from "./ticket-port.ts";

const choice = {
  cause: v.pipe(v.optional(shortText(64)), v.description("Only of this cause; without it, of every one.")),
  system: v.optional(word(ticketSystems)),
  state: v.optional(word(["parked", "dead"])),
  entity: v.optional(v.pipe(shortText(200), v.description("Only of this entity."))),
  incident_id: v.optional(v.pipe(shortText(64), v.description("Only of this incident."))),
  since: v.optional(v.pipe(sinceTime, v.description("Only what stands still since this time, or later."))),
  before: v.optional(v.pipe(sinceTime, v.description("Only what stood still before this time."))),
  dry_run: v.optional(
    v.pipe(v.boolean(), v.description("Changes nothing: the answer has how many match, and the newest ten.")),
  ),
};
const matching = {
  matching: v.optional(v.pipe(v.number(), v.description("Of a dry run: how many match."))),
  first: v.optional(v.pipe(v.array(deliveryRow), v.description("Of a dry run: the newest ten."))),
};
const choiceBody = v.object(choice);
const choiceReason = v.object({ ...choice, reason: someText(1000) });
const chosen = (body: v.InferOutput<typeof choiceBody>): DeadLetterChoice => {
  const { cause, system, state, entity, incident_id: incidentId } = body;
  const [since, before] = [momentOf(body.since), momentOf(body.before)];
  return {
    ...(cause === undefined ? {} : { causes: [cause] }),
    ...(system === undefined ? {} : { system }),
    ...(state === undefined ? {} : { state }),
    ...(entity === undefined ? {} : { entity }),
    ...(incidentId === undefined ? {} : { incidentId }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
  };
};
/** Epoch milliseconds; an empty time is none. */
export function momentOf(time: string | null | undefined): number | undefined {
  return time == null ? undefined : (readSince(time)?.at ?? undefined);
}

export function deadLetterRoutes({ tickets }: ApiDependencies): Route[] {
  const write = { permission: "ticket:write", callers: "users", tag: "Tickets" } as const;
  const read = { permission: "read", callers: "users", tag: "Tickets" } as const;
  return [
    route({
      ...read,
      method: "GET",
      path: "/api/dead-letters",
      summary: "What stands still, by system, state and cause, with the target's words",
      answers: {
        200: { description: "The most frequent first.", schema: v.object({ dead_letters: v.array(deadLetterGroup) }) },
      },
      handle: async ({ c, caller }) => c.json({ dead_letters: await tickets.deadLetters(caller) }),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/dead-letters/retry",
      summary: "Sends all that is parked or dead again, or all of a cause",
      description:
        "What was made and not identified stays: each of those is decided by itself. It is done in steps, each delivery at most once; requests then go at the usual pace.",
      body: choiceBody,
      bodyExample: { cause: "rejected", system: "jira" },
      answers: { 200: { description: "How many.", schema: v.object({ retried: v.number(), ...matching }) } },
      handle: async ({ c, caller, body }) => {
        if (body.dry_run !== true) return c.json(await tickets.retryAll(caller, chosen(body)));
        const { count, first } = await tickets.matching(caller, chosen(body), false);
        return c.json({ retried: 0, matching: count, first });
      },
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/dead-letters/discard",
      summary: "Gives up all that is parked or dead, or all of a cause",
      body: choiceReason,
      bodyExample: { cause: "not_found", system: "jira", reason: "The project has been closed" },
      description: "The reason is kept with each, in the history of its incident and in the audit log.",
      answers: { 200: { description: "How many.", schema: v.object({ discarded: v.number(), ...matching }) } },
      handle: async ({ c, caller, body }) => {
        if (body.dry_run !== true) return c.json(await tickets.discardAll(caller, chosen(body), body.reason));
        const { count, first } = await tickets.matching(caller, chosen(body), true);
        return c.json({ discarded: 0, matching: count, first });
      },
    }),
  ];
}
