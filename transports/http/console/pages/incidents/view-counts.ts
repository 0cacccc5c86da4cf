/** How many incidents each view has: from the tables of counts, so that it costs the same whatever there is in the file. */
import { seesEntity } from "../../../../../core/access/caller.ts";
import type { PageRequest } from "../../page.ts";
import { readIncidents } from "../incident-rows.tsx";
import { filtersOf, type ViewName, views } from "./asked.ts";

/** Of `GET /api/overview`, as far as it is needed. */
interface Figures {
  incidents: { open: number; by_level: Record<string, number>; unassigned: number; sla: { breached: number } };
}

const nothing = { q: "", level: "", status: "", owner: "", entity: "", ticket: "", sla: "", campaign: "" } as const;

/** `entity`: "" = all that the person sees. */
export async function countViews(request: PageRequest, entity: string): Promise<Record<ViewName, number>> {
  const { caller, ports } = request;
  // What a person may not see counts like what does not exist.
  const entities = entity === "" ? caller.entities : seesEntity(caller, entity) ? [entity] : [];
  const seen = { ...caller, entities };
  const total = async (name: ViewName) => {
    const filters = filtersOf({ ...nothing, view: views[name] }, caller.name);
    // Any order does for counting; this one needs no sorting.
    const counted = { filters, sortBy: "created_at", limit: 1 } as const;
    return (await readIncidents({ ...request, caller: seen }, counted)).total;
  };
  const [{ incidents }, mine, finished] = await Promise.all([
    ports.api.overview.overview(seen, null) as Promise<unknown> as Promise<Figures>,
    total("mine"),
    total("finished"),
  ]);
  return {
    mine,
    unassigned: incidents.unassigned,
    open: incidents.open,
    severe: (incidents.by_level.critical ?? 0) + (incidents.by_level.high ?? 0),
    breached: incidents.sla.breached,
    finished,
    all: incidents.open + finished,
  };
}
