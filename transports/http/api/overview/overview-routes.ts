/** What a person wants to know first: figures, activity per hour, the state of the appliance. */
import * as v from "valibot";
import { readSince } from "../../../../core/pages/since.ts";
import type { ApiDependencies } from "../dependencies.ts";
import { entityFilter, sinceTime, whole } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { activity, overview, system } from "./overview-shapes.ts";

const overviewQuery = v.object({
  since: v.optional(
    v.pipe(
      sinceTime,
      v.description(
        "What counts as new; default: the last 24 hours. Detections count from the beginning of its hour on.",
      ),
      v.examples(["2026-03-13T00:00:00Z"]),
    ),
  ),
});
const defaultHours = 24;
const activityQuery = v.object({
  entity: entityFilter,
  hours: v.optional(
    v.pipe(
      whole(1, 24 * 31),
      v.description("The last so many hours, the present one included."),
      v.metadata({ default: defaultHours }),
    ),
  ),
});

export function overviewRoutes({ overview: port }: ApiDependencies): Route[] {
  const common = { method: "GET", permission: "read", tag: "Overview" } as const;
  return [
    route({
      ...common,
      path: "/api/overview",
      callers: "users and keys",
      summary: "Figures",
      description:
        "Of the caller's entities, as they are at this moment; destinations and faults are those of the appliance.",
      query: overviewQuery,
      answers: { 200: { description: "The figures.", schema: overview } },
      handle: async ({ c, caller, query }) =>
        c.json(await port.overview(caller, query.since === undefined ? null : (readSince(query.since)?.at ?? null))),
    }),
    route({
      ...common,
      path: "/api/activity",
      callers: "users and keys",
      summary: "Detections per hour",
      description:
        "By the appliance's clock: when they came in. The activity of an incident, in its detections' own time, is in its detail.",
      query: activityQuery,
      answers: { 200: { description: "Each hour, also those in which nothing came in.", schema: activity } },
      handle: async ({ c, caller, query }) =>
        c.json(await port.activity(caller, { entity: query.entity ?? null, hours: query.hours ?? defaultHours })),
    }),
    route({
      ...common,
      path: "/api/system",
      callers: "users",
      summary: "The state of the appliance",
      description: "Version, database, disk, loops, syslog destinations and faults.",
      answers: { 200: { description: "The state.", schema: system } },
      handle: async ({ c, caller }) => c.json(await port.system(caller)),
    }),
  ];
}
