/** Looks up a create that may have arrived, and decides what to do if no ticket is found. */
import { DeliveryError, messageOf } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import { afterEmptyLookup, forOneLook, type Next, type RetrySettings } from "../../../core/tickets/retry.ts";
import {
  type Delivery,
  notIdentified,
  type RemoteTicket,
  restored,
  sendAgain,
  unknownOutcome,
} from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import type { Store } from "../../../store/open-store.ts";
import { isHidden } from "./failures.ts";

/** How many known tickets are tried, to check that the account can see them. */
const mostKnown = 10;

export type Finding =
  | { kind: "found"; remote: RemoteTicket }
  /** No ticket was found, and a person wants it sent again. */
  | { kind: "send again" }
  | { kind: "settled"; next: Next; cause: string | null; detail: string | null; outcome: string };

/** An empty look-up counts only if the account finds other tickets of ours; otherwise a person has to decide. @throws DeliveryError, StoreError */
export async function lookUp(
  delivery: Delivery,
  target: TicketSystem,
  correlation: string,
  { store, clock, retry }: { store: Store; clock: Clock; retry: RetrySettings },
): Promise<Finding> {
  const { system, ticketId, cause, detail, hint } = delivery;
  try {
    const { remote, doubt } = await seen(target, correlation, hint, cause === restored);
    // A target that does not support the query may return any ticket.
    if (remote !== null && (await store.tickets.ownerOfTicket(system, remote, ticketId)) === null)
      return { kind: "found", remote };
    if (cause === notIdentified) return undecided(delivery, null, clock);
    // A target without hints has a consistent look-up, so one is enough. After a restore Jira may have no ticket that would give a hint.
    const isOneLook = (hint === null && !(cause === restored && system === "jira")) || cause === sendAgain;
    const next = afterEmptyLookup(delivery, isOneLook ? forOneLook(delivery, retry) : retry, clock.now());
    if (next.state === "unknown") return { kind: "settled", next, cause, detail, outcome: "not found" };
    if (cause === sendAgain) return { kind: "send again" };
    if (next.state === "parked" || doubt !== null) return undecided(delivery, doubt, clock);
    const known = await store.tickets.knownTickets(system, ticketId, mostKnown);
    if (known.length > 0 && (await target.findsOwn(known)))
      return { kind: "settled", next, cause, detail, outcome: "not found" };
    const why = "nothing was found, but the account has not yet read a ticket of its own, so that says nothing";
    return undecided(delivery, why, clock);
  } catch (error) {
    // The person who wants it sent again knows that the account cannot see it.
    if (isHidden(error) && cause === sendAgain) return { kind: "send again" };
    if (isHidden(error)) return undecided(delivery, messageOf(error), clock);
    throw error;
  }
}

/** What the target shows; `doubt`: why it may be there all the same, null = no reason. @throws DeliveryError */
async function seen(
  target: TicketSystem,
  correlation: string,
  hint: string | null,
  /** Since the backup any number of tickets may have followed, and what is older than the last minutes is found by the search. */
  isOld: boolean,
): Promise<{ remote: RemoteTicket | null; doubt: string | null }> {
  try {
    return { remote: await target.find(correlation, hint), doubt: null };
  } catch (error) {
    if (error instanceof DeliveryError && error.code === "inconclusive")
      return { remote: null, doubt: isOld ? null : error.message };
    throw error;
  }
}

/** Leaves the decision to a person; `why`: what the look-up showed, null = nothing. */
function undecided({ attempts, lookups, cause, detail }: Delivery, why: string | null, clock: Clock): Finding {
  const isMade = cause === notIdentified;
  const said = [isMade ? detail : null, why ?? (isMade ? null : "nothing was found")].filter((one) => one !== null);
  return {
    kind: "settled",
    next: { state: "parked", attempts, lookups: lookups + 1, nextAttemptAt: clock.now(), reason: "parked" },
    cause: isMade ? notIdentified : unknownOutcome,
    detail: `${said.join("; ")}: look for it there, and say which ticket it is, send it again or discard it`,
    outcome: why === null ? "not found" : "not seen",
  };
}
