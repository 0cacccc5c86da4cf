/** What ticket systems did not take in the last days, and how levels moved meanwhile: for those who choose retries and cadence. */
import type { RiskLevel } from "../../core/risk.ts";
import type { TicketLevels } from "../../core/tickets/estimates/cadence.ts";
import type { FailedDelivery } from "../../core/tickets/estimates/retries.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";

/** So many of the newest attempts are looked at; a read takes no longer with more of them. */
const newestAttempts = 20_000;
/** An answer that says that it may be tried again (CONTRACT 6). */
const passing = "(a.status is null or a.status in (408, 409, 425, 429) or a.status >= 500)";

/** The newest first, up to `limit`; `isWhole`: the attempts of all the time since then were looked at. */
export async function failedDeliveries(
  database: Database,
  since: number,
  limit: number,
): Promise<{ deliveries: FailedDelivery[]; isWhole: boolean }> {
  const from = toIso(since);
  const { rows } = await database.read(
    `with newest as materialized (select * from delivery_attempts order by id desc limit ?2),
       failed as materialized (select a.delivery_id, min(a.at) as first_failed, max(a.at) as last_failed
         from newest a where a.at >= ?1 and a.action = 'send' and ${passing} group by a.delivery_id order by max(a.id) desc limit ?3)
     select f.*, d.kind, t.incident_id, t.system,
       (select min(a.at) from delivery_attempts a where a.delivery_id = f.delivery_id and a.at >= f.last_failed
         and (a.status between 200 and 299 and a.action = 'send' or a.outcome = 'found')) as done,
       (select count(*) from delivery_attempts a where a.delivery_id = f.delivery_id and a.action = 'send') as attempts,
       (select min(at) from newest) as oldest, (select count(*) from newest) as looked
     from failed f join deliveries d on d.id = f.delivery_id join tickets t on t.id = d.ticket_id`,
    [from, newestAttempts, limit],
  );
  const [row] = rows;
  const isWhole = row === undefined || integer(row, "looked") < newestAttempts || text(row, "oldest") < from;
  return {
    isWhole,
    deliveries: rows.map((one) => ({
      id: text(one, "delivery_id"),
      incidentId: text(one, "incident_id"),
      system: text(one, "system"),
      kind: text(one, "kind"),
      firstFailed: fromIso(text(one, "first_failed")),
      lastFailed: fromIso(text(one, "last_failed")),
      done: one.done === null ? null : fromIso(text(one, "done")),
      attempts: integer(one, "attempts"),
    })),
  };
}

/** Of the newest tickets those whose incidents have changed their level since then, with all levels of these. */
export async function ticketLevels(database: Database, since: number, limit: number): Promise<TicketLevels[]> {
  const { rows } = await database.read(
    `with newest as materialized (select id, incident_id, system, created_at from tickets where remote_id is not null order by id desc limit ?2),
       moved as materialized (select * from newest n where exists
         (select 1 from incident_history h where h.incident_id = n.incident_id and h.field = 'risk_level' and h.at >= ?1))
     select m.*, h.at, h.old, h.new from moved m cross join incident_history h on h.incident_id = m.incident_id and h.field = 'risk_level'
     order by m.id desc, h.id limit 50000`,
    [toIso(since), limit],
  );
  const found = new Map<
    number,
    TicketLevels & { levels: { at: number; level: RiskLevel; before: RiskLevel | null }[] }
  >();
  for (const row of rows) {
    const id = integer(row, "id");
    const ticket = found.get(id) ?? {
      incidentId: text(row, "incident_id"),
      system: text(row, "system"),
      createdAt: fromIso(text(row, "created_at")),
      levels: [],
    };
    ticket.levels.push({
      at: fromIso(text(row, "at")),
      level: text(row, "new") as RiskLevel,
      before: textOrNull(row, "old") as RiskLevel | null,
    });
    found.set(id, ticket);
  }
  return [...found.values()];
}
