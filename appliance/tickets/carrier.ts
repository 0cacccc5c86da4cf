/** Carries one delivery to its system: every step is in the ledger before the next, an unknown outcome is looked up before anything is sent again. */
import { DeliveryError, EdgeError, messageOf, StoreError } from "../../core/errors.ts";
import type { Clock, Random } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/tickets.ts";
import type { Circuit } from "../../core/tickets/circuit.ts";
import type { Draft } from "../../core/tickets/draft.ts";
import { afterEmptyLookup, afterFailure, type Failure, type Next } from "../../core/tickets/retry.ts";
import {
  type Attempt,
  correlationOf,
  type Delivery,
  type RemoteTicket,
  type TicketSystem,
} from "../../core/tickets/ticket.ts";
import { type Exchanges, type Patience, recordingExchanges } from "../../integrations/http.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../log.ts";

/** A look that failed is made again after so long, or after the base delay where that is shorter. */
const lookupRetryMs = 60_000;

interface CarrierParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  settings: TicketSettings;
  /** Of the system of the delivery. */
  circuit: Circuit;
  /** What the target has asked for. */
  patience: Patience;
  draft(incidentId: string): Promise<Draft>;
  isStopping(): boolean;
}

/** @throws StoreError: nothing was written, and the delivery is as it was */
export function carry(delivery: Delivery, targetOf: () => TicketSystem, parts: CarrierParts): Promise<void> {
  return recordingExchanges((exchanges) => new Carrier(delivery, parts, exchanges).run(targetOf));
}

class Carrier {
  readonly #delivery: Delivery;
  readonly #parts: CarrierParts;
  readonly #exchanges: Readonly<Exchanges>;
  readonly #begun: number;
  readonly #timer: number;

  constructor(delivery: Delivery, parts: CarrierParts, exchanges: Readonly<Exchanges>) {
    this.#delivery = delivery;
    this.#parts = parts;
    this.#exchanges = exchanges;
    this.#begun = parts.clock.now();
    this.#timer = parts.clock.monotonic();
  }

  async run(targetOf: () => TicketSystem): Promise<void> {
    let target: TicketSystem;
    try {
      target = targetOf();
    } catch (error) {
      return this.#failed(error, false);
    }
    const { state, kind } = this.#delivery;
    if (state === "unknown") await this.#lookUp(target);
    else if (kind === "create") await this.#create(target);
    else await this.#link(target);
  }

  async #create(target: TicketSystem): Promise<void> {
    const { store, clock, draft } = this.#parts;
    const { id, incidentId } = this.#delivery;
    let { payload } = this.#delivery;
    try {
      payload ??= await target.render({ correlation: await this.#correlation(), draft: await draft(incidentId) });
      const hint = await target.hint();
      await store.tickets.beginDelivery(id, payload, hint, clock.now());
    } catch (error) {
      // Nothing has been sent that could have had an effect.
      return this.#failed(error, false);
    }
    let remote: RemoteTicket;
    try {
      remote = await target.create(payload);
    } catch (error) {
      return this.#failed(error, true);
    }
    await this.#succeeded(target, this.#attempt("send", "created"), remote);
  }

  async #link(target: TicketSystem): Promise<void> {
    const { store, clock, draft } = this.#parts;
    const { id, incidentId } = this.#delivery;
    const ticket = await store.tickets.ticketOfDelivery(id);
    if (ticket?.remote == null || target.link === null) return;
    try {
      const text = await draft(incidentId);
      await store.tickets.beginDelivery(id, null, null, clock.now());
      await target.link(ticket.remote, text);
    } catch (error) {
      return this.#failed(error, true);
    }
    await this.#succeeded(target, this.#attempt("send", "linked"), null);
  }

  async #lookUp(target: TicketSystem): Promise<void> {
    const { clock, log, settings, circuit } = this.#parts;
    const delivery = this.#delivery;
    let remote: RemoteTicket | null;
    try {
      remote = await target.find(await this.#correlation(), delivery.hint);
    } catch (error) {
      return this.#lookUpFailed(error);
    }
    if (remote !== null) {
      const { incidentId: incident, system } = delivery;
      log.info("ticket found after an unknown outcome", { incident, system, ticket: remote.key });
      return this.#succeeded(target, this.#attempt("lookup", "found"), remote);
    }
    circuit.succeeded();
    // Where the target leaves no hint its lookup is consistent: one look is enough.
    const retry = delivery.hint === null ? { ...settings.retry, lookupDelaysSeconds: [] } : settings.retry;
    const next = afterEmptyLookup(delivery, retry, clock.now());
    const [cause, detail] =
      next.reason === "parked"
        ? ["unknown_outcome", "nothing was found: send it again or discard it"]
        : [delivery.cause, delivery.detail];
    await this.#settle(next, cause, detail, this.#attempt("lookup", "not found"));
  }

