/** What the API takes and answers about exceptions. */
import * as v from "valibot";
import { type ExceptionChange, longestFields, type NewException } from "../../../../core/exceptions/exception.ts";
import { acceptedSince, readSince } from "../../../../core/pages/since.ts";
import { shortText, someText } from "../parameters.ts";
import { count, orNull, text, time } from "../shapes/field-shapes.ts";
import { incidentRow } from "../shapes.ts";

export const exceptionRow = v.object({
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
  revision: v.pipe(text, v.description("Another one after each change; for If-Match.")),
});

export const matchedAlert = v.object({
  hash: text,
  rule_title: text,
  level: text,
  entity_name: text,
  user: orNull(text),
  host: orNull(text),
  count,
  last_seen: time,
});

/** `exception` is a body of POST /api/exceptions. */
export const proposedException = v.object({
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

export const trialAnswer = v.object({
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

export const exceptionBody = v.object({
  ...scopeFields,
  reason: v.pipe(someText(2000), v.description("Why these detections say nothing.")),
});

export const trialBody = v.object({ ...scopeFields, reason: v.nullish(shortText(2000)) });

export const changeBody = v.object({
  ...scopeFields,
  reason: v.optional(v.pipe(someText(2000), v.description("Why these detections say nothing."))),
  end: v.optional(
    v.pipe(
      v.boolean("true or false"),
      v.description("True = it holds no longer from now on; what it took out of the evidence stays out."),
    ),
  ),
});

export const refused = {
  description: "It would cover everything, nothing or only the past, or a field is too long; `detail` names the field.",
};

/** What the body names, and nothing else. */
export function changeOf(body: v.InferOutput<typeof changeBody>): ExceptionChange {
  const whole = requestOf(body);
  const names = Object.keys(whole) as (keyof NewException)[];
  const given = names.filter((name) => (name === "commandLine" ? body.command_line : body[name]) !== undefined);
  return { ...Object.fromEntries(given.map((name) => [name, whole[name]])), ...(body.end ? { end: true } : {}) };
}

type Body = { [Field in keyof v.InferOutput<typeof exceptionBody>]?: string | null | undefined };

export function requestOf(body: Body): NewException {
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
