/** A new ticket of an incident whose ticket was deleted in its target: a person's decision, noted in the incident's history in the same commit. */
import type { OpenIncidents } from "../incidents/operations.ts";
import { type Author, UnitOfWork } from "../incidents/unit-of-work.ts";
import { findTicket, type PlannedTicket, planTickets } from "../outbox/tickets.ts";

/** Plans the next generation. The ledger keeps the row of the one before. Returns false where the present ticket is not known to be gone. */
export async function renewTicket(
  open: OpenIncidents,
  planned: PlannedTicket,
  reason: string | null,
  author: Author,
  now: number,
): Promise<boolean> {
  return UnitOfWork.inOneWrite(open, author, now, async (unit) => {
    const { incidentId, system } = planned;
    const present = await findTicket(open.database, incidentId, system);
    if (present === null || present.goneAt === null) return false;
    unit.add(...planTickets([planned], now));
    unit.addHistory("incident", incidentId, {
      action: "TICKET_RENEWED",
      field: `${system}_ticket`,
      old: present.remote?.key ?? null,
      new: reason,
    });
    return true;
  });
}
