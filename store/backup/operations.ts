/** What is remembered of the last backup, across restarts. */
import type { Database } from "../database/database.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { text } from "../database/rows.ts";

/** The last backup that succeeded. */
export interface LastBackup {
  /** Epoch milliseconds. */
  at: number;
  bytes: number;
  /** Where it was put. */
  path: string;
}

const key = "last_backup";

async function noteBackup(database: Database, backup: LastBackup): Promise<void> {
  await database.write([
    {
      sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
      args: [key, JSON.stringify(backup)],
    },
  ]);
}

async function lastBackup(database: Database): Promise<LastBackup | null> {
  const { rows } = await database.read("select value from meta where key = ?", [key]);
  return rows[0] === undefined ? null : (JSON.parse(text(rows[0], "value")) as LastBackup);
}

export const backupOperations = {
  noteBackup: { kind: "write", shares: true, run: ({ database }, backup: LastBackup) => noteBackup(database, backup) },
  lastBackup: { kind: "read", run: ({ database }) => lastBackup(database) },
} satisfies Operations<OpenDatabase>;
