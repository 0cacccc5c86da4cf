/** Tickets on behalf of a caller: preview, create, queue and dead letters. */

import { type Caller, seesEntity } from "../../core/access/caller.ts";
import type { Clock } from "../../core/ports.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { type Attempt, correlationOf, type Delivery, type TicketSystemName } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { DeadLetterFilter } from "../../store/outbox/standing.ts";
import type { DeadLetterChoice, TicketList } from "../../transports/http/api/tickets/ticket-port.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import { type DeadLetterGroup, DeadLetters, deliveryUnknown } from "./dead-letters.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
import { isUndecided, type SeesEntity } from "./identify.ts";
import { adapterOf } from "./systems.ts";
import { candidatesJson, deliveryJson, ticketJson, toldInJson } from "./ticket-json.ts";
import { notEnabled, riskUpdateOf, TicketRequests } from "./ticket-requests.ts";

type Json = Record<string, unknown>;

export class TicketService {
  readonly #store: Store;
  readonly #dispatcher: TicketDispatcher;
  readonly #clock: Clock;
  readonly #deadLetters: DeadLetters;
  readonly #requests: TicketRequests;

  constructor(store: Store, dispatcher: TicketDispatcher, clock: Clock, audit: AuditLog) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#requests = new TicketRequests({ store, dispatcher, clock, audit });
    this.#deadLetters = new DeadLetters({
      store,
      clock,
      audit,
      systemOf: ({ system, entity }) => adapterOf(dispatcher.systems, system, entity),
      expectEnabled: (system) => {
        if (!dispatcher.systems?.isEnabled(system)) throw notEnabled(system);
      },
      wake: () => dispatcher.wake(),
    });
  }

  /** See `TicketRequests`. */
  preview(caller: Caller, incidentId: string, named: TicketSystemName): Promise<Json> {
    return this.#requests.preview(caller, incidentId, named);
  }

  /** See `TicketRequests`. */
  create(
    caller: Caller,
    incidentId: string,
    named: TicketSystemName,
    seen: string | null,
  ): Promise<{ ticket: Json } | { delivery_id: string }> {
    return this.#requests.create(caller, incidentId, named, seen);
  }

  /** See `TicketRequests`. */
  renew(
    caller: Caller,
    incidentId: string,
    named: TicketSystemName,
    reason: string | null,
    seen: string | null,
  ): Promise<{ delivery_id: string }> {
    return this.#requests.renew(caller, incidentId, named, reason, seen);
  }

  async tickets(caller: Caller, query: TicketList): Promise<Json> {
    const { tickets, total } = await this.#store.reading.listTickets({ ...query, entities: caller.entities });
    const told = await this.#store.reading.listToldIn([...new Set(tickets.map(({ incidentId }) => incidentId))]);
    return {
      tickets: tickets.map((ticket) => ticketJson(ticket, told)),
      total,
      limit: query.limit,
      offset: query.offset,
    };
  }

  async deliveries(caller: Caller, query: TicketList): Promise<Json> {
    const { deliveries, total } = await this.#store.reading.listDeliveries({
      ...query,
      ...(query.causes === undefined ? {} : { states: standing(query.states) }),
      entities: entitiesOf(caller, query),
    });
    return { deliveries: deliveries.map(deliveryJson), total, limit: query.limit, offset: query.offset };
  }

  /** One delivery with what was sent and answered at each attempt. @throws EdgeError delivery_unknown */
  async delivery(caller: Caller, id: string): Promise<Json> {
    await this.#known(caller, id);
    const found = await this.#store.reading.readDelivery(id);
    if (found === null) throw deliveryUnknown(id);
    // A look-up is answered with other tickets, too, where a target gives what was not asked for.
    const isLimited = caller.entities !== null;
    const bodies = found.history.map(({ action, sent = null, answer = null }) => ({
      request_body: sent,
      answer_body: isLimited && action === "lookup" ? null : answer,
    }));
    const { attempt_history, ...row } = deliveryJson({ ...found, history: found.history.map(withoutBodies) });
    const attempts = attempt_history as Json[];
    const ticket = isUndecided(found) ? await this.#store.tickets.ticketOfDelivery(id) : null;
    const correlation = ticket && correlationOf(ticket.system, ticket.incidentId, ticket.generation);
    return { ...row, correlation, attempt_history: attempts.map((attempt, n) => ({ ...attempt, ...bodies[n] })) };
  }

  /** What `retryAll` would send again: how many, and the newest ten. With `toDiscard` those of `discardAll`, which are more. */
  matching(caller: Caller, which: DeadLetterChoice, toDiscard: boolean): Promise<{ count: number; first: Json[] }> {
    return this.#deadLetters.matching(chosenOf(caller, which), toDiscard);
  }

  deadLetters(caller: Caller): Promise<DeadLetterGroup[]> {
    return this.#deadLetters.list(caller.entities);
  }

  /** `fields`: replaced in the request. `seen`: when it was last changed, as the caller knows. @throws EdgeError delivery_unknown, delivery_state, delivery_changed; UsageError */
  async retry(caller: Caller, id: string, fields: Json | null, seen: number | null = null): Promise<Json> {
    await this.#deadLetters.retry(auditAuthor(caller), await this.#known(caller, id), fields, seen);
    return this.#shown(id);
  }

  /** Names the ticket that a create made. @throws EdgeError delivery_unknown, delivery_state, identify_refused; UsageError; DeliveryError */
  async identify(caller: Caller, id: string, number: string): Promise<Json> {
    const sees: SeesEntity = (entity) => seesEntity(caller, entity);
    await this.#deadLetters.identify(auditAuthor(caller), await this.#known(caller, id), number, sees);
    return this.#shown(id);
  }

  /** The tickets that the target shows for a create that waits to be named. @throws EdgeError delivery_unknown, delivery_state, not_configured */
  async candidates(caller: Caller, id: string): Promise<Json> {
    const sees: SeesEntity = (entity) => seesEntity(caller, entity);
    return candidatesJson(await this.#deadLetters.candidates(await this.#known(caller, id), sees));
  }

  retryAll(caller: Caller, which: DeadLetterChoice): Promise<{ retried: number }> {
    return this.#deadLetters.retryAll(auditAuthor(caller), chosenOf(caller, which));
  }

  /** @throws EdgeError delivery_unknown, delivery_state, delivery_changed */
  async discard(caller: Caller, id: string, reason: string, seen: number | null = null): Promise<Json> {
    await this.#deadLetters.discard(auditAuthor(caller), await this.#known(caller, id), reason, seen);
    return this.#shown(id);
  }

  discardAll(caller: Caller, which: DeadLetterChoice, reason: string): Promise<{ discarded: number }> {
    return this.#deadLetters.discardAll(auditAuthor(caller), chosenOf(caller, which), reason);
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
        risk_update:
          level === null ? null : riskUpdateOf(ticket, level, this.#dispatcher.cadenceHours, this.#clock.now()),
        deliveries: deliveries.filter(({ ticketId }) => ticketId === ticket.id).map(deliveryJson),
      };
    });
    return { tickets: shown, told_in: told.map(toldInJson) };
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

/** Entities of a list that may be narrowed to one: what a caller may not see answers like what does not exist. */
function entitiesOf(caller: Caller, { entity }: { entity?: string | undefined }): readonly string[] | null {
  if (entity === undefined) return caller.entities;
  return seesEntity(caller, entity) ? [entity.trim()] : [];
}

function chosenOf(caller: Caller, { entity, ...which }: DeadLetterChoice): DeadLetterFilter {
  return { ...which, entities: entitiesOf(caller, { entity }) };
}

/** A cause is that of what stands still; what is done may have had one before. */
function standing(states: readonly string[] = ["parked", "dead"]): string[] {
  return states.filter((state) => state === "parked" || state === "dead");
}

function withoutBodies({ sent: _, answer: __, ...attempt }: Attempt): Attempt {
  return attempt;
}
