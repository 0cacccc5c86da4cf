/** After a crash run: actors, cases and incidents as they would be had nothing interrupted it. Every violation is one line. */
import { createClient, type Client as Libsql } from "@libsql/client";
import type { ActorState } from "../../core/correlation/actor-state.ts";
import { assess } from "../../core/correlation/assess.ts";
import { scoreOf } from "../../core/correlation/factors.ts";
import { builtInFloors, prepareFloors } from "../../core/correlation/floors.ts";
import { builtInPatterns, preparePatterns } from "../../core/correlation/patterns.ts";
import type { Row } from "../../store/database/statement.ts";
import { stateColumns, stateFrom } from "../../store/incidents/actor-periods.ts";

export interface IncidentReport {
  violations: string[];
  actors: number;
  incidents: number;
  cases: number;
}

const rules = { patterns: preparePatterns(builtInPatterns), floors: prepareFloors(builtInFloors), minScore: 40 };

/** Each actor of the workload has one alert and its incident is never closed: what is kept of it must follow from its evidence alone. */
export async function verifyIncidents(path: string): Promise<IncidentReport> {
  const database = createClient({ url: `file:${path}` });
  const violations: string[] = [];
  try {
    const cases = await activeCases(database);
    const { rows } = await database.execute(
      `select actor_periods.id, actor_key, pending, actor_periods.incident_id, ${stateColumns}, a.count as alert_count, i.risk_score
       from actor_periods join sigma_alerts a on a.period_id = actor_periods.id
       left join incidents i on i.incident_id = actor_periods.incident_id`,
    );
    for (const row of rows) {
      const fail = (what: string) => violations.push(`actor ${row.actor_key}: ${what}`);
      const state = stateFrom(row as Row);
      if (row.pending !== 0) fail("was never assessed");
      if (state.activity.detections !== row.alert_count)
        fail(`has ${state.activity.detections} detections; its alert ${row.alert_count}`);
      const { qualifies, types, score } = anew(state);
      if (qualifies !== (row.incident_id !== null))
        fail(`incident ${row.incident_id}; it ${qualifies ? "has" : "has not"} qualified`);
      if (row.incident_id !== null && state.risk.score !== score)
        fail(`has score ${state.risk.score}; its evidence gives ${score}`);
      if (row.incident_id !== null && row.risk_score !== score)
        fail(`its incident has score ${row.risk_score} of ${score}`);
      const found = (cases.get(Number(row.id)) ?? []).sort().join();
      if (found !== types.join()) fail(`has cases ${found}; its evidence gives ${types.join()}`);
    }
    const incidents = await toldOnce(database, "incident", violations);
    const told = await toldOnce(database, "case", violations);
    const { rows: all } = await database.execute("select count(*) as n from actor_periods");
    if (Number(all[0]?.n) !== rows.length) violations.push(`${all[0]?.n} actors; ${rows.length} with an alert`);
    return { violations, actors: rows.length, incidents, cases: told };
  } finally {
    database.close();
  }
}

/** What the evidence alone gives, looked at as if for the first time. */
function anew(state: ActorState): { qualifies: boolean; types: string[]; score: number } {
  const { evidence } = state;
  for (const hour of evidence.hours) hour.matched = [];
  const fresh = { ...state, windows: [], cases: [] };
  const { qualifies, opened } = assess(fresh, new Set(evidence.hours), rules);
  const score = Math.max(
    0,
    ...fresh.windows.map(({ facts }: { facts: Parameters<typeof scoreOf>[0] }) => scoreOf(facts)),
  );
  return { qualifies, types: opened.map(({ type }) => type).sort(), score };
}

async function activeCases(database: Libsql): Promise<Map<number, string[]>> {
  const { rows } = await database.execute("select period_id, case_type from threat_cases where status <> 'CLOSED'");
  const byPeriod = new Map<number, string[]>();
  for (const row of rows) {
    const types = byPeriod.get(Number(row.period_id)) ?? [];
    types.push(String(row.case_type));
    byPeriod.set(Number(row.period_id), types);
  }
  return byPeriod;
}

/** Every row has exactly one event that tells of its creation, and every such event a row. Returns how many there are. */
async function toldOnce(database: Libsql, of: "incident" | "case", violations: string[]): Promise<number> {
  const table = of === "incident" ? "incidents" : "threat_cases";
  const { rows } = await database.execute(
    `select r.${of}_id as id, coalesce(e.n, 0) as events from ${table} r left join
       (select subject, count(*) as n from event_log where kind = '${of}_created' group by subject) e on e.subject = r.${of}_id`,
  );
  for (const { id, events } of rows) if (events !== 1) violations.push(`${id} was created by ${events} events`);
  const { rows: events } = await database.execute(`select count(*) as n from event_log where kind = '${of}_created'`);
  if (Number(events[0]?.n) !== rows.length) violations.push(`${events[0]?.n} ${of}_created for ${rows.length} rows`);
  return rows.length;
}
