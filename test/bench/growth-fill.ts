/** A database with a history of 90 days, written as a valid file while nothing runs: a million alerts in less than a minute. */
import { Database } from "bun:sqlite";
import { encodeActorState, newActorState } from "../../core/correlation/actor-state.ts";
import { dayMs } from "../../core/time.ts";

export interface History {
  alerts: number;
  incidents: number;
  entities: number;
}

export const historyDays = 90;
/** An entity of ten actors, each with an open incident, among all the others. */
export const smallEntity = "Branch office";
const body = `{"EventID":4624,"Keywords":9223372036854775807,"pad":"${"x".repeat(300)}"}`;

/**
 * Fills a database that the program has made and that nobody has open. Alerts are spread evenly over the days, one event each; each belongs to
 * the actor of an incident, and nine incidents in ten were closed a day later.
 */
export function fillHistory(path: string, { alerts, incidents, entities }: History): void {
  const now = Date.now();
  const begin = now - historyDays * dayMs;
  const database = new Database(path);
  const numbers = (count: number) =>
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;
  /** Epoch milliseconds of the `i`th of `count`, as SQL; and as the text of a DATETIME column. */
  const msOf = (count: number) => `(${begin} + cast(i * ${(now - begin) / count} as integer))`;
  const iso = (ms: string) => `strftime('%Y-%m-%dT%H:%M:%fZ', ${ms} / 1000.0, 'unixepoch')`;
  const large = (i: string) => (entities === 1 ? "'Primary Site'" : `('Site ' || (${i} % ${entities}))`);
  const entity = (i: string) => `iif(${i} % ${incidents / 10} = 0, '${smallEntity}', ${large(i)})`;
  const actor = `(1 + i % ${incidents})`;
  const closed = "i % 10 <> 0";
  const state = newActorState(begin);
  Object.assign(state.activity, { detections: 10, firstAt: begin, lastAt: now });
  // What changes within a row: an actor's entity is that of all of its alerts, since the entities divide the incidents.
  const statements = [
    "pragma synchronous = off",
    "pragma cache_size = -200000",
    "begin",
    `${numbers(incidents)} insert into actor_periods (id, actor_key, current, entity_name, incident_id, pending, updated_at, state)
      select i, json_array(lower(${entity("i")}), 'user', 'actor-' || i), not (${closed}), ${entity("i")}, 'INC-' || printf('%08x', i), 0,
        ${iso(msOf(incidents))}, '${encodeActorState(state)}' from n`,
    `${numbers(incidents)} insert into incidents (incident_id, period_id, entity_name, group_key, actor_type, status, risk_score, risk_level,
        created_at, updated_at, escalated_at, closed_at, sigma_alert_count, first_alarm_time, last_alarm_time, created_seq, updated_seq)
      select 'INC-' || printf('%08x', i), i, ${entity("i")}, 'actor-' || i, 'user', case when ${closed} then 'CLOSED' else 'OPEN' end, 40 + i % 60,
        case when i % 60 >= 45 then 'critical' when i % 60 >= 30 then 'high' else 'medium' end, at, at, at, case when ${closed} then ${iso(`min(${now}, ms + ${dayMs})`)} end, 10, at, at,
        max(1, i * ${alerts} / ${incidents}), max(1, i * ${alerts} / ${incidents})
      from (select i, ${msOf(incidents)} as ms, ${iso(msOf(incidents))} as at from n)`,
    `${numbers(alerts)} insert into sigma_alerts (id, hash, entity_name, rule_id, rule_title, rule_author, level, tags, user_name, host, src_ip,
        risk, ml_cluster, count, sent_count, first_seen, last_seen, recorded_at, updated_at, last_message_at, first_seq, last_seq, period_id)
      select i, printf('%016x', i), ${entity(actor)}, 'rule-' || i % 500, 'Rule ' || i % 500, 'Jane Doe', 'high', '["attack.execution"]',
        'actor-' || ${actor}, 'host-' || i % 5000, '', 75, -1, 1, 1, at, at, at, at, at, i, i, ${actor}
      from (select i, ${iso(msOf(alerts))} as at from n)`,
    `${numbers(alerts)} insert into event_log (seq, at, kind, subject, entity_name, data, body)
      select i, ms, 'alert_first', printf('%016x', i), ${entity(actor)}, json_array(1, printf('%016x', i), 1, 75, -1, ms, ms, null, null,
        'rule-' || i % 500, 'Rule ' || i % 500, 'Jane Doe', 'high', json_array('attack.execution'), ${entity(actor)}, 'actor-' || ${actor},
        'host-' || i % 5000, ''), '${body}'
      from (select i, ${msOf(alerts)} as ms from n)`,
    "insert into row_counts select 'alerts', entity_name, '', count(*) from sigma_alerts group by entity_name",
    `insert into detection_hours select e.at / 3600000, e.entity_name, 'high', count(*), count(*) from event_log e group by 1, 2`,
    // What reads behind intake has seen all of it but the search index, which the program makes itself.
    `insert into reader_positions (reader, position, updated_at) values ('campaigns', ${alerts}, ${iso(String(now))})
      on conflict do update set position = excluded.position`,
    `update outbreak_position set alert_id = ${alerts}`,
    "commit",
    "pragma wal_checkpoint(truncate)",
  ];
  try {
    for (const statement of statements) database.exec(statement);
  } finally {
    database.close();
  }
}
