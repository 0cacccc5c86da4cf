/** Looks up a create or a comment that may have arrived, and decides what to do if it is not found. */
import { DeliveryError, messageOf, StoreError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import { afterEmptyLookup, forOneLook, type Next, type RetrySettings } from "../../../core/tickets/retry.ts";
import {
  type Delivery,
  notIdentified,
  notLookedUp,
  type RemoteTicket,
  restored,
  sendAgain,
  type Ticket,
  unknownOutcome,
} from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import { isRefused } from "../../../integrations/answers.ts";
import { unrecorded } from "../../../integrations/exchanges.ts";
import type { Store } from "../../../store/open-store.ts";
import type { Log } from "../../runtime/log.ts";
import { causeOf } from "./failures.ts";
import { expectOurs, whereIs } from "./reading.ts";

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
    if (remote !== null && (await store.tickets.ownerOfTicket(system, remote, ticketId)) === null)
      return { kind: "found", remote };
    if (remote !== null && cause !== sendAgain)
      return undecided(delivery, `${remote.key}, which it shows for it, is another incident's ticket`, clock);
    if (cause === notIdentified) return undecided(delivery, null, clock);
    const isOneLook = !target.searchLags || cause === sendAgain;
    const next = afterEmptyLookup(delivery, isOneLook ? forOneLook(delivery, retry) : retry, clock.now());
    if (next.state === "unknown") return { kind: "settled", next, cause, detail, outcome: "not found" };
    if (cause === sendAgain) return { kind: "send again" };
    if (next.state === "parked" || doubt !== null) return undecided(delivery, doubt, clock);
    const known = await store.tickets.knownTickets(system, ticketId, mostKnown);
    if (known.length > 0 && (await unrecorded(() => target.findsOwn(known)))) {
      // An account that has got its rights back since finds this one, too, and so does the next look. A search that lags was asked several times.
      const again = target.searchLags ? [] : await unrecorded(() => target.findAll(correlation));
      if (again.length === 0) return { kind: "settled", next, cause, detail, outcome: "not found" };
      const nextAttemptAt = clock.now() + Math.ceil(retry.baseDelaySeconds * 1000);
      const soon = { ...next, state: "unknown" as const, lookups: delivery.lookups, nextAttemptAt };
      return { kind: "settled", next: soon, cause, detail, outcome: "not seen" };
    }
    const why = "nothing was found, but the account has not yet read a ticket of its own, so that says nothing";
    return undecided(delivery, why, clock);
  } catch (error) {
    // The person who wants it sent again knows that it cannot be looked up.
    if (isRefused(error) && cause === sendAgain) return { kind: "send again" };
    if (isRefused(error)) return undecided(delivery, messageOf(error), clock);
    throw error;
  }
}

export type CommentFinding = { commentId: string } | Extract<Finding, { kind: "settled" }>;

/** The same for a comment. Reading is consistent, so one look is enough. @throws DeliveryError, StoreError */
export async function lookUpComment(
  delivery: Delivery,
  ticket: Ticket | null,
  target: TicketSystem,
  { store, clock, log, retry }: { store: Store; clock: Clock; log: Log; retry: RetrySettings },
): Promise<CommentFinding> {
  const { id, attempts, lookups, cause, detail } = delivery;
  try {
    if (ticket !== null) await expectOurs(ticket, target);
    const found = await target.findComment(ticket?.remote?.id ?? "", id);
    if (found !== null) return found;
    const next = afterEmptyLookup(delivery, forOneLook(delivery, retry), clock.now());
    return { kind: "settled", next, cause, detail, outcome: "not found" };
  } catch (error) {
    if (!isRefused(error)) throw error;
    const isMissing = causeOf(error) === "not_found" && ticket !== null;
    const where = isMissing
      ? await unrecorded(() => whereIs(ticket, target, { store, clock, log })).catch(notSeen)
      : "hidden";
    if (where === "there") throw error;
    return {
      kind: "settled",
      next: { state: "parked", attempts, lookups: lookups + 1, nextAttemptAt: clock.now(), reason: "parked" },
      cause: where === "gone" ? "ticket_gone" : notLookedUp,
      detail: `it may be there, and cannot be looked up: ${messageOf(error)}`,
      outcome: causeOf(error),
    };
  }
}

/** For `catch`: whatever the target says, it is not known to be gone. @throws StoreError */
function notSeen(error: unknown): "hidden" {
  if (error instanceof StoreError) throw error;
  return "hidden";
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
    if (error instanceof DeliveryError && ["elsewhere", "unfiltered"].includes(error.code))
      return { remote: null, doubt: error.message };
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
