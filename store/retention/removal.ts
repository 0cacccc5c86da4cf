/** Which readers would miss events that a pass of retention removes, for people who look before they shorten it. */
import type { Database } from "../database/database.ts";
import { integer, text } from "../database/rows.ts";

export interface UnreadEvents {
  reader: string;
  /** Those of other feeds are counted too. */
  events: number;
}

/** Of the `removed` oldest events, how many each reader has not read yet. */
export async function countUnread(database: Database, removed: number): Promise<UnreadEvents[]> {
  const { rows } = await database.read(
    `select reader, position, (select seq from event_log order by seq limit 1) as first from reader_positions order by reader`,
  );
  return rows.flatMap((row) => {
    if (row.first === null) return [];
    const first = integer(row, "first");
    const events = first + removed - Math.max(first, integer(row, "position") + 1);
    return events > 0 ? [{ reader: text(row, "reader"), events }] : [];
  });
}
