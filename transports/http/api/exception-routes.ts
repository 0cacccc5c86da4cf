/** Exceptions: detections that are no evidence. */
import * as v from "valibot";
import { longestFields, type NewException } from "../../../core/exceptions/exception.ts";
import { acceptedSince, readSince } from "../../../core/pages/since.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { shortText, someText } from "./parameters.ts";
import { type Route, route } from "./route.ts";
import { count, orNull, text, time } from "./shapes/field-shapes.ts";
import { incidentRow } from "./shapes.ts";

const exceptionRow = v.object({
  id: text,
  entity_name: v.pipe(orNull(text), v.description("Null = any.")),
  rule: orNull(text),
  actor: orNull(text),
  host: orNull(text),
  until: v.pipe(orNull(time), v.description("Null = until it is removed.")),
  reason: text,
  who: text,
  created_at: time,
  process: orNull(text),
  command_line: orNull(text),
  hash: orNull(text),
  hits: v.pipe(count, v.description("Detections that it kept out of the evidence as they came in.")),
  last_hit_at: orNull(time),
});

/** `exception` is a body of POST /api/exceptions. */
const proposedException = v.object({
  exception: v.pipe(
    v.object({
      entity: text,
      rule: text,
      actor: text,
      host: v.optional(text),
      process: v.optional(text),
      command_line: v.optional(text),
      hash: v.optional(text),
      until: orNull(time),
      reason: text,
    }),
    v.description("May be edited, tried and saved as it is."),
  ),
  rule_title: text,
  detections: v.pipe(count, v.description("Of the incident, by this rule.")),
  logs_read: count,
  why: v.pipe(text, v.description("What the proposal rests on.")),
  covered_by: v.pipe(orNull(text), v.description("A saved exception that covers it already.")),
});

/** The row of an incident whose status was set. */
export const changedIncident = v.object({
  ...incidentRow.entries,
  proposed_exceptions: v.optional(
    v.pipe(v.array(proposedException), v.description("With FALSE_POSITIVE alone: one for each rule, at most ten.")),
  ),
});

const trialAnswer = v.object({
  detections: v.pipe(count, v.description("That would have been no evidence.")),
  actors: count,
  days: count,
  since: time,
  exact: v.pipe(v.boolean(), v.description("False where it is an estimate or not everything was looked at.")),
  basis: v.picklist(["evidence", "kept_logs"]),
  complete: v.pipe(v.boolean(), v.description("False where the trial ended before it had looked at everything.")),
  logs_read: count,
  logs_gone: v.pipe(count, v.description("Alerts whose log is no longer kept; they are not counted.")),
  open_incidents: v.pipe(count, v.description("Open incidents with such detections.")),
  rescores: v.pipe(count, v.description("Those that saving it would give a new score.")),
  incidents: v.pipe(
    v.array(v.object({ incident_id: text, entity_name: text, group_key: text, detections: count })),
    v.description("The 20 with the most."),
  ),
  summary: v.pipe(text, v.description("The same in words.")),
});

const wildcards =
  "`*` is any run of characters, `?` any one; upper and lower case are the same; it has to fit the whole";

const scopeFields = {
  entity: v.nullish(v.pipe(shortText(longestFields.entity), v.description("Entity (tenant); absent = any."))),
  rule: v.nullish(
    v.pipe(shortText(longestFields.rule), v.description(`Id or title of a rule; absent = any. ${wildcards}.`)),
  ),
  actor: v.nullish(
    v.pipe(shortText(longestFields.actor), v.description("User, host or address; absent = any. Takes wildcards.")),
  ),
  host: v.nullish(v.pipe(shortText(longestFields.host), v.description("Absent = any. Takes wildcards."))),
  process: v.nullish(
    v.pipe(
      shortText(longestFields.process),
      v.description(
        "Path of the process that the log names, or its file name alone; absent = any. Takes wildcards: `C:\\\\Tools\\\\*` in JSON is everything below C:\\Tools.",
      ),
    ),
  ),
  command_line: v.nullish(
    v.pipe(
      shortText(longestFields.commandLine),
      v.description("Command line that the log names; absent = any. Takes wildcards."),
    ),
  ),
  hash: v.nullish(
    v.pipe(
      shortText(longestFields.hash),
      v.description("MD5, SHA-1 or SHA-256 that the log names; absent = any. Takes wildcards."),
    ),
  ),
  until: v.nullish(
    v.pipe(
      v.string(acceptedSince),
      v.check((text) => text.trim() === "" || readSince(text)?.at != null, acceptedSince),
      v.description("Absent or empty = until it is removed."),
    ),
  ),
};

const exceptionBody = v.object({
  ...scopeFields,
  reason: v.pipe(someText(2000), v.description("Why these detections say nothing.")),
});

const trialBody = v.object({ ...scopeFields, reason: v.nullish(shortText(2000)) });

const refused = {
  description: "It would cover everything, nothing or only the past, or a field is too long; `detail` names the field.",
};

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
      ...write,
      method: "DELETE",
      path: "/api/exceptions/:id",
      summary: "Removes an exception",
      description: "What it took out of the evidence when it was saved counts again, unless it had expired.",
      answers: { 204: { description: "Removed." }, 404: { description: "There is none of that id." } },
      handle: async ({ c, caller, param }) => {
        await exceptions.remove(caller, param("id"));
        return c.body(null, 204);
      },
    }),
  ];
}

type Body = { [Field in keyof v.InferOutput<typeof exceptionBody>]?: string | null | undefined };

function requestOf(body: Body): NewException {
  const given = (field: string | null | undefined) => field?.trim() ?? "";
  return {
    entity: given(body.entity),
    rule: given(body.rule),
    actor: given(body.actor),
    host: given(body.host),
    process: given(body.process),
    commandLine: given(body.command_line),
    hash: given(body.hash),
    reason: given(body.reason),
    until: given(body.until) === "" ? null : (readSince(given(body.until))?.at ?? null),
  };
}
