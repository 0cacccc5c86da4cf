/** What was there lately, for people who change a setting and want to see what it would mean. */
import type { RiskLevel } from "../../core/risk.ts";
import { hourMs, minuteMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";

import { integer, text } from "../database/rows.ts";
import { actorOfKey } from "../incidents/actor-periods.ts";

/** Of the incidents made since then (epoch milliseconds), by the highest level that each has had. */
export async function countPeakLevels(database: Database, since: number): Promise<Record<RiskLevel, number>> {
  const { rows } = await database.read(
    // The history by each incident's own index: it is far longer than a week.
    `select level, count(*) as n from
       (select coalesce((select max(case new when 'critical' then 3 when 'high' then 2 when 'medium' then 1 else 0 end)
          from incident_history where incident_id = incidents.incident_id and field = 'risk_level'), 0) as level
        from incidents where created_at >= ?1)
     group by level`,
    [toIso(since)],
  );
  const counts = { low: 0, medium: 0, high: 0, critical: 0 };
  const rising = ["low", "medium", "high", "critical"] as const satisfies readonly RiskLevel[];
  for (const row of rows) counts[rising[integer(row, "level")] ?? "low"] = integer(row, "n");
  return counts;
}

/** Rows that one step looks at. */
const rowsPerStep = 5_000;
const mostEntities = 500;

export interface RecentEntity {
  entity: string;
  detections: number;
}

/** Entities with detections since then (epoch milliseconds), those with the most first. */
export async function recentEntities(database: Database, since: number): Promise<RecentEntity[]> {
  const { rows } = await database.read(
    `select entity_name, sum(detections) as detections from detection_hours where hour >= ?1
      group by entity_name order by detections desc, entity_name limit ?2`,
    [Math.floor(since / hourMs), mostEntities],
  );
  return rows.map((row) => ({ entity: text(row, "entity_name"), detections: integer(row, "detections") }));
}

/** Users that were actors since then, a step at a time: `after` is the `next` of the step before, 0 at first. */
export async function recentUsers(
  database: Database,
  since: number,
  after: number,
): Promise<{ next: number | null; users: { entity: string; name: string }[] }> {
  const { rows } = await database.read(
    `select id, actor_key, entity_name, updated_at >= ?1 or exists (
        select 1 from actor_repeats r where r.period_id = actor_periods.id and r.recorded >= ?2) as recent
      from actor_periods where id > ?3 order by id limit ?4`,
    [toIso(since), Math.floor(since / minuteMs), after, rowsPerStep],
  );
  const users = rows.flatMap((row) => {
    const [, { type, name }] = actorOfKey(text(row, "actor_key"));
    return integer(row, "recent") === 1 && type === "user" ? [{ entity: text(row, "entity_name"), name }] : [];
  });
  return { next: rows.length < rowsPerStep ? null : integer(rows.at(-1) ?? {}, "id"), users };
}
