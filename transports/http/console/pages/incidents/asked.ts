/** What the address of the list of incidents asks for: `view q level status owner entity ticket sla campaign sort dir page`. */
import { type IncidentStatus, incidentStatuses, isOpen } from "../../../../../core/incident.ts";
import type { RowFilters } from "../../../../../core/pages/page.ts";
import { type RiskLevel, riskLevels } from "../../../../../core/risk.ts";
import { type SlaStatus, slaStatuses } from "../../../../../core/tickets/sla.ts";
import type { IncidentSort } from "../incident-rows.tsx";

export interface View {
  /** In the address; "" is the one without a word. */
  id: string;
  name: string;
  statuses: readonly IncidentStatus[];
  owner?: "me" | "none";
  levels?: readonly RiskLevel[];
  sla?: SlaStatus;
}

const open = incidentStatuses.filter(isOpen);
const finished = incidentStatuses.filter((status) => !isOpen(status));

export const views = {
  mine: { id: "mine", name: "Mine", statuses: open, owner: "me" },
  unassigned: { id: "unassigned", name: "Unassigned", statuses: open, owner: "none" },
  open: { id: "", name: "Open", statuses: open },
  severe: { id: "severe", name: "Critical and high", statuses: open, levels: ["critical", "high"] },
  breached: { id: "breached", name: "Breached", statuses: open, sla: "breached" },
  finished: { id: "finished", name: "Finished", statuses: finished },
  all: { id: "all", name: "All", statuses: incidentStatuses },
} as const satisfies Record<string, View>;
export type ViewName = keyof typeof views;

/** As the address has it, and the column it means. */
const sorts = { risk: "risk_score", newest: "created_at", activity: "last_alarm_time", due: "due_at" } as const;
export type Sort = keyof typeof sorts;

/** Filters: "" = any. */
export interface Asked {
  view: View;
  q: string;
  level: RiskLevel | "";
  status: IncidentStatus | "";
  /** A login, `me` or `none`. */
  owner: string;
  entity: string;
  ticket: "has" | "none" | "";
  sla: SlaStatus | "";
  campaign: string;
  sort: Sort;
  dir: "asc" | "desc";
  /** From 1 on. */
  page: number;
}

/** Further pages are not gone through one by one; filters lead there. */
const mostPages = 4_000;

/** What means nothing is as if it were not there. A filter that its view excludes leads to the wider view. */
export function askedOf({ searchParams }: URL): Asked {
  const text = (name: string) =>
    (searchParams.get(name) ?? "").replaceAll("\0", "").trim().slice(0, 200).toWellFormed();
  const word = <Word extends string>(name: string, words: readonly Word[]) =>
    words.find((one) => one === text(name)) ?? ("" as const);
  const filters = {
    q: text("q"),
    level: word("level", riskLevels),
    status: word("status", incidentStatuses),
    owner: text("owner"),
    entity: text("entity"),
    ticket: word("ticket", ["has", "none"]),
    sla: word("sla", slaStatuses),
    campaign: text("campaign"),
  };
  const sort = word("sort", Object.keys(sorts) as Sort[]) || "risk";
  const page = Number(text("page") || 1);
  return {
    ...filters,
    view: viewOf(text("view"), filters),
    sort,
    dir: word("dir", ["asc", "desc"]) || firstDirection(sort),
    page: Number.isInteger(page) && page >= 1 ? Math.min(page, mostPages) : 1,
  };
}

/** The direction in which an order is shown first: what is due soonest leads, else the highest or newest. */
export function firstDirection(sort: Sort): "asc" | "desc" {
  return sort === "due" ? "asc" : "desc";
}

function viewOf(id: string, { level, status, owner, sla }: Pick<Asked, "level" | "status" | "owner" | "sla">): View {
  const view: View = Object.values(views).find((one) => one.id === id) ?? views.open;
  if (status !== "" && !view.statuses.includes(status)) return views.all;
  const excluded =
    (owner !== "" && view.owner !== undefined && owner !== view.owner) ||
    (level !== "" && view.levels !== undefined && !view.levels.includes(level)) ||
    (sla !== "" && view.sla !== undefined && sla !== view.sla);
  return excluded ? views.open : view;
}

/** The same as conditions on rows. `login`: who asks. */
export function filtersOf(asked: Omit<Asked, "sort" | "dir" | "page">, login: string): RowFilters {
  const { view, q, level, status, entity, ticket, sla, campaign } = asked;
  const owner = asked.owner === "" ? (view.owner ?? "") : asked.owner;
  const levels = level === "" ? view.levels : [level];
  const standing = sla === "" ? view.sla : sla;
  const statuses = status === "" ? view.statuses : [status];
  return {
    ...(statuses.length === incidentStatuses.length ? {} : { statuses }),
    ...(q === "" ? {} : { text: q }),
    ...(levels === undefined ? {} : { riskLevels: levels }),
    ...(owner === "" ? {} : { owner: owner === "none" ? null : owner === "me" ? login : owner }),
    ...(entity === "" ? {} : { entity }),
    ...(ticket === "" ? {} : { ticket: ticket === "has" ? "any" : "none" }),
    ...(standing === undefined ? {} : { sla: [standing] }),
    ...(campaign === "" ? {} : { campaign }),
  };
}

export function columnOf(sort: Sort): IncidentSort {
  return sorts[sort];
}

/** Whether anything but the view narrows the list. */
export function isNarrowed({ q, level, status, owner, entity, ticket, sla, campaign }: Asked): boolean {
  return [q, level, status, owner, entity, ticket, sla, campaign].some((value) => value !== "");
}
