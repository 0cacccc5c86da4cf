/** How high incidents have risen, for those who choose from which level on tickets are made. */
import type { RiskLevel } from "../../core/risk.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";

import { integer } from "../database/rows.ts";

/** Of the incidents made since then (epoch milliseconds), by the highest level that each has had. */
export async function countPeakLevels(database: Database, since: number): Promise<Record<RiskLevel, number>> {
  const { rows } = await database.read(
    `select level, count(*) as n from
       (select max(case h.new when 'critical' then 3 when 'high' then 2 when 'medium' then 1 else 0 end) as level
        from incidents i join incident_history h on h.incident_id = i.incident_id and h.field = 'risk_level'
        where i.created_at >= ?1 group by i.incident_id)
     group by level`,
    [toIso(since)],
  );
  const counts = { low: 0, medium: 0, high: 0, critical: 0 };
  const rising = ["low", "medium", "high", "critical"] as const satisfies readonly RiskLevel[];
  for (const row of rows) counts[rising[integer(row, "level")] ?? "low"] = integer(row, "n");
  return counts;
}
