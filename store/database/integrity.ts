/** Figures about the database file for `rhythmx doctor`. */
import type { Database } from "./database.ts";
import { schemaVersion } from "./migrate.ts";
import { integer, text } from "./rows.ts";

export interface StoreFacts {
  schema: number;
  sqlite: string;
  alerts: number;
  incidents: number;
  openIncidents: number;
  /** Active cases. */
  cases: number;
  events: number;
  /** Users who may log in. */
  users: number;
  /** Size of the database file, without its WAL. */
  bytes: number;
}

export async function storeFacts(database: Database): Promise<StoreFacts> {
  const { rows } = await database.read(
    `select sqlite_version() as sqlite,
       (select coalesce(sum(n), 0) from row_totals where feed = 'alerts') as alerts,
       (select coalesce(sum(n), 0) from row_totals where feed = 'incidents') as incidents,
       (select coalesce(sum(n), 0) from row_totals where feed = 'incidents' and status in ('OPEN', 'IN_PROGRESS')) as open_incidents,
       (select coalesce(sum(n), 0) from row_totals where feed = 'cases' and status <> 'CLOSED') as cases,
       (select count(*) from users where disabled_at is null) as users,
       (select coalesce((select seq from event_log order by seq desc limit 1) - (select seq from event_log order by seq limit 1) + 1, 0)) as events,
       (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as bytes`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error("no facts");
  return {
    schema: schemaVersion,
    sqlite: text(row, "sqlite"),
    alerts: integer(row, "alerts"),
    incidents: integer(row, "incidents"),
    openIncidents: integer(row, "open_incidents"),
    cases: integer(row, "cases"),
    events: integer(row, "events"),
    users: integer(row, "users"),
    bytes: integer(row, "bytes"),
  };
}

/** The same as far as it is known without counting. */
export async function fileFacts(database: Database): Promise<Pick<StoreFacts, "schema" | "sqlite" | "bytes">> {
  const { rows } = await database.read(
    `select sqlite_version() as sqlite, (select page_count from pragma_page_count) * (select page_size from pragma_page_size) as bytes`,
  );
  const row = rows[0] ?? {};
  return { schema: schemaVersion, sqlite: text(row, "sqlite"), bytes: integer(row, "bytes") };
}

/** The faults that SQLite finds in the file; empty when there are none. Reads the whole file. */
export async function integrityCheck(database: Database): Promise<string[]> {
  const { rows } = await database.read("PRAGMA integrity_check(20)");
  return rows.map((row) => text(row, "integrity_check")).filter((line) => line !== "ok");
}
