/** What the database keeps of each kind, and what retention would remove at a moment. Asked by people: numbers are counted up to a limit. */
import { dayMs, toIso } from "../../../core/time.ts";
import type { Database } from "../../database/database.ts";
import { fromIso } from "../../database/iso.ts";
import { integer, integerOrNull, textOrNull } from "../../database/rows.ts";

export const keptKinds = ["events", "alerts", "incidents", "deliveries", "alarms", "audit"] as const;
export type KeptKind = (typeof keptKinds)[number];

export interface KeptData {
  kind: KeptKind;
  rows: number;
  /** When the oldest was recorded, epoch milliseconds; null = there is none. */
  oldest: number | null;
  /** Rows that a pass would remove, counted up to `mostCounted`. */
  removes: number;
  /** Bytes of a row, from the newest ones: texts alone. */
  rowBytes: number;
}

/** Counting ends here: nobody needs to know whether it is one million or two. */
export const mostCounted = 100_000;
const sampled = 100;

interface Asked {
  now: number;
  /** Days of data, and of the audit log. */
  days: number;
  auditDays: number;
}

/** Of every kind, in the order in which people think of them. */
export async function readKept(database: Database, { now, days, auditDays }: Asked): Promise<KeptData[]> {
  const [cutoff, auditCutoff] = [now - days * dayMs, now - auditDays * dayMs];
  return [
    await events(database, cutoff),
    await alerts(database, cutoff),
    await incidents(database, cutoff),
    await deliveries(database, cutoff),
    await ofTable(database, "alarms", "recorded_at", "length(name) + length(alarm_id) + 100", cutoff),
    await ofTable(database, "audit", "at", "length(detail) + length(target) + 100", auditCutoff),
  ];
}

/** The log is removed from its old end alone, up to the first event that is young enough: found by halving. */
async function events(database: Database, cutoff: number): Promise<KeptData> {
  const { rows } = await database.read(
    `select (select seq from event_log order by seq limit 1) as first, (select seq from event_log order by seq desc limit 1) as last,
       (select at from event_log order by seq limit 1) as oldest,
       (select avg(length(data) + coalesce(length(body), 0)) from (select data, body from event_log order by seq desc limit ${sampled})) as bytes`,
  );
  const row = rows[0] ?? {};
  const [first, last] = [integerOrNull(row, "first"), integerOrNull(row, "last")];
  if (first === null || last === null) return { kind: "events", rows: 0, oldest: null, removes: 0, rowBytes: 0 };
  let [low, high] = [first, last + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const found = await database.read("select seq, at from event_log where seq >= ? order by seq limit 1", [middle]);
    const at = found.rows[0] === undefined ? null : integer(found.rows[0], "at");
    if (at === null || at >= cutoff) high = middle;
    else low = middle + 1;
  }
  return {
    kind: "events",
    rows: last - first + 1,
    oldest: integerOrNull(row, "oldest"),
    removes: low - first,
    rowBytes: Math.round(Number(row.bytes ?? 0)),
  };
}

/** Those with occurrences that no message has counted yet are kept. */
function alerts(database: Database, cutoff: number): Promise<KeptData> {
  return figures(
    database,
    "alerts",
    `select (select coalesce(sum(n), 0) from row_totals where feed = 'alerts') as rows,
       (select recorded_at from sigma_alerts order by recorded_at limit 1) as oldest,
       (select count(*) from (select updated_at, count, sent_count from sigma_alerts where recorded_at < ?1 order by recorded_at limit ${mostCounted})
         where updated_at < ?1 and count <= sent_count) as removes,
       (select avg(coalesce(length(l.body), 0) + 300) from (select id from sigma_alerts order by id desc limit ${sampled}) a
         left join alert_logs l on l.alert_id = a.id) as bytes`,
    cutoff,
  );
}

/** Closed ones with their cases, evidence, histories and finished tickets. */
function incidents(database: Database, cutoff: number): Promise<KeptData> {
  return figures(
    database,
    "incidents",
    `select (select coalesce(sum(n), 0) from row_totals where feed = 'incidents') as rows,
       (select created_at from incidents order by created_at, created_seq limit 1) as oldest,
       (select count(*) from (select 1 from incidents where closed_at < ?1 order by closed_at limit ${mostCounted})) as removes,
       (select avg(length(p.state) + 500) from (select period_id from incidents order by created_seq desc limit ${sampled}) i
         join actor_periods p on p.id = i.period_id) as bytes`,
    cutoff,
  );
}

/** Those of tickets on which nothing waits go with their incidents. */
function deliveries(database: Database, cutoff: number): Promise<KeptData> {
  return figures(
    database,
    "deliveries",
    `select (select coalesce(sum(n), 0) from delivery_totals) as rows, (select created_at from deliveries order by seq limit 1) as oldest,
       (select count(*) from (select incident_id from incidents where closed_at < ?1 order by closed_at limit ${mostCounted}) i
         join tickets t on t.incident_id = i.incident_id join deliveries d on d.ticket_id = t.id
         where not exists (select 1 from deliveries w where w.ticket_id = t.id and w.state not in ('confirmed', 'discarded'))) as removes,
       (select avg(coalesce(length(payload), 0) + (select coalesce(sum(coalesce(length(a.request_body), 0) + coalesce(length(a.answer_body), 0)), 0)
           from delivery_attempts a where a.delivery_id = d.id) + 300) from (select id, payload from deliveries order by seq desc limit ${sampled}) d) as bytes`,
    cutoff,
  );
}

/** A table whose rows go by their age alone, so its numbers have no gaps. */
function ofTable(
  database: Database,
  kind: "alarms" | "audit",
  column: "recorded_at" | "at",
  bytes: string,
  cutoff: number,
): Promise<KeptData> {
  const table = kind === "audit" ? "audit_log" : kind;
  return figures(
    database,
    kind,
    `select coalesce((select id from ${table} order by id desc limit 1) - (select id from ${table} order by id limit 1) + 1, 0) as rows,
       (select ${column} from ${table} order by ${column} limit 1) as oldest,
       (select count(*) from (select 1 from ${table} where ${column} < ?1 order by ${column} limit ${mostCounted})) as removes,
       (select avg(${bytes}) from (select * from ${table} order by id desc limit ${sampled})) as bytes`,
    cutoff,
  );
}

async function figures(database: Database, kind: KeptKind, sql: string, cutoff: number): Promise<KeptData> {
  const { rows } = await database.read(sql, [toIso(cutoff)]);
  const row = rows[0] ?? {};
  const oldest = textOrNull(row, "oldest");
  return {
    kind,
    rows: integer(row, "rows"),
    oldest: oldest === null ? null : fromIso(oldest),
    removes: integer(row, "removes"),
    rowBytes: Math.round(Number(row.bytes ?? 0)),
  };
}
