/** What the Worker can be asked to do about tickets: ledger, deliveries, readings, and the settings that are saved. */
import type { Incident } from "../../core/incident.ts";
import type { IncidentRequest } from "../../core/incident-change.ts";
import type { Probe } from "../../core/tickets/probes.ts";
import type { RemoteChange, Ticket, TicketSystemName } from "../../core/tickets/ticket.ts";
import {
  type ConnectionTest,
  listConnectionTests,
  listSavedSettings,
  saveConnectionTest,
  saveSettings,
} from "../access/saved-settings.ts";
import { cursorKey, listSealed, type Resealed, readKeyCheck, reseal } from "../access/sealed.ts";
import type { EventBatch } from "../events/event-batch.ts";
import { type Author, applyIncidentChange } from "../incidents/incident-changes.ts";
import { findIncidents } from "../incidents/incident-rows.ts";
import { countDeliveries, countTickets } from "../lists/ticket-lists.ts";
import {
  type DeadLetterFilter,
  discardDeliveries,
  discardDelivery,
  mendDelivery,
  readProbe,
  retryDeliveries,
  saveProbe,
} from "../outbox/dead-letters.ts";
import { type DeliveryOutcome, outcomeStatements } from "../outbox/delivery-outcomes.ts";
import { askAgain, knownTickets, nextGeneration, ownerOfTicket, takeUndecided } from "../outbox/made-tickets.ts";
import { bringUpToDate, dropUpdatesOfPredecessor, passGate, type TicketRules } from "../outbox/ticket-updates.ts";
import {
  beginDelivery,
  dueDeliveries,
  findDelivery,
  findTicket,
  listThrottles,
  type PlannedTicket,
  planTickets,
  previousKey,
  recoverDeliveries,
  type Sending,
  saveThrottle,
  ticketOfDelivery,
} from "../outbox/tickets.ts";
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
} from "../sync/ticket-readings.ts";
import { applyReading, type Reading, ticketGone } from "../sync/ticket-sync.ts";
import type { Open } from "./open-file.ts";

