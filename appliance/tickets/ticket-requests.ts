/** Tickets that people ask for: the preview of a request, the ticket of an incident, and another one where that was deleted. */
import { createHash } from "node:crypto";
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { RiskLevel } from "../../core/risk.ts";
import { cadenceGate } from "../../core/tickets/cadence.ts";
import { correlationOf, type Delivery, type Ticket, type TicketSystemName } from "../../core/tickets/ticket.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { TicketDispatcher } from "./dispatcher.ts";
import { renewTicket } from "./renew.ts";
import { adapterOf } from "./systems.ts";
import { ticketJson } from "./ticket-json.ts";

type Json = Record<string, unknown>;

interface RequestParts {
  store: Store;
  dispatcher: TicketDispatcher;
  clock: Clock;
  audit: AuditLog;
}

export class TicketRequests {
  readonly #store: Store;
  readonly #dispatcher: TicketDispatcher;
  readonly #clock: Clock;
  readonly #audit: AuditLog;

  constructor({ store, dispatcher, clock, audit }: RequestParts) {
    this.#store = store;
    this.#dispatcher = dispatcher;
    this.#clock = clock;
    this.#audit = audit;
  }

  /** Returns the exact request that would be sent now, and its hash. @throws EdgeError incident_unknown, not_configured; DeliveryError */
  async preview(caller: Caller, incidentId: string, named: TicketSystemName): Promise<Json> {
    const system = this.#dispatcher.systemMeant(named);
    const entity = await this.#entity(caller, incidentId);
    const { payload, level } = await this.#render(incidentId, entity, system);
    const priority = await adapterOf(this.#dispatcher.systems, system, entity).priorityOf(payload);
    const ticket = await this.#store.reading.findTicket(incidentId, system);
    const reported = await this.#store.tickets.levelOfTicket(incidentId, system);
    const update = riskUpdateOf(ticket, reported ?? level, this.#dispatcher.cadenceHours, this.#clock.now());
    return {
      system,
      risk_update: update,
      priority,
      payload: JSON.parse(payload),
      payload_text: payload,
      payload_sha256: sha256(payload),
    };
  }

  /**
   * Plans a ticket, or returns the present one in `ticket`; if that no longer exists in the target, `renew` plans another.
   * @throws EdgeError incident_unknown, not_configured, preview_outdated, and those of `renew`; DeliveryError
   */
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
    if (isGone) return this.renew(caller, incidentId, named, null, seen);
    if (!this.#dispatcher.systems?.isEnabled(system)) throw notEnabled(system);
    const waiting = await this.#delivery(incidentId, system);
    if (waiting !== null && (await this.#store.tickets.wantDelivery(waiting.id, this.#clock.now()))) {
      this.#dispatcher.wake();
      return { delivery_id: waiting.id };
    }
    const { payload, level } = await this.#render(incidentId, entity, system);
    expectPreview(payload, seen);
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

  /**
   * Plans another ticket for an incident whose ticket was deleted in the target, which is looked at once more. `seen`: the preview's hash.
   * @throws EdgeError incident_unknown, not_configured, not_enabled, preview_outdated, ticket_there, ticket_doubtful; DeliveryError
   */
  async renew(
    caller: Caller,
    incidentId: string,
    named: TicketSystemName,
    reason: string | null,
    seen: string | null,
  ): Promise<{ delivery_id: string }> {
    const system = this.#dispatcher.systemMeant(named);
    const entity = await this.#entity(caller, incidentId);
    const gone = await this.#store.reading.findTicket(incidentId, system);
    if (gone === null)
      throw new EdgeError("ticket_there", `the incident has no ticket in ${system} that could be gone: create one`);
    if (!this.#dispatcher.systems?.isEnabled(system)) throw notEnabled(system);
    const { payload, level } = await this.#render(incidentId, entity, system);
    expectPreview(payload, seen);
    await renewTicket(gone, { payload, level }, reason, auditAuthor(caller), {
      store: this.#store,
      clock: this.#clock,
      audit: this.#audit,
      target: adapterOf(this.#dispatcher.systems, system, entity),
    });
    const delivery = await this.#delivery(incidentId, system);
    this.#dispatcher.wake();
    return { delivery_id: delivery?.id ?? "" };
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
}

/** The cadence gate's decision about the present level; null without a ticket (CONTRACT 6). */
export function riskUpdateOf(ticket: Ticket | null, level: RiskLevel, cadenceHours: number, now: number): Json | null {
  if (ticket?.remote == null || ticket.lastReported === null) return null;
  const decision = cadenceGate(level, ticket.lastReported, cadenceHours, now);
  return {
    push: decision.push,
    reason: decision.reason,
    told_level: ticket.lastReported.level,
    level,
    last_update_at: isoOrNull(ticket.lastReported.at),
    next_at: "nextAt" in decision ? toIso(decision.nextAt) : null,
  };
}

/** The error where a system is not enabled: the delivery would wait without anybody noticing. */
export function notEnabled(system: TicketSystemName): EdgeError {
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

/** @throws EdgeError preview_outdated */
function expectPreview(payload: string, seen: string | null): void {
  if (seen !== null && seen.toLowerCase() !== sha256(payload))
    throw new EdgeError("preview_outdated", "the incident has changed since the preview: look at it again");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
