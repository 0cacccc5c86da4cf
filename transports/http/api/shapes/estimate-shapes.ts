/** What the API answers about settings of ticket systems that are tried on the last week. */
import * as v from "valibot";
import { count, orNull, text, time } from "./field-shapes.ts";

const course = v.object({
  attempts: v.array(time),
  end: v.picklist(["delivered", "dead", "waiting"]),
  at: v.pipe(time, v.description("Of the last attempt.")),
});
const retryFigures = v.object({
  attempts: count,
  most_in_hour: v.pipe(count, v.description("Attempts in the fullest hour.")),
  delivered: count,
  dead: count,
  waiting: count,
});

export const retryEstimate = v.object({
  days: count,
  deliveries: v.pipe(
    count,
    v.description("Those that a ticket system did not take at once, and that may be tried again."),
  ),
  is_whole: v.pipe(v.boolean(), v.description("False: there were more, and the newest of them were gone through.")),
  present: retryFigures,
  meant: retryFigures,
  sooner: v.pipe(count, v.description("Delivered sooner than with the present settings.")),
  later: count,
  most_sooner_seconds: count,
  most_later_seconds: count,
  dead_after_seconds: v.pipe(count, v.description("What is never taken, from its first attempt on.")),
  attempts_until_dead: count,
  outages: v.array(
    v.object({
      hours: count,
      alone: v.pipe(
        v.object({ ...course.entries, after_seconds: count }),
        v.description("One delivery that is refused for so long, while others go through."),
      ),
      probes: v.pipe(count, v.description("Of a whole system that is away: then nothing is used up.")),
      most_probes_in_hour: count,
      goes_on_within_seconds: v.pipe(count, v.description("At most so long after the end of the outage.")),
    }),
  ),
  examples: v.array(
    v.object({
      delivery_id: text,
      incident_id: text,
      system: text,
      kind: text,
      first_failed: time,
      last_failed: time,
      taken: v.pipe(orNull(time), v.description("When it really was; null = not yet.")),
      present: course,
      meant: course,
    }),
  ),
});
export type RetryEstimate = v.InferOutput<typeof retryEstimate>;

const updateFigures = v.object({ updates: count, most_of_one: count });

export const cadenceEstimate = v.object({
  days: count,
  tickets: v.pipe(count, v.description("Of the newest ones those whose incidents changed their level.")),
  changes: count,
  present: updateFigures,
  meant: updateFigures,
  examples: v.array(v.object({ incident_id: text, system: text, present: count, meant: count })),
});
export type CadenceEstimate = v.InferOutput<typeof cadenceEstimate>;
