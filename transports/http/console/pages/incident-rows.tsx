/** @jsxImportSource hono/jsx */
/** Incidents as rows, for the list and the overview. */
import type { IncidentStatus } from "../../../../core/incident.ts";
import type { RowFilters } from "../../../../core/pages/page.ts";
import type { SlaStatus } from "../../../../core/tickets/sla.ts";
import type { PageRequest } from "../page.ts";
import { Who } from "../parts/person.tsx";
import { levelOf, Score } from "../parts/severity.tsx";
import { Time } from "../parts/time.tsx";
import { Empty } from "../parts/words.tsx";

/** A row of `GET /api/incidents` (api/shapes.ts). */
export interface IncidentRow {
  incident_id: string;
  group_key: string;
  actor_type: string;
  entity_name: string;
  status: IncidentStatus;
  risk_score: number;
  risk_level: string;
  alarm_count: number;
  sigma_alert_count: number;
  threat_case_count: number;
  assigned_analyst: string | null;
  last_alarm_time: string | null;
  created_at: string;
  external_ticket_id: string | null;
  external_ticket_url: string | null;
  headline: string | null;
  due_at: string | null;
  sla: SlaStatus | null;
  campaign_id: string | null;
}

export type IncidentSort = "risk_score" | "created_at" | "last_alarm_time" | "due_at";

interface Wanted {
  statuses?: readonly IncidentStatus[];
  actor?: string;
  /** The other filters, as the API has them (core/pages/page.ts). */
  filters?: RowFilters;
  sortBy?: IncidentSort;
  sortDir?: "asc" | "desc";
  limit: number;
  offset?: number;
}

export interface IncidentRows {
  rows: IncidentRow[];
  total: number;
  /** There are more: counting has ended there. */
  totalIsLeast: boolean;
  /** Incidents that the search does not know yet. */
  behind: number;
}

/** A page of incidents, highest risk first unless another order is asked for. */
export async function readIncidents(
  { caller, ports }: PageRequest,
  { statuses, actor, filters, sortBy = "risk_score", sortDir = "desc", limit, offset = 0 }: Wanted,
): Promise<IncidentRows> {
  const answer = await ports.api.pages.page(caller, {
    collection: "incidents",
    filters: {
      ...filters,
      ...(statuses === undefined ? {} : { statuses }),
      ...(actor === undefined || actor === "" ? {} : { actor }),
    },
    since: null,
    updatedSince: null,
    cursor: null,
    sortBy,
    sortDir,
    limit,
    offset,
    literal: true,
  });
  const { rows, total, totalIsLeast, behind } = answer;
  return { rows: JSON.parse(rows) as IncidentRow[], total, totalIsLeast, behind: behind ?? 0 };
}

/** What happened leads; the actor and the place stand below it. */
const WhatHappened = ({ row }: { row: IncidentRow }) => (
  <>
    <a class="lead" href={`/incidents/${row.incident_id}`}>
      {row.headline ?? row.group_key}
    </a>
    <div class="tiny quiet">
      {row.headline === null ? row.actor_type : row.group_key} · {row.entity_name}
    </div>
  </>
);

export const HighestRisk = ({ rows }: { rows: readonly IncidentRow[] }) => {
  if (rows.length === 0) return <Empty icon="shield-check" title="No incident is open" />;
  return (
    <table class="grid cards flush">
      <thead>
        <tr>
          <th scope="col">Risk</th>
          <th scope="col">What happened</th>
          <th scope="col" class="r">
            Detections
          </th>
          <th scope="col">Last activity</th>
          <th scope="col">Owner</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr id={`top-${row.incident_id}`} data-live={row.incident_id}>
            <td>
              <Score value={row.risk_score} level={levelOf(row.risk_level)} />
            </td>
            <td class="wide">
              <WhatHappened row={row} />
            </td>
            <td class="r" data-label="detections">
              {row.sigma_alert_count}
            </td>
            <td class="nowrap">
              <Time at={row.last_alarm_time} relative /> <span class="quiet">ago</span>
            </td>
            <td class="drop">
              <Who login={row.assigned_analyst} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
