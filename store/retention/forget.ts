/** The statements that remove alerts and actors with everything that belongs to them, in one write each. */
import type { Statement } from "../database/statement.ts";

const gone = "in (select value from json_each(?1))";

/** Removes these alerts and their logs. */
export function forgetAlerts(alertIds: readonly number[]): Statement[] {
  const args = [JSON.stringify(alertIds)];
  return [
    noteGap("alerts", "sigma_alerts", "id", "coalesce(last_seq, first_seq)", `id ${gone}`),
    // An update from a query would look at the counts of every entity.
    `insert into row_counts select 'alerts', min(entity_name), '', -count(*) from sigma_alerts where id ${gone}
      group by entity_name collate nocase order by min(entity_name) on conflict do update set n = n + excluded.n`,
    // Otherwise the highest id would be used again after a restart.
    `insert into meta select 'last_alert_id', max(value) from json_each(?1) where true
      on conflict do update set value = max(cast(value as integer), cast(excluded.value as integer))`,
    `delete from alert_logs where alert_id ${gone}`,
    `delete from period_alerts where alert_id ${gone}`,
    `delete from sigma_alerts where id ${gone}`,
  ].map((sql) => ({ sql, args }));
}

/** Tickets of these periods' incidents whose deliveries are all finished. Tickets with deliveries that wait for anything are kept. */
const finishedTickets = `select t.id from incidents i join tickets t on i.incident_id = t.incident_id where i.period_id ${gone}
  and not exists (select 1 from deliveries d where d.ticket_id = t.id and d.state not in ('confirmed', 'discarded'))`;

/** Campaigns of these periods' incidents that have no other. */
const emptiedCampaigns = `select i.campaign_id from incidents i where i.period_id ${gone} and i.campaign_id is not null
  and not exists (select 1 from incidents o where o.campaign_id = i.campaign_id and o.period_id not ${gone})`;

/** Removes these periods with their incidents, campaigns, cases, histories and finished tickets. */
export function forgetPeriods(periodIds: readonly number[]): Statement[] {
  const args = [JSON.stringify(periodIds)];
  return [
    noteGap("incidents", "incidents", "created_seq", "updated_seq", `period_id ${gone}`),
    noteGap("cases", "threat_cases", "created_seq", "updated_seq", `period_id ${gone}`),
    `delete from delivery_attempts where delivery_id in (select id from deliveries where ticket_id in (${finishedTickets}))`,
    `delete from campaign_told where ticket_id in (${finishedTickets})
      or incident_id in (select incident_id from incidents where period_id ${gone})`,
    `delete from ticket_comments where ticket_id in (${finishedTickets})`,
    // Before their tickets, whose entity and system are needed to count them.
    `delete from deliveries where ticket_id in (${finishedTickets})`,
    `delete from tickets where id in (${finishedTickets})`,
    `delete from outbreaks where incident_id in (select incident_id from incidents where period_id ${gone})`,
    `delete from incident_history where incident_id in (select incident_id from incidents where period_id ${gone})`,
    `delete from campaigns where campaign_id in (${emptiedCampaigns}) or joined_into in (${emptiedCampaigns})`,
    ...["campaign_links", "incident_traces", "campaign_looks"].map(
      (table) =>
        `delete from ${table} where incident_id in (select incident_id from incidents where period_id ${gone})`,
    ),
    `delete from campaign_links where other_id in (select incident_id from incidents where period_id ${gone})`,
    `delete from incidents where period_id ${gone}`,
    `delete from case_history where case_id in (select case_id from threat_cases where period_id ${gone})`,
    `delete from threat_cases where period_id ${gone}`,
    `delete from period_alerts where period_id ${gone}`,
    `delete from actor_repeats where period_id ${gone}`,
    `delete from excepted_evidence where period_id ${gone}`,
    `delete from actor_periods where id ${gone}`,
  ].map((sql) => ({ sql, args }));
}

/** Records the removed positions, so that pollers with an older cursor can be told that they missed rows. */
function noteGap(feed: string, table: string, created: string, updated: string, where: string): string {
  return `insert into feed_gaps (feed, created_max, updated_max)
    select '${feed}', max(${created}), max(${updated}) from ${table} where ${where} having count(*) > 0`;
}
