/** Tickets on behalf of a caller: preview, create, queue and dead letters. */

import { createHash } from "node:crypto";
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { cadenceGate } from "../../core/tickets/cadence.ts";
import {
  type Attempt,
  correlationOf,
  type Delivery,
  type Ticket,
  type TicketSystemName,
} from "../../core/tickets/ticket.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { DeadLetterFilter } from "../../store/outbox/dead-letters.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { type DeadLetterGroup, DeadLetters, deliveryUnknown } from "./dead-letters.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
import { adapterOf } from "./systems.ts";
import { deliveryJson, ticketJson, toldInJson } from "./ticket-json.ts";

type Json = Record<string, unknown>;

interface ListQuery {
  incidentId?: string;
  system?: string;
  states?: readonly string[];
  causes?: readonly string[];
  limit: number;
  offset: number;
}

export class TicketService {
  readonly #store: Store;
  readonly #dispatcher: TicketDispatcher;
  readonly #clock: Clock;
  readonly #audit: AuditLog;
  readonly #deadLetters: DeadLetters;

  constructor(store: Store, dispatcher: TicketDispatcher, clock: Clock, audit: AuditLog) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#audit = audit;
    this.#deadLetters = new DeadLetters({
      store,
      clock,
      audit,
      systemOf: ({ system, entity }) => adapterOf(dispatcher.systems, system, entity),
      wake: () => dispatcher.wake(),
    });
  }

  /** Returns the exact request that would be sent now, and its hash. @throws EdgeError incident_unknown, not_configured; DeliveryError */
  async preview(caller: Caller, incidentId: string, named: TicketSystemName): Promise<Json> {
    const system = this.#dispatcher.systemMeant(named);
    const entity = await this.#entity(caller, incidentId);
    const { payload, level } = await this.#render(incidentId, entity, system);
    const priority = await adapterOf(this.#dispatcher.systems, system, entity).priorityOf(payload);
    const ticket = await this.#store.reading.findTicket(incidentId, system);
    const reported = await this.#store.tickets.levelOfTicket(incidentId, system);
    const update = this.#riskUpdate(ticket, reported ?? level);
    return {
      system,
      risk_update: update,
      priority,
      payload: JSON.parse(payload),
      payload_text: payload,
      payload_sha256: sha256(payload),
    };
  }

  /** Plans a ticket, or returns the present one in `ticket`; if that no longer exists in the target, another is made. @throws EdgeError incident_unknown, not_configured, preview_outdated; DeliveryError */
  async create(
    caller: Caller,
    incidentId: string,
    named: TicketSystemName,
    seen: string | null,
  ): Promise<{ ticket: Json } | { delivery_id: string }> {
    const system = this.#dispatcher.systemMeant(named);
    const entity = await this.#entity(caller, incidentId);
    const known = await this.#store.reading.findTicket(incidentId, system);
    const isGone = known !== null && known.goneAt !== null;
    if (known?.remote != null && !isGone) return { ticket: ticketJson(known) };
    if (!this.#dispatcher.systems?.isEnabled(system)) throw notEnabled(system);
    const waiting = isGone ? null : await this.#delivery(incidentId, system);
    if (waiting !== null && (await this.#store.tickets.wantDelivery(waiting.id, this.#clock.now()))) {
      this.#dispatcher.wake();
      return { delivery_id: waiting.id };
    }
    const { payload, level } = await this.#render(incidentId, entity, system);
    if (seen !== null && seen.toLowerCase() !== sha256(payload))
      throw new EdgeError("preview_outdated", "the incident has changed since the preview: look at it again");
    const planned = {
      incidentId,
      entity,
      system,
      trigger: "manual" as const,
      who: caller.name,
      payload,
      level,
      afterSeq: null,
    };
    await this.#store.tickets.planTicket(planned, this.#clock.now());
    const delivery = await this.#delivery(incidentId, system);
    await this.#audit.note(auditAuthor(caller), "ticket.create", incidentId, { system });
    this.#dispatcher.wake();
    return { delivery_id: delivery?.id ?? "" };
  }

  async tickets(caller: Caller, query: ListQuery): Promise<Json> {
    const { tickets, total } = await this.#store.reading.listTickets({ ...query, entities: caller.entities });
    const told = await this.#store.reading.listToldIn([...new Set(tickets.map(({ incidentId }) => incidentId))]);
    return {
      tickets: tickets.map((ticket) => ticketJson(ticket, told)),
      total,
      limit: query.limit,
      offset: query.offset,
    };
  }

  async deliveries(caller: Caller, query: ListQuery): Promise<Json> {
    const { deliveries, total } = await this.#store.reading.listDeliveries({
      ...query,
      ...(query.causes === undefined ? {} : { states: standing(query.states) }),
      entities: caller.entities,
    });
    return { deliveries: deliveries.map(deliveryJson), total, limit: query.limit, offset: query.offset };
  }

  /** One delivery with what was sent and answered at each attempt. @throws EdgeError delivery_unknown */
  async delivery(caller: Caller, id: string): Promise<Json> {
    await this.#known(caller, id);
    const found = await this.#store.reading.readDelivery(id);
    if (found === null) throw deliveryUnknown(id);
    const bodies = found.history.map(({ sent = null, answer = null }) => ({ request_body: sent, answer_body: answer }));
    const { attempt_history, ...row } = deliveryJson({ ...found, history: found.history.map(withoutBodies) });
    const attempts = attempt_history as Json[];
    return { ...row, attempt_history: attempts.map((attempt, n) => ({ ...attempt, ...bodies[n] })) };
  }

  deadLetters(caller: Caller): Promise<DeadLetterGroup[]> {
    return this.#deadLetters.list(caller.entities);
  }

  /** `fields`: replaced in the request. @throws EdgeError delivery_unknown, delivery_state; UsageError */
  async retry(caller: Caller, id: string, fields: Json | null): Promise<Json> {
    await this.#deadLetters.retry(auditAuthor(caller), await this.#known(caller, id), fields);
    return this.#shown(id);
  }

  /** Names the ticket that a create made. @throws EdgeError delivery_unknown, delivery_state, identify_refused; UsageError; DeliveryError */
  async identify(caller: Caller, id: string, number: string): Promise<Json> {
    await this.#deadLetters.identify(auditAuthor(caller), await this.#known(caller, id), number);
    return this.#shown(id);
  }

  retryAll(caller: Caller, which: DeadLetterFilter): Promise<{ retried: number }> {
    return this.#deadLetters.retryAll(auditAuthor(caller), { ...which, entities: caller.entities });
  }

  /** @throws EdgeError delivery_unknown, delivery_state */
  async discard(caller: Caller, id: string, reason: string): Promise<Json> {
    await this.#deadLetters.discard(auditAuthor(caller), await this.#known(caller, id), reason);
    return this.#shown(id);
  }

  discardAll(caller: Caller, which: DeadLetterFilter, reason: string): Promise<{ discarded: number }> {
    return this.#deadLetters.discardAll(auditAuthor(caller), { ...which, entities: caller.entities }, reason);
  }

  /** The tickets of an incident, and the tickets of others in which it was told, for its details. */
  async ofIncident(incidentId: string): Promise<{ tickets: Json[]; told_in: Json[] }> {
    const query = { incidentId, entities: null, limit: 50, offset: 0 };
    const { tickets } = await this.#store.reading.listTickets(query);
    const { deliveries } = await this.#store.reading.listDeliveries(query);
    const told = await this.#store.reading.listToldIn([incidentId]);
    const levels = new Map<string, RiskLevel | null>();
    for (const { system } of tickets) levels.set(system, await this.#store.tickets.levelOfTicket(incidentId, system));
    const shown = tickets.map((ticket) => {
      const level = levels.get(ticket.system) ?? null;
      return {
        ...ticketJson(ticket, told),
        risk_update: level === null ? null : this.#riskUpdate(ticket, level),
        deliveries: deliveries.filter(({ ticketId }) => ticketId === ticket.id).map(deliveryJson),
      };
    });
    return { tickets: shown, told_in: told.map(toldInJson) };
  }

  /** The cadence gate's decision about the present level; null without a ticket (CONTRACT 6). */
  #riskUpdate(ticket: Ticket | null, level: RiskLevel): Json | null {
    if (ticket?.remote == null || ticket.lastReported === null) return null;
    const decision = cadenceGate(level, ticket.lastReported, this.#dispatcher.cadenceHours, this.#clock.now());
    return {
      push: decision.push,
      reason: decision.reason,
      told_level: ticket.lastReported.level,
      level,
      last_update_at: isoOrNull(ticket.lastReported.at),
      next_at: "nextAt" in decision ? toIso(decision.nextAt) : null,
    };
  }

  async #render(
    incidentId: string,
    entity: string,
    system: TicketSystemName,
  ): Promise<{ payload: string; level: RiskLevel }> {
    const target = adapterOf(this.#dispatcher.systems, system, entity);
    const ticket = await this.#store.reading.findTicket(incidentId, system);
    const generation = ticket === null ? 1 : ticket.generation + (ticket.goneAt === null ? 0 : 1);
    const correlation = correlationOf(system, incidentId, generation);
    const draft = await this.#dispatcher.drafts.made(incidentId, system);
    return { payload: await target.render({ correlation, draft }), level: draft.level };
  }

  async #delivery(incidentId: string, system: TicketSystemName): Promise<Delivery | null> {
    const query = { incidentId, system, entities: null, limit: 100, offset: 0 };
    const { deliveries } = await this.#store.reading.listDeliveries(query);
    const ticket = await this.#store.reading.findTicket(incidentId, system);
    return (
      deliveries
        .filter(({ ticketId }) => ticketId === ticket?.id)
        .find(({ kind, state }) => kind === "create" && state !== "discarded") ?? null
    );
  }

  async #entity(caller: Caller, incidentId: string): Promise<string> {
    const row = await this.#store.reading.readRow("incidents", incidentId, this.#clock.now());
    if (row === null || !seesEntity(caller, row.entity))
      throw new EdgeError("incident_unknown", `there is no incident ${incidentId.slice(0, 32)}`);
    return row.entity;
  }

  async #known(caller: Caller, id: string): Promise<Delivery> {
    const delivery = await this.#store.reading.findDelivery(id);
    if (delivery === null || !seesEntity(caller, delivery.entity)) throw deliveryUnknown(id);
    return delivery;
  }

  async #shown(id: string): Promise<Json> {
    const delivery = await this.#store.reading.findDelivery(id);
    return delivery === null ? {} : deliveryJson({ ...delivery, history: [] });
  }
}

/** @throws if the system is not enabled: the delivery would wait without anybody noticing */
function notEnabled(system: TicketSystemName): EdgeError {
  const setting = {
    jira: "JIRA_ENABLED=true",
    servicenow: "SERVICENOW_ENABLED=true",
    proactive: "TICKET_INTEGRATION=proactive",
  };
  return new EdgeError(
    "not_enabled",
    `${system} is not configured or switched off, so nothing is sent there: set ${setting[system]} and what it needs, or choose another system`,
  );
}

/** A cause is that of what stands still; what is done may have had one before. */
function standing(states: readonly string[] = ["parked", "dead"]): string[] {
  return states.filter((state) => state === "parked" || state === "dead");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function withoutBodies({ sent: _, answer: __, ...attempt }: Attempt): Attempt {
  return attempt;
}
