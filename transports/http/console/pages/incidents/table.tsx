/** @jsxImportSource hono/jsx */
/** The rows of the list: what happened leads, with the actor and the place below it. */
import { isOpen } from "../../../../../core/incident.ts";
import { Icon, type IconName } from "../../parts/icon.tsx";
import { Who } from "../../parts/person.tsx";
import { levelOf, Score, Sev } from "../../parts/severity.tsx";
import { Status } from "../../parts/state.tsx";
import { SortHead } from "../../parts/table.tsx";
import { Time } from "../../parts/time.tsx";
import { Outside } from "../../parts/words.tsx";
import type { IncidentRow } from "../incident-rows.tsx";
import { type Asked, firstDirection, type Sort } from "./asked.ts";
import { type Column, columns as names } from "./columns.ts";
import { Due } from "./due.tsx";
import { seenField, seenText } from "./seen.ts";

interface TableProps {
  url: URL;
  asked: Asked;
  rows: readonly IncidentRow[];
  /** Those that are shown. */
  columns: readonly Column[];
  mayChange: boolean;
}

/** Columns by which the list can be sorted. */
const sortOf: Partial<Record<Column, Sort>> = { activity: "activity", sla: "due" };

export const Table = ({ url, asked, rows, columns, mayChange }: TableProps) => {
  const sort = (by: Sort) => ({ url, by, current: asked.sort, direction: asked.dir, first: firstDirection(by) });
  return (
    <table class="grid cards" data-rows>
      <caption class="vh">{`${asked.view.name} incidents`}</caption>
      <thead>
        <tr>
          {mayChange ? (
            <th scope="col" class="tick">
              <input type="checkbox" class="scripted" data-all="#list" aria-label="Select all on this page" />
            </th>
          ) : null}
          <SortHead {...sort("risk")}>Risk</SortHead>
          <SortHead {...sort("newest")}>What happened</SortHead>
          {columns.map((column) => {
            const by = sortOf[column];
            return by === undefined ? (
              <th scope="col">{names[column]}</th>
            ) : (
              <SortHead {...sort(by)}>{names[column]}</SortHead>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row row={row} columns={columns} mayChange={mayChange} />
        ))}
      </tbody>
    </table>
  );
};

const actorIcons: Readonly<Record<string, IconName>> = { user: "user", host: "monitor", ip: "globe" };

const Row = ({ row, columns, mayChange }: Pick<TableProps, "columns" | "mayChange"> & { row: IncidentRow }) => {
  const level = levelOf(row.risk_level);
  const id = row.incident_id;
  return (
    <tr id={id} data-live={id}>
      {mayChange ? (
        <td class="tick">
          <input type="checkbox" name="id" value={id} form="bulk" aria-label={`Select ${id}`} />
          <input type="hidden" name={seenField} value={seenText(row)} form="bulk" />
        </td>
      ) : null}
      <td>
        <span class="two">
          <Score value={row.risk_score} level={level} />
          <Sev level={level} />
        </span>
      </td>
      <td class="fill">
        <div class="actor">
          <Icon n={actorIcons[row.actor_type] ?? "user"} />
          <a class="clip lead" href={`/incidents/${id}`} title={row.headline ?? row.group_key}>
            {row.headline ?? row.group_key}
          </a>
          <small class="clip">
            {row.headline === null ? "" : `${row.group_key} · `}
            {row.entity_name} · <span class="mono">{id}</span>
          </small>
          {row.campaign_id === null ? null : <Campaign id={row.campaign_id} />}
        </div>
      </td>
      {columns.map((column) => cells[column](row))}
    </tr>
  );
};

const Campaign = ({ id }: { id: string }) => (
  <a class="tag" href={`/incidents?view=all&campaign=${encodeURIComponent(id)}`} title={`Campaign ${id}`}>
    <Icon n="network" s={13} />
    <span class="vh">Campaign {id}</span>
  </a>
);

const cells: Readonly<Record<Column, (row: IncidentRow) => unknown>> = {
  evidence: (row) => (
    <td class="nowrap drop">
      <span class="two num">
        <span>{counted(row.sigma_alert_count, "detection")}</span>
        <small>
          {counted(row.threat_case_count, "case")}
          {row.alarm_count === 0 ? "" : `, ${counted(row.alarm_count, "alarm")}`}
        </small>
      </span>
    </td>
  ),
  activity: (row) => (
    <td class="nowrap" data-label="active">
      <Time at={row.last_alarm_time ?? row.created_at} relative />
    </td>
  ),
  sla: (row) => (
    <td class="nowrap">
      <Due at={row.due_at} sla={row.sla} />
    </td>
  ),
  owner: (row) => (
    <td class="own">
      <span class="row nowrap one">
        <Who login={row.assigned_analyst} />
        <Status status={row.status} />
      </span>
    </td>
  ),
  ticket: (row) => (
    <td class="drop tiny" data-row-key="t">
      {row.external_ticket_id !== null ? (
        <Outside href={row.external_ticket_url ?? ""}>{row.external_ticket_id}</Outside>
      ) : isOpen(row.status) ? (
        <a class="quiet" href={`/incidents/${row.incident_id}#tickets`}>
          none
        </a>
      ) : (
        <span class="quiet">none</span>
      )}
    </td>
  ),
};

function counted(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}
