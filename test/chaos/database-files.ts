/** What is in a database file that nobody has open. */
import { Database as Sqlite } from "bun:sqlite";

/** Not users: a start makes the first one. */
const counted = ["sigma_alerts", "alarms", "incidents", "threat_cases", "tickets", "api_keys", "event_log"];

function reading<T>(path: string, work: (database: Sqlite) => T): T {
  const database = new Sqlite(path);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** Users of all alerts. */
export const usersIn = (path: string) =>
  reading(path, (database) => {
    const rows = database.query("select user_name from sigma_alerts").all() as { user_name: string }[];
    return new Set(rows.map(({ user_name: name }) => name));
  });
export const isWhole = (path: string) =>
  reading(path, (database) => {
    const { integrity_check: said } = database.query("PRAGMA integrity_check(1)").get() as { integrity_check: string };
    return said === "ok";
  });
export const schemaIn = (path: string) =>
  reading(path, (database) => (database.query("select count(*) as n from schema_journal").get() as { n: number }).n);
/** Rows by table, of the tables that the schema has. */
export const countsIn = (path: string) =>
  reading(path, (database) =>
    Object.fromEntries(
      counted.flatMap((table) => {
        const there = database.query("select 1 from sqlite_master where type = 'table' and name = ?").get(table);
        if (there === null) return [];
        const { n } = database.query(`select count(*) as n from ${table}`).get() as { n: number };
        return [[table, n]];
      }),
    ),
  );
