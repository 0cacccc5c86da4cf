/** Tickets: the mirror of an incident in one ticket system, and the deliveries that make and keep it (CONTRACT 6). */
import type { Draft } from "./draft.ts";

export const ticketSystems = ["jira", "servicenow"] as const;
export type TicketSystemName = (typeof ticketSystems)[number];

/**
 * `planned`: to be sent. `sending`: a request is on its way, or was when the process ended. `unknown`: it may have had its effect; it is looked
 * up before anything is sent again. `parked`: refused for a reason that a person has to mend. `dead`: retries used up.
 */
export const deliveryStates = ["planned", "sending", "unknown", "confirmed", "parked", "dead", "discarded"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** `create` makes the ticket; `link` puts the way back to the incident into it. */
export type DeliveryKind = "create" | "link";

/** A ticket in the ledger. Times are epoch milliseconds. */
export interface Ticket {
  id: number;
  incidentId: string;
  entity: string;
  system: TicketSystemName;
  /** Another one only by a person's hand, for a ticket that was deleted in the target. */
  generation: number;
  /** Null until it is known. */
  remote: RemoteTicket | null;
  createdAt: number;
  updatedAt: number;
}

/** What the target calls the ticket. */
export interface RemoteTicket {
  /** The target's own, unchanging id. */
  id: string;
  /** What people see: `SEC-12`, `INC0010023`. */
  key: string;
  url: string;
  /** What the target made of it that is not as it was asked for. */
  warning?: string;
}

export interface Delivery {
  /** `dlv-` and 16 hexadecimal digits. */
  id: string;
  ticketId: number;
  incidentId: string;
  entity: string;
  system: TicketSystemName;
  kind: DeliveryKind;
  state: DeliveryState;
  /** The exact request body; null until it is rendered. */
  payload: string | null;
  /** Failed attempts to send. */
  attempts: number;
  /** Looks at the target since its outcome became unknown. */
  lookups: number;
  /** What the target knew before the request, for looking it up: Jira's highest issue key. */
  hint: string | null;
  nextAttemptAt: number;
  /** Stable word for the last failure, and the target's own words. */
  cause: string | null;
  detail: string | null;
  trigger: "auto" | "manual";
  who: string;
  createdAt: number;
  updatedAt: number;
}

/** One request to a target, or a look at it. */
export interface Attempt {
  /** Epoch milliseconds. */
  at: number;
  durationMs: number;
  action: "send" | "lookup";
  /** Method and path; never a secret. */
  request: string;
  /** HTTP status; null without an answer. */
  status: number | null;
  outcome: string;
  /** The target's words, shortened. */
  words: string;
}

/** A ticket to be made: what is said, and by which word it is found again. */
export interface TicketRequest {
  /** Label, correlation id: `rhythmx-inc-7601d999`. */
  correlation: string;
  draft: Draft;
}

/** One step of a connection test. */
export interface TestStep {
  name: string;
  ok: boolean;
  /** What was found, or what is wrong and how to mend it. */
  detail: string;
}

/** What a target says to a request: noted for the ledger of attempts. */
export interface Exchange {
  request: string;
  status: number | null;
  words: string;
}

/** A ticket system. Every method throws `DeliveryError`; `data.sent` of it tells whether the request may have had its effect. */
export interface TicketSystem {
  readonly name: TicketSystemName;
  /** The exact request body as JSON text, the same for the same request and settings. May ask the target what it accepts. */
  render(request: TicketRequest): Promise<string>;
  /** What to remember before a create, for looking it up afterwards; null = nothing. */
  hint(): Promise<string | null>;
  create(payload: string): Promise<RemoteTicket>;
  /** The ticket of this correlation, null where there is none. `hint`: what was remembered before the create. */
  find(correlation: string, hint: string | null): Promise<RemoteTicket | null>;
  /** Puts the link to the incident into the ticket; doing it again changes nothing. Null = this system has it in the body. */
  link: ((ticket: RemoteTicket, draft: Draft) => Promise<void>) | null;
  /** Reads only. */
  test(): Promise<TestStep[]>;
}

/**
 * By which word a target finds the ticket of an incident: ServiceNow's correlation id is the incident's id (CONTRACT 6), Jira's a label;
 * with `-g2` for a second ticket of the same incident.
 */
export function correlationOf(system: TicketSystemName, incidentId: string, generation: number): string {
  const suffix = generation === 1 ? "" : `-g${generation}`;
  return system === "servicenow" ? `${incidentId}${suffix}` : `rhythmx-${incidentId.toLowerCase()}${suffix}`;
}