/** `written`: told of the events of a change that is in the file. */
export function ticketOperations(store: Open, written: (events: EventBatch) => void) {
  const { database, sequences } = store;
  /** Several changes of incidents that become one commit: each goes on where the last one's events ended. */
  const changing = async <T>(
    now: number,
    work: (change: (incidentId: string, request: IncidentRequest, author: Author) => Promise<EventBatch>) => Promise<T>,
  ): Promise<T> => {
    const made: EventBatch[] = [];
    const { ticketRules, correlator } = store;
    const rules = { patterns: correlator?.rules.patterns ?? [], policies: ticketRules.policies };
    const value = await database.transaction(() =>
      work(async (incidentId, request, author) => {
        const after = made.reduce((seq, { size }) => seq + size, sequences.lastSeq);
        const { events } = await applyIncidentChange(database, rules, after, incidentId, request, author, now);
        made.push(events);
        return events;
      }),
    );
    for (const events of made) written(events);
    return value;
  };
  return {
    /** From now on: which incidents become tickets, and which changes reach them. */
    configureTickets: async (rules: TicketRules) => {
      Object.assign(store.ticketRules, rules);
    },
    /** Plans the ticket of an incident by hand; one that there is stays. */
    planTicket: async (planned: PlannedTicket, now: number) => {
      await database.write(planTickets([planned], now));
      return findTicket(database, planned.incidentId, planned.system);
    },
    dueDeliveries: (system: TicketSystemName, now: number, retries: boolean, limit: number) =>
      dueDeliveries(database, system, now, retries, limit),
    listThrottles: () => listThrottles(database),
    recoverDeliveries: (now: number) => recoverDeliveries(database, now),
    beginDelivery: (sending: Sending, now: number) => beginDelivery(database, sending, now),
    /** Writes an outcome; a ticket that has become known is linked to its incident in the same write, with its event. */
    finishDelivery: async (outcome: DeliveryOutcome, now: number) => {
      const ticket = outcome.remote === null ? null : await ticketOfDelivery(database, outcome.id);
      await changing(now, async (change) => {
        await database.write(outcomeStatements(outcome, now));
        if (ticket === null || outcome.remote === null) return;
        await database.write([
          ...bringUpToDate(ticket.id, store.ticketRules.policies, now),
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
    },
    knownTickets: (system: TicketSystemName, otherThan: number, limit: number) =>
      knownTickets(database, system, otherThan, limit),
    ownerOfTicket: (system: TicketSystemName, remote: { id: string; key: string }, otherThan: number) =>
      ownerOfTicket(database, system, remote, otherThan),
    takeUndecided: (id: string, now: number) => takeUndecided(database, id, now),
    askAgain: (id: string, who: string, now: number) => askAgain(database, id, who, now),
    nextGeneration: (id: string, now: number) => nextGeneration(database, id, now),
    passGate: (cadenceHours: number, now: number) => passGate(database, cadenceHours, now),
    readCursor: (system: TicketSystemName) => readCursor(database, system),
    noteChanges: (system: TicketSystemName, changes: readonly RemoteChange[], now: number) =>
      noteChanges(database, system, changes, now),
    saveCursor: (system: TicketSystemName, cursor: string) => saveCursor(database, system, cursor),
    markForReading: (system: TicketSystemName, remoteId: string, now: number) =>
      markForReading(database, system, remoteId, now),
    markAllForReading: (system: TicketSystemName, now: number) => markAllForReading(database, system, now),
    markStaleForReading: (system: TicketSystemName, most: number, now: number) =>
      markStaleForReading(database, system, most, now),
    dueReadings: (system: TicketSystemName, now: number, limit: number) => dueReadings(database, system, now, limit),
    oldestTicket: (system: TicketSystemName) => oldestTicket(database, system),
    knownComments: (ticketId: number) => knownComments(database, ticketId),
    recordFailedReading: (ticketId: number, now: number) => recordFailedReading(database, ticketId, now),
    ticketGone: (ticket: Ticket, now: number) => ticketGone(database, ticket, now),
    /** What a reading of a ticket means to its incident, all in one write. */
    applyReading: (reading: Reading, now: number) =>
      changing(now, (change) => applyReading(database, reading, store.ticketRules.policies, change, now)),
    findDelivery: (id: string) => findDelivery(database, id),
    findIncident: async (id: string): Promise<Incident | null> => (await findIncidents(database, [id])).get(id) ?? null,
    retryDeliveries: (which: DeadLetterFilter, now: number) => retryDeliveries(database, which, now),
    discardDeliveries: (which: DeadLetterFilter, reason: string, who: string, now: number) =>
      discardDeliveries(database, which, reason, who, now),
    saveThrottle: (system: TicketSystemName, until: number) => saveThrottle(database, system, until),
    mendDelivery: (id: string, payload: string, who: string, now: number) =>
      mendDelivery(database, id, payload, who, now),
    readProbe: (system: TicketSystemName) => readProbe(database, system),
    saveProbe: (system: TicketSystemName, probe: Probe | null) => saveProbe(database, system, probe),
    discardDelivery: (id: string, reason: string, who: string, now: number) =>
      discardDelivery(database, id, reason, who, now),
    ticketOfDelivery: (id: string) => ticketOfDelivery(database, id),
    countDeliveries: () => countDeliveries(database),
    countTickets: () => countTickets(database),
    listSavedSettings: () => listSavedSettings(database),
    saveSettings: (
      changes: readonly { name: string; value: string | null; secret: boolean }[],
      who: string,
      now: number,
    ) => saveSettings(database, changes, who, now),
    listSealed: () => listSealed(database),
    readKeyCheck: () => readKeyCheck(database),
    cursorKey: (candidate: string) => cursorKey(database, candidate),
    reseal: (values: readonly Resealed[], check: string) => reseal(database, values, check),
    listConnectionTests: () => listConnectionTests(database),
    saveConnectionTest: (test: ConnectionTest) => saveConnectionTest(database, test),
  };
}

export type TicketOperations = ReturnType<typeof ticketOperations>;
