/** Drafts the content of tickets from the present incident: the usual text, or the enriched body of a Proactive Case. */
import { EdgeError } from "../../../core/errors.ts";
import type { Clock } from "../../../core/ports.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import { promotionOf } from "../../../core/tickets/case/case-facts.ts";
import { composeCase } from "../../../core/tickets/case/compose-case.ts";
import { composeTicket } from "../../../core/tickets/compose.ts";
import type { Draft } from "../../../core/tickets/draft.ts";
import { incidentUrl } from "../../../core/tickets/sections.ts";
import type { TicketSystemName } from "../../../core/tickets/ticket.ts";
import type { Store } from "../../../store/open-store.ts";

interface DraftParts {
  store: Store;
  clock: Clock;
  settings(): TicketSettings | null;
  /** The address at which people open incidents, if none is configured. */
  defaultBaseUrl(): string;
}

export class Drafts {
  readonly #parts: DraftParts;

  constructor(parts: DraftParts) {
    this.#parts = parts;
  }

  /** The draft for a new ticket. @throws EdgeError incident_unknown */
  made(incidentId: string, system: TicketSystemName): Promise<Draft> {
    return this.#compose(incidentId, system, true);
  }

  /** The same, with the entry of the incident's history up to which it tells at least. @throws EdgeError incident_unknown */
  async ofNow(incidentId: string, system: TicketSystemName): Promise<{ draft: Draft; upTo: number }> {
    const upTo = await this.#parts.store.tickets.lastEntry(incidentId);
    return { draft: await this.made(incidentId, system), upTo };
  }

  /** The draft for a ticket whose risk level changes. @throws EdgeError incident_unknown */
  updated(incidentId: string, system: TicketSystemName): Promise<Draft> {
    return this.#compose(incidentId, system, false);
  }

  /** The address at which people open the incident. */
  url(incidentId: string): string {
    return incidentUrl(this.#baseUrl, incidentId);
  }

  get #baseUrl(): string {
    return this.#parts.settings()?.baseUrl ?? this.#parts.defaultBaseUrl();
  }

  async #compose(incidentId: string, system: TicketSystemName, isFirst: boolean): Promise<Draft> {
    const { store, clock } = this.#parts;
    const [now, settings] = [clock.now(), this.#parts.settings()];
    const facts = await store.reading.readIncident(incidentId, now);
    if (facts === null || settings === null)
      throw new EdgeError("incident_unknown", `there is no incident ${incidentId}`);
    const { sla, maskPatterns } = settings;
    const baseUrl = this.#baseUrl;
    const samples = await store.reading.readSamples(incidentId);
    const whole = { ...facts, promotion: promotionOf(facts.history), samples };
    if (system !== "proactive") return composeTicket(whole, { baseUrl, sla, maskPatterns, isFirst }, now);
    return composeCase(whole, { baseUrl, maskPatterns, isFirst }, now);
  }
}
