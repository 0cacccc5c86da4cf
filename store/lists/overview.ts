/** Figures for an overview and the activity per hour: from tables of counts and the ends of indexes, whatever there is in the file. */
import type { Level } from "../../core/detection.ts";
import type { IncidentStatus } from "../../core/incident.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { hourMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { integer, text } from "../database/rows.ts";
import type { Value } from "../database/statement.ts";
import { countsOf } from "./conditions.ts";

/** Times are epoch milliseconds; `entities` null = all. */
export interface OverviewQuery {
  entities: readonly string[] | null;
  /** New is what was recorded since. */
  since: number;
  now: number;
}

export interface OverviewFigures {
  /** Incidents of each kind that there are, open and closed. */
  incidents: { status: IncidentStatus; level: RiskLevel; owned: boolean; count: number }[];
  newIncidents: number;
  breached: number;
  atRisk: number;
  openCases: number;
  deliveries: { system: string; state: string; count: number }[];
}

/** Detections and new alerts of one hour and level. */
export interface HourCount {
  /** The hour's beginning, epoch milliseconds of the appliance's clock. */
  at: number;
  level: Level;
  detections: number;
  alerts: number;
}

/** The condition that a row is of these entities, and its argument; `counted`: that of a table of counts, which is found by it. */
function ofEntities(entities: readonly string[] | null): { sql: string; counted: string; args: Value[] } {
  if (entities === null) return { sql: "true", counted: "true", args: [] };
  const counted = "entity_name collate nocase in (select value from json_each(?))";
  // The sign keeps to the index of the other condition: most rows may be of these entities.
  return { sql: `+${counted}`, counted, args: [JSON.stringify(entities)] };
}

export async function readOverview(
  database: Database,
  { entities, since, now }: OverviewQuery,
): Promise<OverviewFigures> {
  const { sql: of, counted, args } = ofEntities(await entitySpellings(database, entities));
  const counts = countsOf(entities);
  const kinds = await database.read(
    `select status, risk_level, owned, sum(n) as n from ${counts.incidents} where ${counted} group by 1, 2, 3 having sum(n) > 0`,
    args,
  );
  const at = toIso(now);
  const { rows } = await database.read(
    `select (select count(*) from incidents where created_at >= ? and ${of}) as new,
       (select count(*) from incidents where due_at <= ? and ${of}) as breached,
       (select count(*) from incidents where due_at > ? and due_at <= strftime('%Y-%m-%dT%H:%M:%fZ', ?, '+' || (select max(minutes) * 15 from service_levels) || ' seconds')
         and at_risk_at <= ? and ${of}) as at_risk,
       (select coalesce(sum(n), 0) from ${counts.rows} where feed = 'cases' and status <> 'CLOSED' and ${counted}) as cases`,
    [toIso(since), ...args, at, ...args, at, at, at, ...args, ...args],
  );
  const deliveries = await database.read(
    `select system, state, sum(n) as n from ${counts.deliveries} where state not in ('confirmed', 'discarded') and ${counted} group by 1, 2 having sum(n) > 0`,
    args,
  );
  const row = rows[0] ?? {};
  return {
    incidents: kinds.rows.map((kind) => ({
      status: text(kind, "status") as IncidentStatus,
      level: text(kind, "risk_level") as RiskLevel,
      owned: integer(kind, "owned") === 1,
      count: integer(kind, "n"),
    })),
    newIncidents: integer(row, "new"),
    breached: integer(row, "breached"),
    atRisk: integer(row, "at_risk"),
    openCases: integer(row, "cases"),
    deliveries: deliveries.rows.map((one) => ({
      system: text(one, "system"),
      state: text(one, "state"),
      count: integer(one, "n"),
    })),
  };
}

/** Hours from that of `from` to that of `to`, both included, in which something came in, oldest first. */
export async function readHours(
  database: Database,
  { entities, from, to }: { entities: readonly string[] | null; from: number; to: number },
): Promise<HourCount[]> {
  const range = [Math.floor(from / hourMs), Math.floor(to / hourMs)] as const;
  const { rows } =
    entities === null
      ? await database.read(
          "select hour, level, detections, alerts from hour_totals where hour between ? and ? order by hour, level",
          range,
        )
      : await database.read(
          // Hour by hour, so that those of other entities are not looked at.
          `with recursive hours (hour) as (select ?1 union all select hour + 1 from hours where hour < ?2)
           select d.hour, level, sum(detections) as detections, sum(alerts) as alerts from hours h cross join detection_hours d on d.hour = h.hour
           where d.entity_name in (select value from json_each(?3)) group by d.hour, level order by d.hour, level`,
          [...range, JSON.stringify(await entitySpellings(database, entities))],
        );
  return rows.map((row) => ({
    at: integer(row, "hour") * hourMs,
    level: text(row, "level") as Level,
    detections: integer(row, "detections"),
    alerts: integer(row, "alerts"),
  }));
}
