/** Reads a ticket's comments, and checks whether a missing ticket is really gone. */
import { DeliveryError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import { correlationOf, type RemoteComment, type Ticket } from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import type { Store } from "../../../store/open-store.ts";
import type { Log } from "../../runtime/log.ts";

/** How many other tickets are tried, to check that the account can still read them. */
const mostKnown = 5;

/**
 * Before a ticket is read or written by its id: the settings may name another site or table by now, which has a ticket of that id, too, or does not
 * have it and says that it is gone. @throws DeliveryError other_site
 */
export async function expectOurs(
  { system, incidentId, generation, remote }: Ticket,
  target: TicketSystem,
): Promise<void> {
  if (remote === null) return;
  if (await target.owns({ remote, correlation: correlationOf(system, incidentId, generation) })) return;
  throw new DeliveryError(
    "other_site",
    `${remote.key} was made at ${remote.url}, and what the settings name now does not have it (another ticket may have its number there): set the address and table of before again, or give this up`,
    { retryable: false, data: { permanent: true, status: null, words: "" } },
  );
}

export type Whereabouts = "gone" | "hidden" | "there";

/**
 * Checks a ticket that the target reports as missing: `gone`, which is recorded; `hidden`: the account may have lost its permissions, so that it finds no
 * other ticket either; or `there`: it has got them back since. @throws DeliveryError
 */
export async function whereIs(
  ticket: Ticket,
  target: TicketSystem,
  { store, clock, log }: { store: Store; clock: Clock; log: Log },
): Promise<Whereabouts> {
  const { system, incidentId: incident, remote } = ticket;
  const steps = await target.test();
  const known = await store.tickets.knownTickets(system, ticket.id, mostKnown);
  // The account has never read this ticket and can read no other one: it cannot see its own tickets.
  const sees = known.length > 0 ? await target.findsOwn(known) : ticket.wasRead || target.testShowsReading;
  if (!sees || steps.some(({ ok }) => !ok)) {
    // Recorded as a failed probe: the next successful one resumes what was refused because of it.
    const count = (await store.tickets.readProbe(system))?.count ?? 0;
    await store.tickets.saveProbe(system, { count, last: clock.now(), ok: false });
    return "hidden";
  }
  // What is seen now may have been hidden when it was said to be missing.
  if (remote !== null && (await target.read(remote.id)) !== null) return "there";
  if (await store.tickets.ticketGone(ticket, clock.now()))
    log.warn("a ticket is gone", { system, incident, ticket: remote?.key });
  return "gone";
}

/** Comments, newest first. Without permission to read comments there are none, and the other fields are still synchronised. @throws DeliveryError */
export async function commentsOf(ticket: Ticket, target: TicketSystem, store: Store): Promise<RemoteComment[]> {
  const seen = new Set(await store.tickets.knownComments(ticket.id));
  try {
    return await target.comments(ticket.remote?.id ?? "", (commentId) => seen.has(commentId));
  } catch (error) {
    if (error instanceof DeliveryError && (error.code === "forbidden" || error.code === "not_found")) return [];
    throw error;
  }
}
