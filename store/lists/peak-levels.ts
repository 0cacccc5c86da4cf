/** How high incidents have risen, for those who choose from which level on tickets are made. */
import type { RiskLevel } from "../../core/risk.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";

import { integer } from "../database/rows.ts";

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
