/** Exceptions: detections that are no evidence. */
import * as v from "valibot";
import type { ApiDependencies } from "../dependencies.ts";
import { ifMatch, type Route, route } from "../route.ts";
import { text } from "../shapes/field-shapes.ts";
import {
  changeBody,
  changeOf,
  exceptionBody,
  exceptionRow,
  matchedAlert,
  proposedException,
  refused,
  requestOf,
  trialAnswer,
  trialBody,
} from "./exception-shapes.ts";

export function exceptionRoutes({ exceptions }: ApiDependencies): Route[] {
  const write = { permission: "exceptions:write", callers: "users", tag: "Exceptions" } as const;
  return [
    route({
      method: "GET",
      path: "/api/exceptions",
      permission: "read",
      callers: "users and keys",
      tag: "Exceptions",
      summary: "Detections that are no evidence",
      description: "With how many detections each has suppressed, and when last.",
      answers: { 200: { description: "All, newest first.", schema: v.object({ exceptions: v.array(exceptionRow) }) } },
      handle: async ({ c, caller }) => c.json({ exceptions: await exceptions.list(caller) }),
    }),
    route({
      method: "GET",
      path: "/api/exceptions/proposals",
      permission: "read",
      callers: "users and keys",
      tag: "Exceptions",
      summary: "Exceptions that are proposed",
      description:
        "From incidents that were marked FALSE_POSITIVE in the last 30 days, here or by their ticket, where no exception covers it yet.",
      answers: {
        200: {
          description: "Of the newest false positives first.",
          schema: v.object({
            proposals: v.array(v.object({ incident_id: text, ...proposedException.entries })),
          }),
        },
      },
      handle: async ({ c, caller }) => c.json({ proposals: await exceptions.proposals(caller, null) }),
    }),
    route({
      method: "GET",
      path: "/api/incidents/:id/exceptions",
      permission: "read",
      callers: "users and keys",
      tag: "Exceptions",
      summary: "Exceptions proposed from an incident's evidence",
      description: "Whatever its status.",
      answers: {
        200: {
          description: "One for each rule, at most ten.",
          schema: v.object({ proposals: v.array(proposedException) }),
        },
        404: { description: "There is none of that id, or none that this caller may see." },
      },
      handle: async ({ c, caller, param }) => c.json({ proposals: await exceptions.proposals(caller, param("id")) }),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/exceptions",
      summary: "Takes detections out of the evidence",
      description:
        "They are still deduplicated and sent. Evidence that is there already is taken out by entity, rule, actor and host, and open incidents get a new score at once; process, command line and hash hold for what comes in from now on.",
      body: exceptionBody,
      bodyExample: { entity: "Primary Site", rule: "Net.EXE Execution", actor: "svc-backup", reason: "Nightly job" },
      answers: { 201: { description: "The exception.", schema: exceptionRow }, 422: refused },
      handle: async ({ c, caller, body }) => c.json(await exceptions.add(caller, requestOf(body)), 201),
    }),
    route({
      ...write,
      method: "POST",
      path: "/api/exceptions/try",
      summary: "What an exception would have suppressed",
      description:
        "Saves nothing. By entity, rule, actor and host it counts the evidence of the last 30 days, exactly. With process, command line or hash the newest log that is kept of each alert decides for all of its detections, so it is an estimate. What another exception suppresses already is not counted.",
      body: trialBody,
      bodyExample: { rule: "Net.EXE Execution", actor: "svc-*" },
      answers: { 200: { description: "What it comes to.", schema: trialAnswer }, 422: refused },
      handle: async ({ c, caller, body }) => c.json(await exceptions.trial(caller, requestOf(body))),
    }),
    route({
      method: "GET",
      path: "/api/exceptions/:id",
      permission: "read",
      callers: "users and keys",
      tag: "Exceptions",
      summary: "One exception, and the newest alerts that it covers",
      description: "At most 50 of the newest 5,000 alerts; of those of entities that the caller may see.",
      answers: {
        200: {
          description: "By the newest log of each alert where it asks for process, command line or hash.",
          schema: v.object({
            exception: exceptionRow,
            alerts: v.array(matchedAlert),
            complete: v.pipe(v.boolean(), v.description("False where not every alert was looked at.")),
          }),
        },
        404: { description: "There is none of that id." },
      },
      handle: async ({ c, caller, param }) => c.json(await exceptions.matches(caller, param("id"))),
    }),
    route({
      ...write,
      method: "PATCH",
      path: "/api/exceptions/:id",
      summary: "Changes an exception",
      description:
        "Fields that are absent stay as they are; null or empty = any. Where it covers something else from now on, what it took out of the evidence counts again, and what it covers now is taken out. With If-Match (its `revision`) what somebody else has changed since is not overwritten.",
      body: changeBody,
      bodyExample: { until: "2026-12-31", reason: "Backup job moves to the new server by the end of the year" },
      answers: {
        200: { description: "The exception.", schema: exceptionRow },
        404: { description: "There is none of that id." },
        412: { description: "It was changed since the revision that If-Match names." },
        422: refused,
      },
      handle: async ({ c, caller, param, body }) => {
        const revision = ifMatch(c.req.header("if-match"));
        return c.json(await exceptions.change(caller, param("id"), changeOf(body), revision));
      },
    }),
    route({
      ...write,
      method: "DELETE",
      path: "/api/exceptions/:id",
      summary: "Removes an exception",
      description:
        "What it took out of the evidence when it was saved counts again, unless it had expired. With If-Match (its `revision`) it stays where somebody else has changed it since.",
      answers: {
        204: { description: "Removed." },
        404: { description: "There is none of that id." },
        412: { description: "It was changed since the revision that If-Match names." },
      },
      handle: async ({ c, caller, param }) => {
        await exceptions.remove(caller, param("id"), ifMatch(c.req.header("if-match")));
        return c.body(null, 204);
      },
    }),
  ];
}
