/** A small write at regular times: it notices a disk that takes writes again, and remembers until when the appliance ran. */
import type { Database } from "./database.ts";
import { fromIso, toIso } from "./iso.ts";
import { text } from "./rows.ts";

/** Records `now` (epoch ms) and returns the time recorded before, null on the first. */
export async function heartbeat(database: Database, now: number): Promise<number | null> {
  const { rows } = await database.read("select value from meta where key = 'alive_at'");
  await database.write([
    {
      sql: "insert into meta (key, value) values ('alive_at', ?1) on conflict (key) do update set value = ?1",
      args: [toIso(now)],
    },
  ]);
  return rows[0] === undefined ? null : fromIso(text(rows[0], "value"));
}
