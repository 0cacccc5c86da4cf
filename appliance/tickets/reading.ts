/** What a reading of a ticket takes besides its state: what others wrote, and whether it is there at all. */
import { DeliveryError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { RemoteComment, Ticket, TicketSystem } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

/** By so many other tickets of ours it is seen whether the account still reads them. */
const mostKnown = 5;

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
  const known = await store.tickets.knownTickets(system, ticket.id, mostKnown);
  // Who has never read it, and reads no other one either, does not see tickets of its own: it is hidden.
  const sees = known.length > 0 ? await target.findsOwn(known) : ticket.wasRead || target.testShowsReading;
  if (!sees || steps.some(({ ok }) => !ok)) {
    // A probe that failed: when one is good, what was refused for it goes again.
    const count = ((await store.tickets.readProbe(system))?.count ?? 0) + 1;
    await store.tickets.saveProbe(system, { count, last: clock.now(), ok: false });
    return false;
  }
  if (await store.tickets.ticketGone(ticket, clock.now()))
    log.warn("a ticket is gone", { system, incident, ticket: remote?.key });
  return true;
}

/** The newest first. An account that may not read comments learns nothing of them: the rest is kept in step all the same. @throws DeliveryError */
export async function commentsOf(ticket: Ticket, target: TicketSystem, store: Store): Promise<RemoteComment[]> {
  const seen = new Set(await store.tickets.knownComments(ticket.id));
  try {
    return await target.comments(ticket.remote?.id ?? "", (commentId) => seen.has(commentId));
  } catch (error) {
    if (error instanceof DeliveryError && (error.code === "forbidden" || error.code === "not_found")) return [];
    throw error;
  }
}
