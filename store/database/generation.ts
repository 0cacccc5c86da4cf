/**
 * The generation of the database. Positions in the event log (cursors, Last-Event-ID) are valid within one generation only: after a restore
 * the same numbers are used for other events, so a restore writes a new value, such as its time, under `generation` in `meta`.
 */
import type { Database } from "./database.ts";
import { text } from "./rows.ts";

/** 0 for a database that was never restored. */
export async function readGeneration(database: Database): Promise<number> {
  const { rows } = await database.read("select value from meta where key = 'generation'");
  const value = rows[0] === undefined ? 0 : Number(text(rows[0], "value"));
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}
