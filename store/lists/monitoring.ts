/** Figures of the database for metrics: asked for at each scrape, so none of them looks through a table that grows. */
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import { countDeliveries, countTickets, type TicketCount } from "./ticket-lists.ts";

/** Parked or dead deliveries of one system with the same cause. */
export interface StuckCount {
  system: string;
  state: string;
  /** A stable word of this program; "" = none was noted. */
  cause: string;
  count: number;
  /** When the first of them was parked or died, epoch milliseconds. */
  oldest: number;
}

export interface Monitored {
  /** Unfinished deliveries. */
  deliveries: readonly { system: string; state: string; count: number }[];
  tickets: readonly TicketCount[];
  stuck: readonly StuckCount[];
  /** Events of incidents that were not looked at for campaigns; counted up to `mostCounted`. */
  campaignsBehind: number;
  /** Alerts that were not looked at for outbreaks. */
  outbreaksBehind: number;
  /** When the oldest event of the log was recorded, epoch milliseconds; null = the log is empty. */
  oldestEventAt: number | null;
}

const mostCounted = 10_000;

/** `readTo`: how far the reader of campaigns is in memory. */
export async function readMonitored(database: Database, readTo: number): Promise<Monitored> {
  const deliveries = await countDeliveries(database);
  const stands = deliveries.some(({ state }) => state === "parked" || state === "dead");
  const { rows } = await database.read(
    `select (select count(*) from (select 1 from event_log indexed by event_log_others
         where seq > max(?1, coalesce((select position from reader_positions where reader = 'campaigns'), 0))
           and kind not in ('alert_first', 'alert_hourly') and kind like 'incident%' limit ${mostCounted})) as campaigns,
       coalesce((select max(id) from sigma_alerts), 0) - (select alert_id from outbreak_position) as outbreaks,
       (select at from event_log order by seq limit 1) as oldest`,
    [readTo],
  );
  const row = rows[0] ?? {};
  return {
    deliveries,
    tickets: await countTickets(database),
    stuck: stands ? await countStuck(database) : [],
    campaignsBehind: integer(row, "campaigns"),
    outbreaksBehind: Math.max(0, integer(row, "outbreaks")),
    oldestEventAt: typeof row.oldest === "number" ? row.oldest : null,
  };
}

async function countStuck(database: Database): Promise<StuckCount[]> {
  const { rows } = await database.read(
    `select system, state, coalesce(cause, '') as cause, count(*) as n, min(updated_at) as oldest
     from deliveries where state in ('parked', 'dead') group by 1, 2, 3`,
  );
  return rows.map((row) => ({
    system: text(row, "system"),
    state: text(row, "state"),
    cause: text(row, "cause"),
    count: integer(row, "n"),
    oldest: fromIso(text(row, "oldest")),
  }));
}
