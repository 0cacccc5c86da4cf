/** After a clock that was ahead has been set back, what it had planned would wait until the old time has come round. */
import { longestUnreadMs } from "../../core/tickets/sync.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import { minuteMs, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";

/**
 * Deliveries that were planned at a time which is still to come wait from now on, as long as they were to wait then; tickets that would not be read
 * for longer than any ticket waits are read now. Returns how many waits were changed.
 */
export async function keepWaits(database: Database, system: TicketSystemName, now: number): Promise<number> {
  const results = await database.write([
    {
      sql: `update deliveries set next_attempt_at = ?1 + max(0, next_attempt_at - cast(unixepoch(updated_at, 'subsec') * 1000 as integer)), updated_at = ?2
        where system = ?3 and state in ('planned', 'unknown') and next_attempt_at > ?1 and updated_at > ?4`,
      args: [now, toIso(now), system, toIso(now + minuteMs)],
    },
    {
      sql: "update tickets set read_at = ?1 where system = ?2 and read_at > ?3",
      args: [now, system, now + longestUnreadMs],
    },
  ]);
  return results.reduce((sum, { rowsAffected }) => sum + rowsAffected, 0);
}
