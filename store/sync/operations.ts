/** Operations that read tickets back or record the outcome of a delivery: both change the incident in the same commit. */
import { notIdentified, type RemoteChange, type Ticket, type TicketSystemName } from "../../core/tickets/ticket.ts";
import type { Operations } from "../database/operation.ts";
import { applyIncidentChange } from "../incidents/incident-changes.ts";
import { findIncidents } from "../incidents/incident-rows.ts";
import { changeRules, type OpenIncidents } from "../incidents/operations.ts";
import { correlationAuthor, UnitOfWork } from "../incidents/unit-of-work.ts";
import { type DeliveryOutcome, outcomeStatements } from "../outbox/delivery-outcomes.ts";
import { isStillOf } from "../outbox/due-deliveries.ts";
import { ownerOfTicket } from "../outbox/made-tickets.ts";
import { bringUpToDate, dropUpdatesOfPredecessor } from "../outbox/ticket-updates.ts";
import { findDelivery, previousKey, ticketOfDelivery } from "../outbox/tickets.ts";
import { discardDeliveries, discardDelivery } from "./give-up.ts";
import { renewTicket } from "./renew-ticket.ts";
import {
  dueReadings,
  knownComments,
  markAllForReading,
  markForReading,
  markStaleForReading,
  noteChanges,
  oldestTicket,
  readCursor,
  recordFailedReading,
  saveCursor,
} from "./ticket-readings.ts";
import { applyReading, type Reading, ticketGone } from "./ticket-sync.ts";

export const syncOperations = {
  /** Writes an outcome; a new ticket is linked to its incident, with an event, in the same write. */
  finishDelivery: { kind: "write", run: finishDelivery },
  /** Writes a reading of a ticket and the changes of its incident in one write. */
  applyReading: {
    kind: "write",
    run: (open, reading: Reading, now: number) =>
      UnitOfWork.inOneTransaction(open, correlationAuthor, now, (unit) =>
        applyReading(unit, changeRules(open), reading),
      ),
  },
  readCursor: { kind: "read", run: ({ database }, system: TicketSystemName) => readCursor(database, system) },
  saveCursor: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, cursor: string) => saveCursor(database, system, cursor),
  },
  noteChanges: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, changes: readonly RemoteChange[], now: number) =>
      noteChanges(database, system, changes, now),
  },
  markForReading: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, remoteId: string, now: number) =>
      markForReading(database, system, remoteId, now),
  },
  markAllForReading: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, now: number) => markAllForReading(database, system, now),
  },
  markStaleForReading: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, most: number, now: number) =>
      markStaleForReading(database, system, most, now),
  },
  dueReadings: {
    kind: "read",
    run: ({ database }, system: TicketSystemName, now: number, limit: number) =>
      dueReadings(database, system, now, limit),
  },
  oldestTicket: { kind: "read", run: ({ database }, system: TicketSystemName) => oldestTicket(database, system) },
  knownComments: { kind: "read", run: ({ database }, ticketId: number) => knownComments(database, ticketId) },
  recordFailedReading: {
    kind: "write",
    run: ({ database }, ticketId: number, now: number) => recordFailedReading(database, ticketId, now),
  },
  /** A step of those that are meant; the next one begins where this one says. */
  discardDeliveries: { kind: "write", run: discardDeliveries },
  discardDelivery: { kind: "write", run: discardDelivery },
  renewTicket: { kind: "write", run: renewTicket },
  ticketGone: {
    kind: "write",
    run: (open, ticket: Ticket, now: number) =>
      UnitOfWork.inOneWrite(open, correlationAuthor, now, (unit) => ticketGone(unit, ticket)),
  },
} satisfies Operations<OpenIncidents>;

/**
 * `taken`: the ticket is another incident's, so it is not linked, and the create waits for a person. `decided`: a person has decided meanwhile, or changed
 * what it was made of, and nothing is written.
 */
export type Finished = "done" | "taken" | "decided";

async function finishDelivery(open: OpenIncidents, outcome: DeliveryOutcome, now: number): Promise<Finished> {
  const { database, ticketRules } = open;
  const ticket = outcome.remote === null ? null : await ticketOfDelivery(database, outcome.id);
  const author = { who: "rhythmx", source: ticket?.system ?? "rhythmx" };
  return UnitOfWork.inOneTransaction(open, author, now, async (unit) => {
    const { state } = (await findDelivery(database, outcome.id)) ?? { state: "discarded" };
    if (state === "discarded" || state === "confirmed") return "decided";
    if (outcome.of != null && !(await isStillOf(database, outcome.id, outcome.of))) return "decided";
    if (ticket === null || outcome.remote === null) {
      unit.add(...outcomeStatements(outcome, now));
      return "done";
    }
    if ((await ownerOfTicket(database, ticket.system, outcome.remote, ticket.id)) !== null) {
      unit.add(...outcomeStatements(taken(outcome, outcome.remote.key, now), now));
      return "taken";
    }
    unit.add(...outcomeStatements(outcome, now));
    unit.add(...bringUpToDate(ticket.id, ticketRules.policies, now), dropUpdatesOfPredecessor(ticket.id, now));
    await unit.flush();
    const { key: id, url } = outcome.remote;
    const { system, incidentId } = ticket;
    const instead = await previousKey(database, ticket);
    const request = { ticket: { id, url, system, ...(instead === null ? {} : { instead }) } };
    // Retention may have removed the incident in the meantime.
    if ((await findIncidents(database, [incidentId])).has(incidentId))
      await applyIncidentChange(unit, changeRules(open), incidentId, request);
    return "done";
  });
}

/** A target that names another incident's ticket, as one that merges duplicates does: what it has made is looked up once, then a person names it. */
function taken(outcome: DeliveryOutcome, key: string, now: number): DeliveryOutcome {
  const detail = `the target answers with ${key}, which is another incident's ticket`;
  const unknown = { state: "unknown" as const, cause: notIdentified, lookups: 0, nextAttemptAt: now, detail };
  return { ...outcome, ...unknown, remote: null, next: null };
}
