/** The target of a system is another one by now: another address, or another account. */
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";

/**
 * Notes the target by its name (`Throttle`). Where it is not the one of before, what waits because of that goes now, made anew from the incident unless a
 * person has approved the request; look-ups wait no longer than until `lookUpBy` (epoch ms), because the schedule of a search that lags still holds.
 * Returns whether it is another one.
 */
export async function noteTarget(
  database: Database,
  system: TicketSystemName,
  name: string,
  now: number,
  lookUpBy: number,
): Promise<boolean> {
  const key = `target/${system}`;
  const { rows } = await database.read("select value from meta where key = ?", [key]);
  const before = rows[0] === undefined ? null : text(rows[0], "value");
  if (before === name) return false;
  const noted = {
    sql: "insert into meta values (?, ?) on conflict do update set value = excluded.value",
    args: [key, name],
  };
  const probes = { sql: "delete from meta where key = ?", args: [`probe/${system}`] };
  const planned = {
    sql: `update deliveries set next_attempt_at = min(next_attempt_at, ?1), updated_at = ?2,
        payload = case when kind = 'create' and trigger = 'auto' then null else payload end
      where system = ?3 and state = 'planned' and (next_attempt_at > ?1 or (kind = 'create' and payload is not null))`,
    args: [now, toIso(now), system],
  };
  const unknown = {
    sql: "update deliveries set next_attempt_at = ?1 where system = ?2 and state = 'unknown' and next_attempt_at > ?1",
    args: [lookUpBy, system],
  };
  await database.write([noted, ...(before === null ? [] : [probes, planned, unknown])]);
  return before !== null;
}
