/** Identifies the ticket of a create by the number that a person gives. The ticket is read and compared before it is linked. */
import { DeliveryError, EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import {
  correlationOf,
  type Delivery,
  incidentIn,
  notIdentified,
  type RemoteTicket,
  unknownOutcome,
} from "../../core/tickets/ticket.ts";
import type { KnownTicket, TicketCandidate, TicketSystem } from "../../core/tickets/ticket-system.ts";
import { recordingExchanges, unrecorded } from "../../integrations/exchanges.ts";
import type { Store } from "../../store/open-store.ts";
import { isHidden } from "./lane/failures.ts";

/** How many other tickets of ours are tried, to check that the account can read them. */
const mostKnown = 10;

/** Whether the create made a ticket, or may have, and waits for a person to name it. */
export function isUndecided({ kind, cause, state }: Delivery): boolean {
  return kind === "create" && state === "parked" && (cause === notIdentified || cause === unknownOutcome);
}

/**
 * Returns the ticket with this number. Refused: the ticket of another incident, and one that the account should see but does not.
 * @throws EdgeError delivery_state, identify_refused; UsageError: not a number; DeliveryError: the target does not answer
 */
export function identifyDelivery(
  delivery: Delivery,
  number: string,
  who: string,
  { store, clock, target, sees }: { store: Store; clock: Clock; target: TicketSystem; sees: SeesEntity },
): Promise<RemoteTicket> {
  return recordingExchanges(async (exchanges) => {
    const { id, incidentId, system, attempts, lookups } = delivery;
    if (!isUndecided(delivery))
      throw new EdgeError(
        "delivery_state",
        "only a create that was made and not identified, or whose outcome is unknown, can be linked to a ticket that somebody names",
      );
    const begun = clock.now();
    const ticket = await store.tickets.ticketOfDelivery(id);
    if (ticket === null) throw new EdgeError("delivery_unknown", `there is no delivery ${id}`);
    const ours = correlationOf(system, incidentId, ticket.generation);
    const named = await target
      .named(number.trim(), { correlation: ours, hint: delivery.hint })
      .catch((error: unknown) => {
        if (error instanceof DeliveryError && error.code === "number_form")
          throw new UsageError(`number: ${error.message}`);
        throw error;
      });
    const { key } = named.ticket;
    if (named.correlation !== null && named.correlation.toLowerCase() !== ours.toLowerCase())
      throw refused(
        `${key} belongs to ${(await isSeen(named.correlation, store, sees)) ? named.correlation : another}`,
      );
    const owner = await store.tickets.ownerOfTicket(system, named.ticket, ticket.id);
    if (owner !== null) throw refused(`${key} is the ticket of ${sees(owner.entity) ? owner.incidentId : another}`);
    if (!named.seen && named.elsewhere === undefined) {
      const known = await store.tickets.knownTickets(system, ticket.id, mostKnown);
      if (known.length > 0 && (await findsOwn(target, known))) throw refused(`there is no ${key} in ${system}`);
    }
    if (!(await store.tickets.takeUndecided(id, clock.now()))) throw decidedOtherwise();
    const why =
      named.elsewhere === undefined
        ? "the account may not read its own tickets"
        : `it was sent to ${named.elsewhere}, which the settings no longer name`;
    const unseen = named.seen ? null : `named by ${who}; ${why}, so it was not checked`;
    const exchange = exchanges.last ?? { request: "", status: null, words: "", sent: null, answer: null };
    const finished = await store.tickets.finishDelivery(
      {
        id,
        state: "confirmed",
        attempts,
        lookups,
        nextAttemptAt: clock.now(),
        cause: null,
        detail: unseen,
        attempt: {
          at: begun,
          durationMs: Math.max(0, clock.now() - begun),
          action: "lookup",
          ...exchange,
          outcome: `identified as ${key} by ${who}`,
        },
        remote: named.ticket,
        commentId: null,
        known: null,
        next: target.link === null ? null : { kind: "link", content: null },
        throttled: null,
      },
      clock.now(),
    );
    if (finished === "taken") throw refused(`${key} is the ticket of ${another}`);
    if (finished === "decided") throw decidedOtherwise();
    return named.ticket;
  });
}

/** Whether whoever asks may see what is of this entity. */
export type SeesEntity = (entity: string) => boolean;

const another = "another incident";

/** Whether somebody may see the incident of this correlation. One that is not known here is of no entity. */
async function isSeen(correlation: string, store: Store, sees: SeesEntity): Promise<boolean> {
  const incident = await store.tickets.findIncident(incidentIn(correlation));
  return sees(incident?.entity ?? "");
}

/** What a person may choose from to name the ticket of a create. */
export interface FoundCandidates {
  candidates: readonly (TicketCandidate & {
    /** The incident whose ticket it is already; null = none. */
    ticketOf: string | null;
  })[];
  /** Why there may be others that are not among them; null = these are all. */
  doubt: string | null;
}

/**
 * The tickets that the target shows for the correlation of a create. Those of incidents that whoever asks may not see are left out: their titles tell of
 * them. @throws EdgeError delivery_state, delivery_unknown
 */
export async function candidatesOf(
  delivery: Delivery,
  { store, target, sees }: { store: Store; target: TicketSystem; sees: SeesEntity },
): Promise<FoundCandidates> {
  const { id, incidentId, system, hint } = delivery;
  if (!isUndecided(delivery))
    throw new EdgeError("delivery_state", "it is known by now what became of it: look at it again");
  const ticket = await store.tickets.ticketOfDelivery(id);
  if (ticket === null) throw new EdgeError("delivery_unknown", `there is no delivery ${id}`);
  if (target.candidates === null)
    return { candidates: [], doubt: `${system} lists no tickets to choose from: look there by hand` };
  try {
    const found = await target.candidates({ correlation: correlationOf(system, incidentId, ticket.generation), hint });
    const candidates: FoundCandidates["candidates"][number][] = [];
    for (const one of found) {
      const owner = await store.tickets.ownerOfTicket(system, one.ticket, ticket.id);
      const seen = await Promise.all(one.others.map((other) => isSeen(other, store, sees)));
      if (seen.includes(false) || (owner !== null && !sees(owner.entity))) continue;
      const [other] = one.others;
      candidates.push({ ...one, ticketOf: owner?.incidentId ?? (other === undefined ? null : incidentIn(other)) });
    }
    const hidden = found.length - candidates.length;
    if (hidden > 0)
      return {
        candidates,
        doubt: `${hidden} more cannot be chosen: they are tickets of incidents that you do not see`,
      };
    if (candidates.length > 0) return { candidates, doubt: null };
    const known = await store.tickets.knownTickets(system, ticket.id, mostKnown);
    const seesOwn = known.length > 0 && (await findsOwn(target, known));
    return {
      candidates,
      doubt: seesOwn ? null : "The account has read no other ticket of its own, so that says little",
    };
  } catch (error) {
    if (error instanceof DeliveryError) return { candidates: [], doubt: error.message };
    throw error;
  }
}

/** An account that may not read its own tickets cannot check a number: the person's word counts. @throws DeliveryError */
async function findsOwn(target: TicketSystem, known: readonly KnownTicket[]): Promise<boolean> {
  try {
    return await unrecorded(() => target.findsOwn(known));
  } catch (error) {
    if (isHidden(error)) return false;
    throw error;
  }
}

function refused(why: string): EdgeError {
  return new EdgeError("identify_refused", `${why}: give the number of the ticket that this incident has`);
}

function decidedOtherwise(): EdgeError {
  return new EdgeError("delivery_state", "it is being decided otherwise at this moment: look at it again");
}
