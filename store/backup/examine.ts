/** What a database file that nobody uses holds, and whether it is whole. */
import { StoreError } from "../../core/errors.ts";
import { oneLine } from "../../core/logs/event-text.ts";
import { Connection } from "../database/connection.ts";
import { integer, text } from "../database/rows.ts";
import type { Row, Value } from "../database/statement.ts";
import { storeErrorFrom } from "../database/store-errors.ts";

/** The tables that a backup is counted by: what is missing from a copy would be missed here. */
const countedTables = [
  "sigma_alerts",
  "alarms",
  "incidents",
  "threat_cases",
  "incident_history",
  "campaigns",
  "tickets",
  "deliveries",
  "users",
  "api_keys",
  "audit_log",
] as const;

const lockWaitMs = 1_000;

/** Runs `work` on a connection to a file that nothing else has open. @throws StoreError */
export function withFile<T>(path: string, work: (file: Connection) => T): T {
  let connection: Connection | null = null;
  try {
    connection = new Connection(path, lockWaitMs);
    return work(connection);
  } catch (error) {
    throw storeErrorFrom(error, path);
  } finally {
    connection?.close();
  }
}

/** Moves the WAL of a copy into it; afterwards the copy is one file. @throws StoreError */
export function makeOneFile(path: string): void {
  withFile(path, (file) => {
    file.all("PRAGMA wal_checkpoint(TRUNCATE)");
    file.all("PRAGMA journal_mode = DELETE");
  });
}

/** @throws StoreError store_corrupt: with the first faults that SQLite finds */
export function expectWhole(path: string): void {
  const faults = withFile(path, (file) =>
    file
      .all("PRAGMA integrity_check(5)")
      .map((row) => text(row, "integrity_check"))
      .filter((line) => line !== "ok"),
  );
  if (faults.length > 0)
    throw new StoreError("store_corrupt", `${path} is damaged: ${oneLine(faults.join("; "), 500)}`);
}

/** Rows by table, and `last_event`, the number of the newest event. Tables that the file's schema does not have are left out. */
export function countRows(file: Connection): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const table of countedTables)
    if (hasTable(file, table)) counts[table] = one(file, `select count(*) as n from ${table}`);
  counts.last_event = one(file, "select coalesce(max(seq), 0) as n from sqlite_sequence where name = 'event_log'");
  return counts;
}

/** The schema of the file; null: it has no journal, so it is no database of ours. */
export function schemaIn(file: Connection): number | null {
  return hasTable(file, "schema_journal") ? one(file, "select count(*) as n from schema_journal") : null;
}

/** How many values are encrypted with the master key. */
export function countSealed(file: Connection): number {
  const users = hasTable(file, "users")
    ? one(file, "select count(*) as n from users where totp_secret is not null")
    : 0;
  const saved = hasTable(file, "saved_settings")
    ? one(file, "select count(*) as n from saved_settings where secret = 1")
    : 0;
  return users + saved;
}

export function hasTable(file: Connection, name: string): boolean {
  return one(file, "select count(*) as n from sqlite_master where type = 'table' and name = ?", [name]) > 0;
}

export function hasColumn(file: Connection, table: string, column: string): boolean {
  return one(file, "select count(*) as n from pragma_table_info(?) where name = ?", [table, column]) > 0;
}

/** A value of `meta`; null if it is not there. */
export function metaValue(file: Connection, key: string): string | null {
  const [row] = file.all("select value from meta where key = ?", [key]);
  return row === undefined ? null : text(row, "value");
}

/** The column `n` of a query's only row. */
export function one(file: Connection, sql: string, args: readonly Value[] = []): number {
  const [row] = file.all(sql, args) as [Row | undefined];
  return row === undefined ? 0 : integer(row, "n");
}
