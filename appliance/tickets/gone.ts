/** Tickets that are no longer in their system. */
import type { Clock } from "../../core/ports.ts";
import type { Ticket, TicketSystem } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../log.ts";

/**
 * A ticket that is said not to be there: true when that has been made sure of, and written down. An account that sees nothing any more finds
 * none either, so that is tried first. @throws DeliveryError
 */
export async function isGone(
  ticket: Ticket,
  target: TicketSystem,
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
): Promise<boolean> {
  const { system, incidentId: incident, remote } = ticket;
  const steps = await target.test();
  if (steps.some(({ ok }) => !ok)) {
    // A probe that failed: when one is good, what was refused for it goes again.
    const count = ((await store.tickets.readProbe(system))?.count ?? 0) + 1;
    await store.tickets.saveProbe(system, { count, last: clock.now(), ok: false });
    return false;
  }
  if (await store.tickets.ticketGone(ticket, clock.now()))
    log.warn("a ticket is gone", { system, incident, ticket: remote?.key });
  return true;
}
