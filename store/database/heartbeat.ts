/**
 * A small write at regular intervals. It notices when the disk accepts writes again, and records how long the appliance ran and for how
 * much longer its clock is not trusted, so that a restart does not make a clock that has jumped look steady.
 */
import { toIso } from "../../core/time.ts";
import type { Database } from "./database.ts";
import { fromIso } from "./iso.ts";
import { text } from "./rows.ts";

export interface LastHeartbeat {
  /** Epoch milliseconds. */
  at: number;
  /** Milliseconds for which the clock was still not trusted. */
  distrustMs: number;
}

/** Records `now` (epoch ms) and, unless null, `distrustMs`; returns the previous record, or null the first time. */
export async function heartbeat(
  database: Database,
  now: number,
  distrustMs: number | null,
): Promise<LastHeartbeat | null> {
  const { rows } = await database.read("select key, value from meta where key in ('alive_at', 'clock_distrust_ms')");
  const before = new Map(rows.map((row) => [text(row, "key"), text(row, "value")]));
  const put = (key: string, value: string) => ({
    sql: "insert into meta (key, value) values (?1, ?2) on conflict (key) do update set value = ?2",
    args: [key, value],
  });
  await database.write([
    put("alive_at", toIso(now)),
    ...(distrustMs === null ? [] : [put("clock_distrust_ms", String(Math.round(distrustMs)))]),
  ]);
  const at = before.get("alive_at");
  return at === undefined ? null : { at: fromIso(at), distrustMs: Number(before.get("clock_distrust_ms") ?? 0) };
}
