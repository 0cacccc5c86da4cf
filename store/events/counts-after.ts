/** Events that another node has written. */
import type { AppendedCounts, EventKind } from "../../core/event.ts";
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";

/** How many events of each kind follow a position. */
export async function countsAfter(database: Database, seq: number): Promise<AppendedCounts> {
  const { rows } = await database.read(
    "select kind, count(*) as n from event_log where seq > ? group by kind order by kind",
    [seq],
  );
  return Object.fromEntries(rows.map((row) => [text(row, "kind") as EventKind, integer(row, "n")]));
}
