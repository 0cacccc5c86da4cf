/** What API and console need of tickets and their deliveries. */
import type { Caller } from "../../../../core/access/caller.ts";
import type { TicketSystemName } from "../../../../core/tickets/ticket.ts";

type Json = Record<string, unknown>;

/** Which tickets or deliveries a list has; what is not given matches all. */
export interface TicketList {
  incidentId?: string;
  system?: string;
  states?: readonly string[];
  causes?: readonly string[];
  entity?: string;
  /** Of deliveries: last changed from the first on, before the second. Epoch milliseconds. */
  since?: number;
  before?: number;
  limit: number;
  offset: number;
}

/** Filter of parked and dead deliveries; what is not given matches all. */
export interface DeadLetterChoice {
  system?: TicketSystemName;
  state?: "parked" | "dead";
  causes?: readonly string[];
  entity?: string;
  incidentId?: string;
  /** Since when they stand still: from the first on, before the second. Epoch milliseconds. */
  since?: number;
  before?: number;
}

export interface TicketPort {
  preview(caller: Caller, incidentId: string, system: TicketSystemName): Promise<Json>;
  create(
    caller: Caller,
    incidentId: string,
    system: TicketSystemName,
    payloadSha256: string | null,
  ): Promise<{ ticket: Json } | { delivery_id: string }>;
  /** Another ticket in the place of one that was deleted in the target. @throws EdgeError ticket_there, ticket_doubtful, not_enabled, preview_outdated */
  renew(
    caller: Caller,
    incidentId: string,
    system: TicketSystemName,
    reason: string | null,
    payloadSha256: string | null,
  ): Promise<{ delivery_id: string }>;
  tickets(caller: Caller, query: TicketList): Promise<Json>;
  deliveries(caller: Caller, query: TicketList): Promise<Json>;
  delivery(caller: Caller, id: string): Promise<Json>;
  deadLetters(caller: Caller): Promise<object[]>;
  /** What `retryAll` would take, `toDiscard`: `discardAll`. */
  matching(caller: Caller, which: DeadLetterChoice, toDiscard: boolean): Promise<{ count: number; first: Json[] }>;
  /** `seen`: when it was last changed, as the caller has seen it; null = whenever. @throws EdgeError delivery_changed */
  retry(caller: Caller, id: string, fields: Json | null, seen?: number | null): Promise<Json>;
  identify(caller: Caller, id: string, number: string): Promise<Json>;
  /** The tickets that the target shows for a create that waits to be named. @throws EdgeError delivery_state, not_configured */
  candidates(caller: Caller, id: string): Promise<Json>;
  retryAll(caller: Caller, which: DeadLetterChoice): Promise<{ retried: number }>;
  discard(caller: Caller, id: string, reason: string, seen?: number | null): Promise<Json>;
  discardAll(caller: Caller, which: DeadLetterChoice, reason: string): Promise<{ discarded: number }>;
}
