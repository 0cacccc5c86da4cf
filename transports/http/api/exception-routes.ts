/** Exceptions: detections that are no evidence. */
import * as v from "valibot";
import { longestFields, type NewException } from "../../../core/exceptions/exception.ts";
import { acceptedSince, readSince } from "../../../core/pages/since.ts";
import type { ApiDependencies } from "./dependencies.ts";
import { shortText, someText } from "./parameters.ts";
import { type Route, route } from "./route.ts";
import { exceptionRow, trialAnswer } from "./shapes.ts";

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
  const text = (field: string | null | undefined) => field?.trim() ?? "";
  return {
    entity: text(body.entity),
    rule: text(body.rule),
    actor: text(body.actor),
    host: text(body.host),
    process: text(body.process),
    commandLine: text(body.command_line),
    hash: text(body.hash),
    reason: text(body.reason),
    until: text(body.until) === "" ? null : (readSince(text(body.until))?.at ?? null),
  };
}