  /** A look is no attempt: it is made again, however often it fails. */
  async #lookUpFailed(error: unknown): Promise<void> {
    if (error instanceof StoreError) throw error;
    const { clock, settings } = this.#parts;
    this.#note(error);
    const { attempts, lookups } = this.#delivery;
    const pause = Math.ceil(Math.min(lookupRetryMs, settings.retry.baseDelaySeconds * 1000));
    const nextAttemptAt = Math.max(clock.now() + pause, notBefore(error, clock.now()) ?? 0);
    const next: Next = { state: "unknown", attempts, lookups, nextAttemptAt, reason: "look-up" };
    await this.#settle(next, causeOf(error), messageOf(error), this.#attempt("lookup", causeOf(error)));
  }

  async #succeeded(target: TicketSystem, attempt: Attempt, remote: RemoteTicket | null): Promise<void> {
    const { clock, log, circuit } = this.#parts;
    const { id, attempts, lookups, kind, incidentId: incident, system } = this.#delivery;
    circuit.succeeded();
    const next = kind === "create" && target.link !== null ? ("link" as const) : null;
    const done = { id, state: "confirmed" as const, attempts, lookups, nextAttemptAt: clock.now() };
    await this.#record({ ...done, cause: null, detail: remote?.warning ?? null, attempt, remote, next });
    if (remote !== null) log.info("ticket created", { incident, system, ticket: remote.key });
  }

  /** `sent`: something was sent that may have had an effect. */
  async #failed(error: unknown, sent: boolean): Promise<void> {
    // Not the target's fault, and nothing that a person could mend here: it stays as it is.
    if (error instanceof StoreError) throw error;
    const { clock, random, log, settings } = this.#parts;
    const { incidentId: incident, system, id: delivery } = this.#delivery;
    this.#note(error);
    const failure = failureOf(error, clock.now(), sent);
    const next = afterFailure(this.#delivery, failure, settings.retry, clock.now(), random());
    const { cause, detail } = failure;
    const then = { reason: next.reason, next: new Date(next.nextAttemptAt).toISOString() };
    log.warn("delivery failed", { incident, system, delivery, cause, ...then, detail });
    await this.#settle(next, cause, detail, this.#exchanges.last === null ? null : this.#attempt("send", cause));
  }

  async #settle(next: Next, cause: string | null, detail: string | null, attempt: Attempt | null): Promise<void> {
    const { state, attempts, lookups, nextAttemptAt } = next;
    const { id } = this.#delivery;
    await this.#record({
      id,
      state,
      attempts,
      lookups,
      nextAttemptAt,
      cause,
      detail,
      attempt,
      remote: null,
      next: null,
    });
  }

  /** What the target has done is written down, however long the database cannot be written: a restart would have to look it up. */
  async #record(outcome: Omit<Parameters<Store["tickets"]["finishDelivery"]>[0], "throttledUntil">): Promise<void> {
    const { store, clock, log, patience, isStopping } = this.#parts;
    const throttledUntil = patience.until > clock.now() ? patience.until : null;
    for (;;) {
      try {
        await store.tickets.finishDelivery({ ...outcome, throttledUntil }, clock.now());
        return;
      } catch (error) {
        if (!(error instanceof StoreError) || isStopping()) throw error;
        log.error("an outcome cannot be written yet", { delivery: outcome.id, error: messageOf(error) });
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  }

  #attempt(action: Attempt["action"], outcome: string): Attempt {
    const { request, status, words } = this.#exchanges.last ?? { request: "", status: null, words: "" };
    const durationMs = Math.round(this.#parts.clock.monotonic() - this.#timer);
    return { at: this.#begun, durationMs, action, request, status, outcome, words };
  }

  /** What a failure says of the target: one request of several that broke is no outage, and a wish for patience neither. */
  #note(error: unknown): void {
    if (!(error instanceof DeliveryError) || error.code === "throttled") return;
    const { clock, circuit } = this.#parts;
    if (this.#exchanges.answered) circuit.succeeded();
    if (error.data.outage === true || error.data.effectUnknown === true) circuit.failed(clock.now());
    else circuit.succeeded();
  }

  /** By which word the target finds the ticket: ServiceNow by the incident's id (CONTRACT 6), Jira by a label. */
  async #correlation(): Promise<string> {
    const ticket = await this.#parts.store.tickets.ticketOfDelivery(this.#delivery.id);
    const { system, incidentId } = this.#delivery;
    return correlationOf(system, incidentId, ticket?.generation ?? 1);
  }
}

function causeOf(error: unknown): string {
  return error instanceof EdgeError ? error.code : "defect";
}

function notBefore(error: unknown, now: number): number | null {
  return error instanceof DeliveryError && error.retryAfter !== null ? now + error.retryAfter * 1000 : null;
}

function failureOf(error: unknown, now: number, sent: boolean): Failure {
  const cause = causeOf(error);
  if (!(error instanceof DeliveryError))
    return { cause, detail: messageOf(error), permanent: true, effectUnknown: false, notBefore: null, outage: false };
  const { message, data } = error;
  const effectUnknown = sent && data.effectUnknown === true;
  return {
    ...{ cause, detail: message, permanent: data.permanent === true, notBefore: notBefore(error, now), effectUnknown },
    outage: data.outage === true && !effectUnknown,
  };
}
