/** What the overview shows, read through the ports on behalf of the person. */

import { may } from "../../../../core/access/caller.ts";
import { needsAttention } from "../../../../core/console/attention.ts";
import type { AttentionLine } from "../../../../core/console/attention-state.ts";
import type { PageRequest } from "../page.ts";
import type { HourOfActivity } from "../parts/charts/chart.tsx";
import type { Level } from "../parts/severity.tsx";
import type { RecentChange } from "../ports.ts";
import { type IncidentRow, readIncidents } from "./incident-rows.tsx";

/** The answer of `GET /api/overview`, as far as it is shown (api/overview/overview-shapes.ts). */
interface Figures {
  incidents: {
    open: number;
    by_level: Record<string, number>;
    unassigned: number;
    unassigned_by_level: Record<string, number>;
    new: number;
    sla: { breached: number; at_risk: number };
  };
  detections: { total: number };
  deliveries: { system: string; state: string; count: number }[];
  destinations: Destination[];
  faults: { name: string; message: string; since: string }[];
}

export interface Destination {
  feed: string;
  name: string;
  connected: boolean;
  queued: number | null;
  last_error: string | null;
  last_sent: string | null;
}

export interface Target {
  /** As people say it. */
  name: string;
  /** Tickets that there are in it. */
  tickets: number;
  waiting: number;
  /** Deliveries that wait for a person. */
  standing: number;
  /** When it was last searched for changes, ISO 8601. */
  lastSearch: string | null;
}

export interface OverviewData {
  /** Null = all. */
  entity: string | null;
  /** Null = too many to choose from. */
  entities: string[] | null;
  attention: AttentionLine[];
  figures: Figures;
  hours: HourOfActivity[];
  top: IncidentRow[];
  targets: Target[];
  changes: RecentChange[];
  /** Nothing has ever come in. */
  isNew: boolean;
}

/** Of `GET /api/integrations/status`. */
interface Integration {
  system: string;
  enabled: boolean;
  tickets?: { known: number };
  sync?: { last_search: string | null };
}

interface Group {
  system: string;
  state: "parked" | "dead";
  cause: string;
  count: number;
  oldest: string;
  detail: string;
}

const systemNames: ReadonlyMap<string, string> = new Map([
  ["jira", "Jira"],
  ["servicenow", "ServiceNow"],
  ["proactive", "Proactive"],
]);

/** The name of a ticket system, as people say it. */
export function systemName(system: string): string {
  return systemNames.get(system) ?? system;
}

export async function readOverview(request: PageRequest): Promise<OverviewData> {
  const { caller, ports, url, viewing } = request;
  const { api } = ports;
  const asked = (url.searchParams.get("entity") ?? "").trim();
  const [entities, entity] = await Promise.all([
    ports.overview.entities(caller),
    asked === "" ? null : ports.overview.entityCalled(caller, asked),
  ]);
  const seen = entity === null ? caller : { ...caller, entities: [entity] };
  const mine = { ...request, caller: seen };
  const open = ["OPEN", "IN_PROGRESS"] as const;
  const figuresRead = api.overview.overview(seen, null) as Promise<unknown> as Promise<Figures>;
  // Where none is at risk, all that are open would be looked at to find that out again.
  const nextDueRead = figuresRead.then(async ({ incidents: { sla } }) => {
    if (sla.at_risk === 0) return null;
    const atRisk = { statuses: open, filters: { sla: ["at_risk"] }, limit: 1 } as const;
    const { rows } = await readIncidents(mine, { ...atRisk, sortBy: "due_at", sortDir: "asc" });
    return rows[0]?.due_at ?? null;
  });
  const [figures, activity, top, nextDue, groups, integrations, proposals, changes, ever] = await Promise.all([
    figuresRead,
    api.overview.activity(seen, { entity, hours: 24 }) as Promise<unknown> as Promise<{
      hours: { hour: string; detections: Partial<Record<Level, number>> }[];
    }>,
    readIncidents(mine, { statuses: open, limit: 6 }),
    nextDueRead,
    api.tickets.deadLetters(seen) as Promise<Group[]>,
    api.settings.status() as Promise<unknown> as Promise<Integration[]>,
    may(caller, "exceptions:write") ? api.exceptions.proposals(seen, null) : [],
    ports.overview.recentChanges(caller, entity, 10),
    readAny(request),
  ]);
  const setUp = may(caller, "administer") ? ports.overview.setUp() : null;
  const { incidents } = figures;
  const attention = needsAttention(
    {
      faults: figures.faults.map((fault) => ({ ...fault, since: Date.parse(fault.since) })),
      incidents: {
        open: incidents.open,
        withoutOwner: incidents.unassigned,
        criticalWithoutOwner: incidents.unassigned_by_level.critical ?? 0,
        highWithoutOwner: incidents.unassigned_by_level.high ?? 0,
        breached: incidents.sla.breached,
        atRisk: incidents.sla.at_risk,
        nextDueAt: nextDue === null ? null : Date.parse(nextDue),
      },
      destinations: figures.destinations.map(({ last_error, ...one }) => ({ ...one, lastError: last_error })),
      standing: groups.map((group) => ({
        system: systemName(group.system),
        cause: group.cause,
        state: group.state,
        count: group.count,
        words: group.detail,
        since: Date.parse(group.oldest),
        isNotIdentified: group.cause === "made_not_identified",
        areCredentialsRefused: group.cause === "unauthorized",
      })),
      certificateEndsAt: setUp?.certificateEndsAt ?? null,
      endingKeys: setUp?.endingKeys ?? [],
      proposedExceptions: proposals.length,
      detections: ever,
      hasDestination: figures.destinations.length > 0 || setUp === null,
      hasFirstPassword: setUp?.hasFirstPassword ?? false,
    },
    viewing.now,
  );
  return {
    entity,
    entities,
    attention,
    figures,
    hours: activity.hours.map(({ hour, detections }) => ({ at: Date.parse(hour), counts: detections })),
    top: top.rows,
    targets: integrations
      .filter(({ enabled }) => enabled)
      .map(({ system, tickets, sync }) => ({
        name: systemName(system),
        tickets: tickets?.known ?? 0,
        ...waitingOf(figures, system),
        lastSearch: sync?.last_search ?? null,
      })),
    changes,
    isNew: ever === 0,
  };
}

function waitingOf({ deliveries }: Figures, system: string): { waiting: number; standing: number } {
  const sum = (states: readonly string[]) =>
    deliveries
      .filter((one) => one.system === system && states.includes(one.state))
      .reduce((all, { count }) => all + count, 0);
  return { waiting: sum(["planned", "sending", "unknown"]), standing: sum(["parked", "dead"]) };
}

/** How many alerts there are, of all entities that the person sees. */
async function readAny({ caller, ports }: PageRequest): Promise<number> {
  const order = { sortBy: "created_at", sortDir: "desc", since: null, updatedSince: null, cursor: null } as const;
  const answer = await ports.api.pages.page(caller, {
    ...order,
    collection: "alerts",
    filters: {},
    limit: 1,
    offset: 0,
    literal: true,
  });
  return answer.total;
}
