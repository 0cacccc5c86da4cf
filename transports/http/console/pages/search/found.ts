/** What a text finds: a few of each kind, by the search index. */
import type { Collection, RowFilters } from "../../../../../core/pages/page.ts";
import { wordsOf } from "../../../../../core/search/terms.ts";
import type { PageRequest } from "../../page.ts";
import { type IncidentRows, readIncidents } from "../incident-rows.tsx";

const few = 5;
/** Hosts and users are those of so many of the newest alerts that match. */
const looked = 100;

export interface AlertFound {
  hash: string;
  rule_title: string;
  level: string;
  entity_name: string;
  user: string | null;
  host: string | null;
  last_seen: string;
  count: number;
}

export interface CaseFound {
  case_id: string;
  case_type: string;
  entity_name: string;
  status: string;
  severity: string;
  primary_user: string;
  last_alert: string;
}

interface Rows<Row> {
  rows: Row[];
  total: number;
  totalIsLeast: boolean;
}

export interface Found {
  incidents: IncidentRows;
  cases: Rows<CaseFound>;
  alerts: Rows<AlertFound>;
  /** Names that have the words. */
  hosts: string[];
  users: string[];
  /** Rows that the search does not know yet. */
  behind: number;
}

export async function findAll(request: PageRequest, text: string): Promise<Found> {
  const [incidents, alerts, cases] = await Promise.all([
    readIncidents(request, { filters: { text }, limit: few }),
    read<AlertFound>(request, "alerts", { text }, looked),
    // Cases are found by whom they are about.
    read<CaseFound>(request, "cases", { actor: text }, few),
  ]);
  return {
    incidents,
    cases,
    alerts: { ...alerts, rows: alerts.rows.slice(0, few) },
    hosts: named(
      alerts.rows.map(({ host }) => host),
      text,
    ),
    users: named(
      alerts.rows.map(({ user }) => user),
      text,
    ),
    behind: incidents.behind + alerts.behind,
  };
}

async function read<Row>(
  { caller, ports }: PageRequest,
  collection: Collection,
  filters: RowFilters,
  limit: number,
): Promise<Rows<Row> & { behind: number }> {
  const { rows, total, totalIsLeast, behind } = await ports.api.pages.page(caller, {
    collection,
    filters,
    since: null,
    updatedSince: null,
    cursor: null,
    sortBy: "created_at",
    sortDir: "desc",
    limit,
    offset: 0,
    literal: true,
  });
  return { rows: JSON.parse(rows) as Row[], total, totalIsLeast, behind: behind ?? 0 };
}

/** The names that have a word which begins with one of the text's. */
function named(names: readonly (string | null)[], text: string): string[] {
  const asked = wordsOf(text);
  const has = (name: string) => wordsOf(name).some((word) => asked.some((one) => word.startsWith(one)));
  return [...new Set(names)].filter((name) => name !== null && name !== "" && has(name)).slice(0, few) as string[];
}
