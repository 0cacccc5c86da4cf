/** What the API answers about exceptions, for its document; tests hold the answers against them. */
import * as v from "valibot";
import { count, incidentRow, orNull, text, time } from "./shapes.ts";

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
