/** Removing alerts and actors with everything that hangs on them, each as the statements of one write. */
import type { InStatement } from "@libsql/client";

const gone = "in (select value from json_each(?1))";

/** These alerts, with their logs. */
export function forgetAlerts(alertIds: readonly number[]): InStatement[] {
  const args = [JSON.stringify(alertIds)];
  return [
    noteGap("alerts", "sigma_alerts", "id", "coalesce(last_seq, first_seq)", `id ${gone}`),
    `update row_counts set n = row_counts.n - j.gone
      from (select min(entity_name) as entity, count(*) as gone from sigma_alerts where id ${gone} group by entity_name collate nocase) j
      where feed = 'alerts' and entity_name = j.entity`,
    // The highest number would otherwise be given out again after a restart.
    `insert into meta select 'last_alert_id', max(value) from json_each(?1) where true
      on conflict do update set value = max(cast(value as integer), cast(excluded.value as integer))`,
    `delete from alert_logs where alert_id ${gone}`,
    `delete from period_alerts where alert_id ${gone}`,
    `delete from sigma_alerts where id ${gone}`,
  ].map((sql) => ({ sql, args }));
}

/** Tickets of these periods' incidents with their deliveries, where nothing is left to do: what waits or wants a person stays. */
const finishedTickets = `select t.id from incidents i join tickets t on i.incident_id = t.incident_id where i.period_id ${gone}
  and not exists (select 1 from deliveries d where d.ticket_id = t.id and d.state not in ('confirmed', 'discarded'))`;

/** These periods of actors, with their incidents, cases, histories and finished tickets. */
export function forgetPeriods(periodIds: readonly number[]): InStatement[] {
  const args = [JSON.stringify(periodIds)];
  return [
    noteGap("incidents", "incidents", "created_seq", "updated_seq", `period_id ${gone}`),
    noteGap("cases", "threat_cases", "created_seq", "updated_seq", `period_id ${gone}`),
    `delete from delivery_attempts where delivery_id in (select id from deliveries where ticket_id in (${finishedTickets}))`,
    `delete from ticket_comments where ticket_id in (${finishedTickets})`,
    // Before their tickets, by whose entity and system they are counted.
    `delete from deliveries where ticket_id in (${finishedTickets})`,
    `delete from tickets where id in (${finishedTickets})`,
    `delete from incident_history where incident_id in (select incident_id from incidents where period_id ${gone})`,
    `delete from incidents where period_id ${gone}`,
    `delete from case_history where case_id in (select case_id from threat_cases where period_id ${gone})`,
    `delete from threat_cases where period_id ${gone}`,
    `delete from period_alerts where period_id ${gone}`,
    `delete from actor_periods where id ${gone}`,
  ].map((sql) => ({ sql, args }));
}

/** Leaves word for readers whose cursor stands before what goes: they have missed it. */
function noteGap(feed: string, table: string, created: string, updated: string, where: string): string {
  return `insert into feed_gaps (feed, created_max, updated_max)
    select '${feed}', max(${created}), max(${updated}) from ${table} where ${where} having count(*) > 0`;
}
