/** What a pass of retention would remove, for people who look before they shorten it. Counts without reading what it counts. */
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, integerOrNull, text } from "../database/rows.ts";

/** Alerts that one step looks at. */
const alertsPerStep = 20_000;

export interface Removal {
  alerts: number;
  /** Closed before the limit. */
  incidents: number;
  events: number;
  /** By reader, how many of these events it has not read yet, those of other feeds included. */
  unread: { reader: string; events: number }[];
  auditEntries: number;
}

/** Limits in epoch milliseconds: what is older is removed. */
export interface RemovalLimits {
  data: number;
  audit: number;
}

/** Everything but the alerts, which are counted step by step. */
export async function countRemoval(database: Database, limits: RemovalLimits): Promise<Omit<Removal, "alerts">> {
  const one = async (sql: string, ...args: (string | number)[]) => {
    const { rows } = await database.read(sql, args);
    return integer(rows[0] ?? {}, "n");
  };
  const incidents = await one("select count(*) as n from incidents where closed_at < ?", toIso(limits.data));
  const auditEntries = await one("select count(*) as n from audit_log where at < ?", toIso(limits.audit));
  const { first, end } = await oldEvents(database, limits.data);
  const { rows } = await database.read(
    "select reader, position from reader_positions where position < ? order by reader",
    [end - 1],
  );
  const unread = rows.map((row) => ({
    reader: text(row, "reader"),
    events: end - Math.max(first, integer(row, "position") + 1),
  }));
  return { incidents, auditEntries, events: end - first, unread: unread.filter(({ events }) => events > 0) };
}

/** Alerts that would be removed, a step at a time: `after` is the `next` of the step before, 0 at first. */
export async function countOldAlerts(
  database: Database,
  limit: number,
  after: number,
): Promise<{ alerts: number; next: number | null }> {
  const { rows } = await database.read(
    `select count(*) as seen, max(id) as last, coalesce(sum(updated_at < ?1 and count <= sent_count), 0) as old
      from (select id, updated_at, count, sent_count from sigma_alerts where id > ?2 order by id limit ?3)`,
    [toIso(limit), after, alertsPerStep],
  );
  const row = rows[0] ?? {};
  return {
    alerts: integer(row, "old"),
    next: integer(row, "seen") < alertsPerStep ? null : integerOrNull(row, "last"),
  };
}

/** The first event, and the first that stays. Events are in the order of their times, so that a search by halves finds the limit. */
async function oldEvents(database: Database, limit: number): Promise<{ first: number; end: number }> {
  const { rows } = await database.read(
    "select (select min(seq) from event_log) as first, (select max(seq) from event_log) as last",
  );
  const first = integerOrNull(rows[0] ?? {}, "first");
  if (first === null) return { first: 0, end: 0 };
  let [from, to] = [first, integer(rows[0] ?? {}, "last") + 1];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    const { rows: found } = await database.read("select at from event_log where seq >= ? order by seq limit 1", [
      middle,
    ]);
    if (found[0] !== undefined && integer(found[0], "at") < limit) from = middle + 1;
    else to = middle;
  }
  return { first, end: from };
}
