/** Campaigns: incidents that are one attack. */
import * as v from "valibot";
import type { ApiDependencies } from "../dependencies.ts";
import { entityFilter, paging } from "../parameters.ts";
import { type Route, route } from "../route.ts";
import { campaignDetail, campaignPage } from "./campaign-shapes.ts";

const listQuery = v.object({ entity: entityFilter, ...paging });
const defaultLimit = 100;

export function campaignRoutes({ campaigns }: ApiDependencies): Route[] {
  const common = { method: "GET", permission: "read", callers: "users and keys", tag: "Incidents" } as const;
  return [
    route({
      ...common,
      path: "/api/campaigns",
      summary: "Campaigns, newest first",
      description:
        "Those that became part of an older one are not listed. `GET /api/incidents?campaign=` lists the incidents of one.",
      query: listQuery,
      answers: { 200: { description: "A page.", schema: campaignPage } },
      handle: async ({ c, caller, query }) => {
        const { entity = "", limit = defaultLimit, offset = 0 } = query;
        return c.json(await campaigns.list(caller, { entity: entity.trim() === "" ? null : entity, limit, offset }));
      },
    }),
    route({
      ...common,
      path: "/api/campaigns/:id",
      summary: "A campaign with its incidents, and why they are one",
      description: "An id that became part of an older campaign is answered with that one; `joined` says so.",
      answers: {
        200: { description: "The campaign.", schema: campaignDetail },
        404: { description: "There is none of that id, or none that this caller may see." },
      },
      handle: async ({ c, caller, param }) => c.json(await campaigns.campaign(caller, param("id"))),
    }),
  ];
}
