/** Operations on the ledger of tickets and deliveries. */
import type { Probe } from "../../core/tickets/probes.ts";
import type { SlaMinutes } from "../../core/tickets/sla.ts";
import type { RemoteTicket, TicketSystemName } from "../../core/tickets/ticket.ts";
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { passGate } from "./cadence-gate.ts";
import { levelOfTicket } from "./campaign-members.ts";
import { keepWaits } from "./clock-set-back.ts";
import { listDeadLetters, type MendedRequest, mendDelivery, readProbe, saveProbe } from "./dead-letters.ts";
import { beginDelivery, dueDeliveries, type Sending } from "./due-deliveries.ts";
import { askAgain, knownTickets, nextGeneration, ownerOfTicket, parkUnknown, takeUndecided } from "./made-tickets.ts";
import { lastEntry, missedByCreate } from "./missed-updates.ts";
import { noteTarget } from "./new-target.ts";
import {
  knownTicket,
  listSecondLooks,
  noteSecondLook,
  recoverDeliveries,
  recoverDelivery,
  type SecondLook,
} from "./recovery.ts";
import { applyServiceLevels } from "./service-levels.ts";
import { type DeadLetterFilter, retryDeliveries, type StandingPlace } from "./standing.ts";
import type { TicketRules } from "./ticket-updates.ts";
import {
  createPayload,
  findDelivery,
  findTicket,
  listThrottles,
  type PlannedTicket,
  planTickets,
  saveThrottle,
  ticketOfDelivery,
  wantDelivery,
} from "./tickets.ts";

export interface OpenOutbox extends OpenDatabase {
  /** Changed in place, because the incident step holds the same object. */
  readonly ticketRules: TicketRules;
}

export const outboxOperations = {
  /** Sets which incidents become tickets and which changes are sent to them. */
  configureTickets: {
    kind: "memory",
    run: async ({ ticketRules }, rules: TicketRules): Promise<void> => {
      Object.assign(ticketRules, rules);
    },
  },
  /** Brings due times in line with the settings, a step at a time; returns whether another step is needed. */
  applyServiceLevels: {
    kind: "write",
    run: ({ database }, minutes: SlaMinutes) => applyServiceLevels(database, minutes),
  },
  /** Plans a ticket for an incident by hand, unless there is one. */
  planTicket: {
    kind: "write",
    run: async ({ database }, planned: PlannedTicket, now: number) => {
      await database.write(planTickets([planned], now));
      return findTicket(database, planned.incidentId, planned.system);
    },
  },
  levelOfTicket: {
    kind: "read",
    run: ({ database, ticketRules }, incidentId: string, system: TicketSystemName) =>
      levelOfTicket(database, ticketRules, incidentId, system),
  },
  /** A person wants this create, whatever stands for its campaign. */
  wantDelivery: { kind: "write", run: ({ database }, id: string, now: number) => wantDelivery(database, id, now) },
  dueDeliveries: {
    kind: "read",
    run: (
      { database, ticketRules },
      system: TicketSystemName,
      now: number,
      retriesUpTo: number,
      limit: number,
      looks = true,
    ) => dueDeliveries(database, system, now, retriesUpTo, limit, ticketRules.campaigns === "lead", looks),
  },
  /** After a clock that was set back. */
  keepWaits: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, now: number) => keepWaits(database, system, now),
  },
  recoverDeliveries: {
    kind: "write",
    run: ({ database }, now: number, how: { waitMs: number; elsewhere: boolean }) =>
      recoverDeliveries(database, now, how),
  },
  /** A delivery whose work broke off. */
  recoverDelivery: {
    kind: "write",
    run: ({ database }, id: string, now: number) => recoverDelivery(database, id, now),
  },
  listSecondLooks: { kind: "read", run: ({ database }) => listSecondLooks(database) },
  knownTicket: { kind: "read", run: ({ database }, ticketId: number) => knownTicket(database, ticketId) },
  noteSecondLook: {
    kind: "write",
    run: ({ database }, look: SecondLook, how: { isOver: boolean; detail: string | null }, now: number) =>
      noteSecondLook(database, look, how, now),
  },
  beginDelivery: {
    kind: "write",
    run: ({ database, ticketRules }, sending: Sending, now: number) =>
      database.transaction(async () => {
        const may = await beginDelivery(database, sending, now);
        if (may && sending.upTo != null)
          await database.write(await missedByCreate(database, sending.id, sending.upTo, ticketRules.policies, now));
        return may;
      }),
  },
  /** The newest entry of an incident's history. */
  lastEntry: { kind: "read", run: ({ database }, incidentId: string) => lastEntry(database, incidentId) },
  createPayload: { kind: "read", run: ({ database }, ticketId: number) => createPayload(database, ticketId) },
  findDelivery: { kind: "read", run: ({ database }, id: string) => findDelivery(database, id) },
  ticketOfDelivery: { kind: "read", run: ({ database }, id: string) => ticketOfDelivery(database, id) },
  /** A step of those that are meant; the next one begins where this one says. */
  retryDeliveries: {
    kind: "write",
    run: ({ database }, which: DeadLetterFilter, now: number, place: StandingPlace | null = null) =>
      retryDeliveries(database, which, now, place),
  },
  mendDelivery: {
    kind: "write",
    run: ({ database }, id: string, mended: MendedRequest, who: string, now: number) =>
      mendDelivery(database, id, mended, who, now),
  },
  saveThrottle: {
    kind: "write",
    run: ({ database }, name: string, until: number, now: number) => saveThrottle(database, name, until, now),
  },
  /** See `noteTarget` (new-target.ts). */
  noteTarget: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, name: string, now: number, lookUpBy: number) =>
      noteTarget(database, system, name, now, lookUpBy),
  },
  listThrottles: { kind: "read", run: ({ database }) => listThrottles(database) },
  readProbe: { kind: "read", run: ({ database }, system: TicketSystemName) => readProbe(database, system) },
  saveProbe: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, probe: Probe | null) => saveProbe(database, system, probe),
  },
  knownTickets: {
    kind: "read",
    run: ({ database }, system: TicketSystemName, otherThan: number, limit: number) =>
      knownTickets(database, system, otherThan, limit),
  },
  ownerOfTicket: {
    kind: "read",
    run: ({ database }, system: TicketSystemName, remote: RemoteTicket, otherThan: number) =>
      ownerOfTicket(database, system, remote, otherThan),
  },
  parkUnknown: {
    kind: "write",
    run: ({ database }, system: TicketSystemName, now: number) => parkUnknown(database, system, now),
  },
  takeUndecided: {
    kind: "write",
    run: ({ database }, id: string, now: number) => takeUndecided(database, id, now),
  },
  askAgain: {
    kind: "write",
    run: ({ database }, id: string, who: string, now: number) => askAgain(database, id, who, now),
  },
  nextGeneration: {
    kind: "write",
    run: ({ database }, id: string, now: number) => nextGeneration(database, id, now),
  },
  passGate: {
    kind: "write",
    run: ({ database, ticketRules }, cadenceHours: number, now: number, review: boolean) =>
      passGate(database, ticketRules, cadenceHours, now, review),
  },
} satisfies Operations<OpenOutbox>;

export const outboxReading = {
  listDeadLetters: {
    kind: "read",
    run: ({ database }, entities: readonly string[] | null) => listDeadLetters(database, entities),
  },
  findDelivery: { kind: "read", run: ({ database }, id: string) => findDelivery(database, id) },
  findTicket: {
    kind: "read",
    run: ({ database }, incidentId: string, system: string) => findTicket(database, incidentId, system),
  },
} satisfies Operations<OpenDatabase>;
