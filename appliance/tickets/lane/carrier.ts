/** Sends one delivery to its system. Each step is stored in the ledger before the next; after an unknown outcome the target is searched before anything is sent again. */
import { messageOf, StoreError } from "../../../core/errors.ts";
import type { Random } from "../../../core/ports.ts";
import type { Circuit } from "../../../core/tickets/circuit.ts";
import { afterFailure, type Failure, type Next } from "../../../core/tickets/retry.ts";
import {
  type Attempt,
  correlationOf,
  type Delivery,
  notIdentified,
  type RemoteTicket,
  sendAgain,
  type Ticket,
} from "../../../core/tickets/ticket.ts";
import type { TicketSystem } from "../../../core/tickets/ticket-system.ts";
import { type Exchanges, recordingExchanges } from "../../../integrations/exchanges.ts";
import type { DeliveryOutcome } from "../../../store/outbox/delivery-outcomes.ts";
import type { Finished } from "../../../store/sync/operations.ts";
import type { Log } from "../../runtime/log.ts";
import { causeOf, failureOf, notBefore, noteFailure, whereFailed } from "./failures.ts";
import type { LaneView } from "./jobs.ts";
import { type CommentFinding, type Finding, lookUp, lookUpComment } from "./look-up.ts";
import { expectOurs, whereIs } from "./reading.ts";
import { insteadOf, prepareUpdate, type Update, type UpdateParts } from "./updates.ts";

/** The longest wait before a failed look-up is repeated; the base delay if that is shorter. */
const lookupRetryMs = 60_000;

/** The wait before an outcome that could not be stored is written again. */
const writeAgainMs = 1_000;

/** So many of our newest tickets tell a target how far its numbers have come. */
const mostKnown = 10;

const nothingKept = { payload: null, hint: null, asked: null };
const nothingMade = { remote: null, commentId: null, known: null, next: null };

interface CarrierParts extends UpdateParts {
  random: Random;
  log: Log;
  /** The circuit of the delivery's system. */
  circuit: Circuit;
  lane: Pick<LaneView, "throttle" | "stopping" | "outcomes" | "pause">;
}

