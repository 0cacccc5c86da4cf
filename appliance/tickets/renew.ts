/** Another ticket for an incident whose ticket was deleted in its target. Somebody decides that; the target is looked at once more first. */
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { Ticket } from "../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../core/tickets/ticket-system.ts";
import type { Store } from "../../store/open-store.ts";
import type { PlannedTicket } from "../../store/outbox/tickets.ts";
import type { AuditAuthor, AuditLog } from "../access/audit-log.ts";

/** How many other tickets are tried, to check that the account can read its own. */
const mostKnown = 5;

interface RenewParts {
  store: Store;
  clock: Clock;
  audit: AuditLog;
  target: TicketSystem;
}

/**
 * Plans a ticket of the next generation for `gone`, which is looked for first: by its id, and where it is not found, whether the account finds others.
 * @throws EdgeError ticket_there: it is not gone, or is back; ticket_doubtful: the account may not see it; DeliveryError
 */
export async function renewTicket(
  gone: Ticket,
  planned: Omit<PlannedTicket, "incidentId" | "entity" | "system" | "trigger" | "who" | "afterSeq">,
  reason: string | null,
  author: AuditAuthor,
  { store, clock, audit, target }: RenewParts,
): Promise<void> {
  const { incidentId, entity, system, remote } = gone;
  await expectGone(gone, target, { store, clock });
  const isPlanned = await store.tickets.renewTicket(
    { ...planned, incidentId, entity, system, trigger: "manual", who: author.who, afterSeq: null },
    reason,
    { who: author.who, source: author.source },
    clock.now(),
  );
  if (!isPlanned)
    throw new EdgeError(
      "ticket_there",
      "another ticket has been asked for meanwhile, or this one is there again: look at it",
    );
  await audit.note(author, "ticket.renew", incidentId, {
    system,
    gone: remote?.key ?? null,
    ...(reason === null ? {} : { reason }),
  });
}

/** @throws EdgeError ticket_there, ticket_doubtful; DeliveryError */
async function expectGone(
  ticket: Ticket,
  target: TicketSystem,
  { store, clock }: Pick<RenewParts, "store" | "clock">,
): Promise<void> {
  const { id, system, remote, goneAt } = ticket;
  const key = remote?.key ?? "the ticket";
  if (goneAt === null || remote === null)
    throw new EdgeError("ticket_there", `${key} is not known to be gone from ${system}: there is at most one ticket`);
  const expectMissing = async () => {
    if ((await target.read(remote.id)) === null) return;
    // Its updates go on once it is read.
    await store.tickets.markForReading(system, remote.id, clock.now());
    throw new EdgeError(
      "ticket_there",
      `${key} is there again in ${system}: it is kept in step from now on, and no other one was made`,
    );
  };
  await expectMissing();
  const known = await store.tickets.knownTickets(system, id, mostKnown);
  if (known.length > 0 ? await target.findsOwn(known) : ticket.wasRead || target.testShowsReading)
    // An account that has got its rights back since finds this one, too.
    return expectMissing();
  throw new EdgeError(
    "ticket_doubtful",
    `${key} is not found in ${system}, but neither is any other ticket of ours: the account may have lost the right to read them. Test the connection first`,
  );
}
