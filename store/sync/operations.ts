/** What can be asked about tickets that are read back, and the outcomes of deliveries: both change the incident in the same commit. */
import type { IncidentRequest } from "../../core/incident-change.ts";
import type { RemoteChange, Ticket, TicketSystemName } from "../../core/tickets/ticket.ts";
import type { Operations } from "../database/operation.ts";
import type { EventBatch } from "../events/event-batch.ts";
import { written } from "../events/open-log.ts";
import { type Author, applyIncidentChange } from "../incidents/incident-changes.ts";
import { findIncidents } from "../incidents/incident-rows.ts";
import { changeRules, type OpenIncidents } from "../incidents/operations.ts";
import { type DeliveryOutcome, outcomeStatements } from "../outbox/delivery-outcomes.ts";
import { bringUpToDate, dropUpdatesOfPredecessor } from "../outbox/ticket-updates.ts";
import { previousKey, ticketOfDelivery } from "../outbox/tickets.ts";
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
  /** Writes an outcome; a ticket that has become known is linked to its incident in the same write, with its event. */
  finishDelivery: { kind: "write", run: finishDelivery },
  /** What a reading of a ticket means to its incident, all in one write. */
  applyReading: {
    kind: "write",
    run: (open, reading: Reading, now: number) =>
      changing(open, now, (change) => applyReading(open.database, reading, open.ticketRules.policies, change, now)),
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
  ticketGone: { kind: "write", run: ({ database }, ticket: Ticket, now: number) => ticketGone(database, ticket, now) },
} satisfies Operations<OpenIncidents>;

type Change = (incidentId: string, request: IncidentRequest, author: Author) => Promise<EventBatch>;

/** Several changes of incidents that become one commit: each goes on where the last one's events ended. */
async function changing<T>(open: OpenIncidents, now: number, work: (change: Change) => Promise<T>): Promise<T> {
  const { database, sequences } = open;
  const rules = changeRules(open);
  const made: EventBatch[] = [];
  const value = await database.transaction(() =>
    work(async (incidentId, request, author) => {
      const after = made.reduce((seq, { size }) => seq + size, sequences.lastSeq);
      const { events } = await applyIncidentChange(database, rules, after, incidentId, request, author, now);
      made.push(events);
      return events;
    }),
  );
  for (const events of made) written(open, events);
  return value;
}

async function finishDelivery(open: OpenIncidents, outcome: DeliveryOutcome, now: number): Promise<void> {
  const { database, ticketRules } = open;
  const ticket = outcome.remote === null ? null : await ticketOfDelivery(database, outcome.id);
  await changing(open, now, async (change) => {
    await database.write(outcomeStatements(outcome, now));
    if (ticket === null || outcome.remote === null) return;
    await database.write([
      ...bringUpToDate(ticket.id, ticketRules.policies, now),
      dropUpdatesOfPredecessor(ticket.id, now),
    ]);
    const { key: id, url } = outcome.remote;
    const { system, incidentId } = ticket;
    const instead = await previousKey(database, ticket);
    const request = { ticket: { id, url, system, ...(instead === null ? {} : { instead }) } };
    // An incident that retention has taken meanwhile needs no link.
    if (!(await findIncidents(database, [incidentId])).has(incidentId)) return;
    await change(incidentId, request, { who: "rhythmx", source: system });
  });
}
