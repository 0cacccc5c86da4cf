/** Parked and dead deliveries for API and command line: list, retry, correct, identify, discard. */

import { EdgeError, UsageError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { mendPayload } from "../../core/tickets/mend.ts";
import { type Delivery, notIdentified, type TicketSystemName } from "../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../core/tickets/ticket-system.ts";
import { toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { MendedRequest } from "../../store/outbox/dead-letters.ts";
import type { DeadLetterFilter } from "../../store/outbox/standing.ts";
import type { AuditAuthor, AuditLog } from "../access/audit-log.ts";
import { candidatesOf, type FoundCandidates, identifyDelivery, isUndecided, type SeesEntity } from "./identify.ts";
import { inSteps, retryStanding } from "./standing.ts";
import { deliveryJson } from "./ticket-json.ts";

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
  /** @throws EdgeError not_enabled: the system is switched off */
  expectEnabled(system: TicketSystemName): void;
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

  /** What `retryAll` would send again: how many, and the newest ten. With `toDiscard` those of `discardAll`, which are more. */
  async matching(
    which: DeadLetterFilter,
    toDiscard: boolean,
  ): Promise<{ count: number; first: Record<string, unknown>[] }> {
    const { state, entities = null, ...filter } = which;
    const { deliveries, total } = await this.#parts.store.reading.listDeliveries({
      ...filter,
      states: state === undefined ? ["parked", "dead"] : [state],
      withoutMade: !toDiscard,
      entities,
      limit: 10,
      offset: 0,
    });
    return { count: total, first: deliveries.map(deliveryJson) };
  }

  /** Applies to all that match the filter, a step at a time: a crash in between leaves the rest as it is. Each is sent again at most once. */
  async retryAll(author: AuditAuthor, which: DeadLetterFilter): Promise<{ retried: number }> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    const retried = await this.#all(author, "delivery.retry_all", which, "retried", {}, (place) =>
      store.tickets.retryDeliveries(which, now, place),
    );
    return { retried };
  }

  /** Applies to all that match the filter, as `retryAll` does. */
  async discardAll(author: AuditAuthor, which: DeadLetterFilter, reason: string): Promise<{ discarded: number }> {
    const { store, clock } = this.#parts;
    const now = clock.now();
    const discarded = await this.#all(author, "delivery.discard_all", which, "discarded", { reason }, (place) =>
      store.tickets.discardDeliveries(which, reason, { who: author.who, source: author.source }, now, place),
    );
    return { discarded };
  }

  /** What takes several steps is in the audit log from the first one on, with its number at the end. */
  #all(
    author: AuditAuthor,
    action: string,
    which: DeadLetterFilter,
    counted: "retried" | "discarded",
    detail: Readonly<Record<string, unknown>>,
    step: Parameters<typeof inSteps>[0],
  ): Promise<number> {
    const { audit, wake } = this.#parts;
    let isBegun = false;
    return inSteps(step, async (count, isLast) => {
      if (isLast) await audit.note(author, action, nameOf(which), { ...detail, [counted]: count });
      else if (count > 0 && !isBegun) {
        isBegun = true;
        await audit.note(author, action, nameOf(which), { ...detail, [counted]: `${count} and more` });
      }
      // Also when something was given up: deliveries behind it may be due now.
      wake();
    });
  }

  /**
   * `fields`: replaced in the request. `seen`: when it was last changed as the person saw it, null = whenever. A create that may have made a ticket is looked up first, and if there is none, made as the next generation.
   * @throws EdgeError delivery_unknown, delivery_state, delivery_changed, not_configured; UsageError
   */
  async retry(
    author: AuditAuthor,
    delivery: Delivery,
    fields: Readonly<Record<string, unknown>> | null,
    seen: number | null = null,
  ): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    const { id } = delivery;
    expectSeen(delivery, seen);
    if (!["parked", "dead"].includes(delivery.state)) throw wrongState("retried");
    // It would wait to be looked up once more, and a person for that.
    if (isUndecided(delivery)) this.#parts.expectEnabled(delivery.system);
    const done =
      fields !== null
        ? await store.tickets.mendDelivery(id, this.#mended(delivery, fields), author.who, clock.now())
        : isUndecided(delivery)
          ? await store.tickets.askAgain(id, author.who, clock.now())
          : (await retryStanding(store.tickets, { id }, clock.now())) > 0;
    if (!done) throw wrongState("retried");
    await audit.note(author, "delivery.retry", id, fields === null ? undefined : { fields: Object.keys(fields) });
    wake();
  }

  /** Links a create to the ticket that a person names, whose entities are `sees`. @throws EdgeError delivery_state, identify_refused, not_configured; UsageError; DeliveryError */
  async identify(author: AuditAuthor, delivery: Delivery, number: string, sees: SeesEntity): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    const ticket = await identifyDelivery(delivery, number, author.who, {
      store,
      clock,
      target: this.#parts.systemOf(delivery),
      sees,
    });
    await audit.note(author, "delivery.identify", delivery.id, { ticket: ticket.key });
    wake();
  }

  /** The tickets that the target shows for a create that waits to be named. @throws EdgeError delivery_state, not_configured */
  candidates(delivery: Delivery, sees: SeesEntity): Promise<FoundCandidates> {
    return candidatesOf(delivery, { store: this.#parts.store, target: this.#parts.systemOf(delivery), sees });
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

  /** `seen`: as of `retry`. @throws EdgeError delivery_state, delivery_changed */
  async discard(author: AuditAuthor, delivery: Delivery, reason: string, seen: number | null = null): Promise<void> {
    const { store, clock, audit, wake } = this.#parts;
    const { id } = delivery;
    const by = { who: author.who, source: author.source };
    expectSeen(delivery, seen);
    if (!(await store.tickets.discardDelivery(id, reason, by, clock.now(), seen))) {
      expectSeen(await this.find(id), seen);
      throw new EdgeError("delivery_state", "it is being sent at this moment, or finished: look at it again");
    }
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

/** @throws EdgeError delivery_changed */
function expectSeen({ updatedAt, state }: Delivery, seen: number | null): void {
  if (seen === null || seen === updatedAt) return;
  throw new EdgeError(
    "delivery_changed",
    `nothing was done: it has been changed since it was shown and is now ${state}. Look at it again, then decide`,
  );
}

function wrongState(done: string): EdgeError {
  return new EdgeError(
    "delivery_state",
    `only what is parked or dead can be ${done}; this one is under way or finished`,
  );
}

/** For the audit log. */
function nameOf({ system, state, causes, incidentId, since, before, entities }: DeadLetterFilter): string {
  const words = [
    ...[system, state, ...(causes ?? []), incidentId],
    ...(entities == null ? [] : [`of ${entities.join(", ")}`]),
    since === undefined ? undefined : `since ${toIso(since)}`,
    before === undefined ? undefined : `before ${toIso(before)}`,
  ];
  return words.filter((one) => one !== undefined).join(" ") || "all";
}
