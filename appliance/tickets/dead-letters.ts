/** Parked and dead deliveries for API and command line: list, retry, correct, identify, discard. */

import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { mendPayload } from "../../core/tickets/mend.ts";
import { type Delivery, notIdentified } from "../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { DeadLetterFilter, MendedRequest } from "../../store/outbox/dead-letters.ts";
import type { AuditAuthor, AuditLog } from "../access/audit-log.ts";
import { identifyDelivery, isUndecided } from "./identify.ts";

/** The parked or dead deliveries of one system with the same cause; times are ISO 8601. */
export interface DeadLetterGroup {
  system: string;
  state: string;
  cause: string;
  count: number;
  oldest: string;
  newest: string;
  /** Detail of the newest, with the target's own words. */
  detail: string;
  delivery_id: string;
  incident_id: string;
}

interface DeadLetterParts {
  store: Store;
  clock: Clock;
  audit: AuditLog;
  /** @throws EdgeError not_configured, ca_file */
  systemOf(delivery: Delivery): TicketSystem;
  /** Called when there is something to send. */
  wake(): void;
}

export class DeadLetters {
  readonly #parts: DeadLetterParts;

  constructor(parts: DeadLetterParts) {
    this.#parts = parts;
  }

  async list(entities: readonly string[] | null): Promise<DeadLetterGroup[]> {
    const groups = await this.#parts.store.reading.listDeadLetters(entities);
    return groups.map(({ oldest, newest, deliveryId, incidentId, ...group }) => ({
      ...group,
      oldest: toIso(oldest),
      newest: toIso(newest),
      delivery_id: deliveryId,
      incident_id: incidentId,
    }));
  }

  /** Applies to all that match the filter. */
  async retryAll(author: AuditAuthor, which: DeadLetterFilter): Promise<{ retried: number }> {
    const { store, clock, audit, wake } = this.#parts;
    const retried = await store.tickets.retryDeliveries(which, clock.now());
    await audit.note(author, "delivery.retry_all", nameOf(which), { retried });
    wake();
    return { retried };
  }

  /** Applies to all that match the filter. */
  async discardAll(author: AuditAuthor, which: DeadLetterFilter, reason: string): Promise<{ discarded: number }> {
    const { store, clock, audit, wake } = this.#parts;
    const discarded = await store.tickets.discardDeliveries(which, reason, author.who, clock.now());
    await audit.note(author, "delivery.discard_all", nameOf(which), { reason, discarded });
    // Deliveries behind it may be due now.
    wake();
    return { discarded };
  }

  /**
   * `fields`: replaced in the request. A create that may have made a ticket is looked up first, and if there is none, made as the next generation.
   * @throws EdgeError delivery_unknown, delivery_state, not_configured; UsageError
   */
  async retry(
    author: AuditAuthor,
    delivery: Delivery,
    fields: Readonly<Record<string, unknown>> | null,
  ): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    const { id } = delivery;
    if (!["parked", "dead"].includes(delivery.state)) throw wrongState("retried");
    const done =
      fields !== null
        ? await store.tickets.mendDelivery(id, this.#mended(delivery, fields), author.who, clock.now())
        : isUndecided(delivery)
          ? await store.tickets.askAgain(id, author.who, clock.now())
          : (await store.tickets.retryDeliveries({ id }, clock.now())) > 0;
    if (!done) throw wrongState("retried");
    await audit.note(author, "delivery.retry", id, fields === null ? undefined : { fields: Object.keys(fields) });
    wake();
  }

  /** Links a create to the ticket that a person names. @throws EdgeError delivery_state, identify_refused, not_configured; UsageError; DeliveryError */
  async identify(author: AuditAuthor, delivery: Delivery, number: string): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    const ticket = await identifyDelivery(delivery, number, author.who, {
      store,
      clock,
      target: this.#parts.systemOf(delivery),
    });
    await audit.note(author, "delivery.identify", delivery.id, { ticket: ticket.key });
    wake();
  }

  #mended(delivery: Delivery, fields: Readonly<Record<string, unknown>>): MendedRequest {
    const { id, kind, payload, cause } = delivery;
    if (payload === null)
      throw new EdgeError("delivery_state", "this one has no request to mend: send it again as it is");
    if (kind === "create" && cause === notIdentified)
      throw new EdgeError(
        "delivery_state",
        "this one was made: say which ticket it is, or send it again without fields",
      );
    const system = this.#parts.systemOf(delivery);
    const mended = mendPayload(payload, fields, system.fixedFields);
    if (kind === "comment" && !mended.includes(id))
      throw new UsageError(`fields: the text keeps its reference RhythmX ${id}`);
    const hasOwnTitle = kind === "create" && system.titleOf(mended) !== system.titleOf(payload);
    return { payload: mended, hasOwnTitle };
  }

  /** @throws EdgeError delivery_state */
  async discard(author: AuditAuthor, { id }: Delivery, reason: string): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    if (!(await store.tickets.discardDelivery(id, reason, author.who, clock.now()))) throw wrongState("discarded");
    await audit.note(author, "delivery.discard", id, { reason });
    wake();
  }

  /** @throws EdgeError delivery_unknown */
  async find(id: string): Promise<Delivery> {
    const delivery = await this.#parts.store.reading.findDelivery(id);
    if (delivery === null) throw deliveryUnknown(id);
    return delivery;
  }
}

export function deliveryUnknown(id: string): EdgeError {
  return new EdgeError("delivery_unknown", `there is no delivery ${id.slice(0, 32)}`);
}

function wrongState(done: string): EdgeError {
  return new EdgeError(
    "delivery_state",
    `only what is parked or dead can be ${done}; this one is under way or finished`,
  );
}

/** For the audit log. */
function nameOf({ system, state, causes }: DeadLetterFilter): string {
  return [system, state, ...(causes ?? [])].filter((one) => one !== undefined).join(" ") || "all";
}
