/** The service levels that incidents' due times come from. Triggers keep them right for each incident; this is for when the settings change. */
import { type RiskLevel, riskLevels } from "../../core/risk.ts";
import type { SlaMinutes } from "../../core/tickets/sla.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";

const incidentsPerStep = 1_000;

export async function serviceLevels(database: Database): Promise<SlaMinutes> {
  const { rows } = await database.read("select level, minutes from service_levels");
  const known = new Map(rows.map((row) => [text(row, "level"), Number(row.minutes)]));
  return Object.fromEntries(riskLevels.map((level) => [level, known.get(level) ?? 0])) as Record<RiskLevel, number>;
}

/**
 * A step of bringing due times in line with these minutes; returns whether another one is needed. What is left undone, the next call goes on
 * with, also after a restart.
 */
export async function applyServiceLevels(database: Database, minutes: SlaMinutes): Promise<boolean> {
  const known = await serviceLevels(database);
  if (riskLevels.some((level) => known[level] !== minutes[level])) {
    await database.write([
      {
        sql: "update service_levels set minutes = ?2 where level = ?1",
        rows: riskLevels.map((level) => [level, minutes[level]]),
      },
      { sql: "insert into meta values ('service_levels_after', '0') on conflict do update set value = '0'" },
    ]);
    return true;
  }
  const { rows } = await database.read("select value from meta where key = 'service_levels_after'");
  if (rows[0] === undefined) return false;
  const after = Number(text(rows[0], "value"));
  const next = await database.read("select id from incidents where id > ? order by id limit ?", [
    after,
    incidentsPerStep,
  ]);
  const last = next.rows.at(-1);
  if (last === undefined) {
    await database.write([{ sql: "delete from meta where key = 'service_levels_after'" }]);
    return false;
  }
  const upTo = integer(last, "id");
  await database.write([
    {
      sql: `update incidents set due_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+' || s.minutes || ' minutes'),
          at_risk_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at, '+' || (s.minutes * 45) || ' seconds')
        from service_levels s where s.level = incidents.risk_level and incidents.id > ?1 and incidents.id <= ?2 and incidents.status in ('OPEN', 'IN_PROGRESS')`,
      args: [after, upTo],
    },
    { sql: "update meta set value = ?1 where key = 'service_levels_after'", args: [String(upTo)] },
  ]);
  return true;
}