/** @throws StoreError: nothing was written, and the delivery is unchanged */
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
    const { state, kind } = this.#delivery;
    let target: TicketSystem;
    try {
      target = targetOf();
    } catch (error) {
      // Parked for the settings, what may have arrived would be sent again without a look.
      return state === "unknown" ? this.#lookUpFailed(error) : this.#failed(error, false);
    }
    if (state === "unknown") await (kind === "comment" ? this.#lookUpComment(target) : this.#lookUp(target));
    else if (kind === "create") await this.#create(target);
    else if (kind === "link") await this.#link(target);
    else await this.#update(target);
  }

  async #create(target: TicketSystem): Promise<void> {
    const { store, clock, drafts } = this.#parts;
    const { id, ticketId, incidentId, system } = this.#delivery;
    let { payload } = this.#delivery;
    let drawn: { level: string; upTo: number } | null = null;
    try {
      if (payload === null) {
        const { draft, upTo } = await drafts.ofNow(incidentId, system);
        drawn = { level: draft.level, upTo };
        payload = await target.render({ correlation: await this.#correlation(), draft });
      }
      const hint = await target.hint(await store.tickets.knownTickets(system, ticketId, mostKnown), payload);
      const made = { asked: drawn?.level ?? null, upTo: drawn?.upTo ?? null, title: target.titleOf(payload) };
      if (!(await store.tickets.beginDelivery({ id, payload, hint, ...made }, clock.now()))) return;
    } catch (error) {
      // No request with an effect has been sent.
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
    const { store, clock, drafts } = this.#parts;
    const { id, incidentId, system } = this.#delivery;
    const ticket = await store.tickets.ticketOfDelivery(id);
    if (ticket?.remote == null || target.link === null) return;
    try {
      await expectOurs(ticket, target);
      const text = await drafts.made(incidentId, system);
      if (!(await store.tickets.beginDelivery({ id, ...nothingKept }, clock.now()))) return;
      await target.link(ticket.remote, text);
    } catch (error) {
      return this.#failed(error, true);
    }
    await this.#succeeded(target, this.#attempt("send", "linked"), null);
  }

  async #update(target: TicketSystem): Promise<void> {
    const { store, clock } = this.#parts;
    const { id } = this.#delivery;
    const ticket = await store.tickets.ticketOfDelivery(id);
    if (ticket?.remote == null) return;
    let update: Update | null;
    let result: Awaited<ReturnType<NonNullable<Update["send"]>>> = {};
    let sent = false;
    try {
      await expectOurs(ticket, target);
      update = await prepareUpdate(this.#delivery, ticket, target, this.#parts);
      if (update === null) return;
      const { payload, asked, title, of, send } = update;
      if (send !== null) {
        if (!(await store.tickets.beginDelivery({ id, payload, hint: null, asked, title, of }, clock.now()))) return;
        sent = true;
        result = await send();
      }
    } catch (error) {
      return this.#failed(error, sent, { ticket, target });
    }
    const instead = insteadOf(update, result, clock.now());
    const attempt = this.#exchanges.last === null ? null : this.#attempt(sent ? "send" : "lookup", update.outcome);
    await this.#confirmed(attempt, {
      cause: result.cause ?? null,
      detail: result.warning ?? update.warning,
      commentId: result.commentId ?? null,
      known: result.known ?? update.known,
      of: sent ? null : update.of,
      ...(result.title === undefined ? {} : { title: result.title }),
      next: instead === null ? null : { kind: "comment", content: instead },
    });
  }

  async #lookUpComment(target: TicketSystem): Promise<void> {
    const { store, clock, log, circuit, settings } = this.#parts;
    const ticket = await store.tickets.ticketOfDelivery(this.#delivery.id);
    let finding: CommentFinding;
    try {
      finding = await lookUpComment(this.#delivery, ticket, target, { store, clock, log, retry: settings.retry });
    } catch (error) {
      return this.#lookUpFailed(error);
    }
    if ("commentId" in finding) return void (await this.#confirmed(this.#attempt("lookup", "found"), finding));
    circuit.succeeded();
    const { next, cause, detail, outcome } = finding;
    await this.#settle(next, cause, detail, this.#attempt("lookup", outcome));
  }

  async #lookUp(target: TicketSystem): Promise<void> {
    const { store, clock, log, settings, circuit } = this.#parts;
    const { id, incidentId: incident, system } = this.#delivery;
    let finding: Finding;
    try {
      finding = await lookUp(this.#delivery, target, await this.#correlation(), {
        store,
        clock,
        retry: settings.retry,
      });
    } catch (error) {
      return this.#lookUpFailed(error);
    }
    if (finding.kind === "found") {
      log.info("ticket found after an unknown outcome", { incident, system, ticket: finding.remote.key });
      return this.#succeeded(target, this.#attempt("lookup", "found"), finding.remote);
    }
    circuit.succeeded();
    if (finding.kind === "send again") {
      const made = await store.tickets.nextGeneration(id, clock.now());
      return log.info("a ticket is made again, as a person wanted", { incident, system, delivery: made });
    }
    const { next, cause, detail, outcome } = finding;
    await this.#settle(next, cause, detail, this.#attempt("lookup", outcome));
  }

  /** A failed look-up is no attempt: it is repeated without limit. */
  async #lookUpFailed(error: unknown): Promise<void> {
    if (error instanceof StoreError) throw error;
    const { clock, settings } = this.#parts;
    this.#note(error);
    const { attempts, lookups, cause: before, detail: beforeThat } = this.#delivery;
    const pause = Math.ceil(Math.min(lookupRetryMs, settings.retry.baseDelaySeconds * 1000));
    const nextAttemptAt = Math.max(clock.now() + pause, notBefore(error, clock.now()) ?? 0);
    const next: Next = { state: "unknown", attempts, lookups, nextAttemptAt, reason: "look-up" };
    // A failed look-up must not replace a cause that comes from a person or from the target.
    const isSaid = before === notIdentified || before === sendAgain;
    const [cause, detail] = isSaid ? [before, beforeThat] : [causeOf(error), messageOf(error)];
    const asked = this.#exchanges.last === null ? null : this.#attempt("lookup", causeOf(error));
    await this.#settle(next, cause, detail, asked);
  }

  async #succeeded(target: TicketSystem, attempt: Attempt, remote: RemoteTicket | null): Promise<void> {
    const { kind, incidentId: incident, system } = this.#delivery;
    const next = kind === "create" && target.link !== null ? { kind: "link" as const, content: null } : null;
    const finished = await this.#confirmed(attempt, { detail: remote?.warning ?? null, remote, next });
    if (remote === null || finished === "decided") return;
    const words = finished === "done" ? "ticket created" : "another incident's ticket was answered";
    this.#parts.log[finished === "done" ? "info" : "warn"](words, { incident, system, ticket: remote.key });
  }

  async #confirmed(attempt: Attempt | null, made: Partial<DeliveryOutcome>): Promise<Finished> {
    const { clock, circuit } = this.#parts;
    const { id, attempts, lookups } = this.#delivery;
    circuit.succeeded();
    const done = { id, state: "confirmed" as const, attempts, lookups, nextAttemptAt: clock.now() };
    return this.#record({ ...done, cause: null, detail: null, attempt, ...nothingMade, ...made });
  }

  /** `sent`: a request was sent that may have had an effect. */
  async #failed(error: unknown, sent: boolean, of?: { ticket: Ticket; target: TicketSystem }): Promise<void> {
    // Neither the target's fault nor a matter for a person: the delivery is unchanged.
    if (error instanceof StoreError) throw error;
    const { clock, random, log, settings } = this.#parts;
    const { incidentId: incident, system, id: delivery } = this.#delivery;
    this.#note(error);
    const failure = failureOf(error, clock.now(), sent);
    // After the attempt was taken from the last exchange, because this makes further requests.
    const failed = this.#exchanges.last === null ? null : this.#attempt("send", failure.cause);
    if (failure.cause === "not_found" && of !== undefined) Object.assign(failure, await this.#missing(of));
    const next = afterFailure(this.#delivery, failure, settings.retry, clock.now(), random());
    const { cause, detail } = failure;
    const then = { reason: next.reason, next: new Date(next.nextAttemptAt).toISOString() };
    log.warn("delivery failed", { incident, system, delivery, cause, ...then, detail });
    await this.#settle(next, cause, detail, failed);
  }

  async #missing({ ticket, target }: { ticket: Ticket; target: TicketSystem }): Promise<Partial<Failure>> {
    try {
      return whereFailed[await whereIs(ticket, target, this.#parts)];
    } catch (error) {
      if (error instanceof StoreError) throw error;
      return {};
    }
  }

  async #settle(next: Next, cause: string | null, detail: string | null, attempt: Attempt | null): Promise<void> {
    const { state, attempts, lookups, nextAttemptAt } = next;
    const then = { id: this.#delivery.id, state, attempts, lookups, nextAttemptAt };
    await this.#record({ ...then, cause, detail, attempt, ...nothingMade });
  }

  /** Repeats the write until it succeeds: an outcome that is not stored would have to be looked up after a restart. */
  async #record(outcome: Omit<DeliveryOutcome, "throttled">): Promise<Finished> {
    const { store, clock, log, lane } = this.#parts;
    const { until, name } = lane.throttle;
    const throttled = until > clock.now() ? { name, until } : null;
    for (;;) {
      try {
        const finished = await store.tickets.finishDelivery({ ...outcome, throttled }, clock.now());
        if (finished === "done") lane.outcomes.note(outcome, clock.now());
        return finished;
      } catch (error) {
        if (!(error instanceof StoreError) || lane.stopping.aborted) throw error;
        log.error("an outcome cannot be written yet", { delivery: outcome.id, error: messageOf(error) });
        await lane.pause(writeAgainMs);
      }
    }
  }

  #attempt(action: Attempt["action"], outcome: string): Attempt {
    const exchange = this.#exchanges.last ?? { request: "", status: null, words: "", sent: null, answer: null };
    const durationMs = Math.round(this.#parts.clock.monotonic() - this.#timer);
    return { at: this.#begun, durationMs, action, outcome, ...exchange };
  }

  #note(error: unknown): void {
    const { clock, circuit } = this.#parts;
    noteFailure(circuit, error, this.#exchanges.answered, clock.now());
  }

  /** The correlation id by which the target finds the ticket: in ServiceNow the incident's id (CONTRACT 6), in Jira a label. */
  async #correlation(): Promise<string> {
    const ticket = await this.#parts.store.tickets.ticketOfDelivery(this.#delivery.id);
    const { system, incidentId } = this.#delivery;
    return correlationOf(system, incidentId, ticket?.generation ?? 1);
  }
}
