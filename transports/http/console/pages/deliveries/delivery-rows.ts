/** Rows of `GET /api/deliveries` and their details (api/shapes/ticket-shapes.ts), and what their words mean to people. */
import { throttled } from "../../../../../core/tickets/probes.ts";
import {
  type DeliveryKind,
  type DeliveryState,
  notIdentified,
  notLookedUp,
  secondTicket,
  unknownOutcome,
} from "../../../../../core/tickets/ticket.ts";
import { words } from "../../parts/severity.tsx";
import type { Outcome } from "../../parts/state.tsx";

export interface AttemptRow {
  at: string;
  duration_ms: number;
  action: "send" | "lookup";
  request: string;
  status: number | null;
  outcome: string;
  words: string;
}

export interface DeliveryRow {
  id: string;
  incident_id: string;
  entity_name: string;
  system: string;
  kind: DeliveryKind;
  state: DeliveryState;
  attempts: number;
  cause: string | null;
  detail: string | null;
  trigger: "auto" | "manual";
  who: string;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
  attempt_history: AttemptRow[];
}

export interface DeliveryDetail extends DeliveryRow {
  /** By which its ticket is looked for in the target, while a person has to name it; else null. */
  correlation: string | null;
  attempt_history: (AttemptRow & { request_body: string | null; answer_body: string | null })[];
}

/** What stands still for one cause, of `GET /api/dead-letters`. */
export interface StandingGroup {
  system: string;
  state: "parked" | "dead";
  cause: string;
  count: number;
  oldest: string;
  detail: string;
  delivery_id: string;
  /** Of the newest of them. */
  incident_id: string;
}

/** Causes for which a person has to say what became of a create. */
export const undecidedCauses: readonly string[] = [notIdentified, unknownOutcome];

export function isUndecided({ cause, kind }: Pick<DeliveryRow, "cause" | "kind">): boolean {
  return kind === "create" && undecidedCauses.includes(cause ?? "");
}

export function standsStill({ state }: Pick<DeliveryRow, "state">): boolean {
  return state === "parked" || state === "dead";
}

const kinds: Readonly<Record<DeliveryKind, string>> = {
  create: "Create ticket",
  link: "Link to the incident",
  comment: "Note",
  status: "Status",
  assignee: "Owner",
  priority: "Priority",
};

export function kindName(kind: string): string {
  return Object.hasOwn(kinds, kind) ? kinds[kind as DeliveryKind] : words(kind);
}

export const stateNames: Readonly<Record<DeliveryState, { name: string; kind: Outcome }>> = {
  planned: { name: "Waits its turn", kind: "wait" },
  sending: { name: "Being sent", kind: "run" },
  unknown: { name: "Outcome not known, is looked up", kind: "wait" },
  confirmed: { name: "Done", kind: "good" },
  parked: { name: "Parked", kind: "bad" },
  dead: { name: "Dead: attempts used up", kind: "bad" },
  discarded: { name: "Given up", kind: "idle" },
};

interface CauseWords {
  name: string;
  /** What it means for the data, and what helps. */
  means: string;
}

const mended = "They are kept. Mended once, all of them go.";
const passing = "They are kept, and go once somebody retries them or the system is back after an outage.";

const causes: ReadonlyMap<string, CauseWords> = new Map([
  ["rejected", { name: "The request is refused", means: `A field is missing or wrong there. ${mended}` }],
  ["issue_type", { name: "The issue type does not fit", means: mended }],
  [
    "unauthorized",
    {
      name: "The credentials are refused",
      means: `Few further attempts are made, so that the account is not locked. ${mended}`,
    },
  ],
  ["captcha", { name: "The account has to answer a CAPTCHA", means: `Log in there by hand once. ${mended}` }],
  ["forbidden", { name: "The account lacks a permission", means: mended }],
  [
    "not_found",
    {
      name: "What is addressed is not there",
      means: `A project, table or ticket, or the account may not see it. ${mended}`,
    },
  ],
  ["redirected", { name: "The address leads elsewhere", means: `Check the address in the settings. ${mended}` }],
  ["too_large", { name: "The request is too large", means: mended }],
  [
    notIdentified,
    {
      name: "Made, and the answer did not say which",
      means: "Nothing is sent again, so that there is no second ticket. Look the number up there and name it.",
    },
  ],
  [
    unknownOutcome,
    {
      name: "It may have been made",
      means: "Nothing is sent again by itself. Look there: name the ticket if it exists, else send it again.",
    },
  ],
  [
    secondTicket,
    {
      name: "The incident has a second ticket",
      means: "A node of the cluster was stopped in the middle of a request. Close or merge one of the two there.",
    },
  ],
  [
    notLookedUp,
    {
      name: "It may be there, and cannot be looked up",
      means: "Nothing is sent again before it can be. Look there, and send it again where it is not.",
    },
  ],
  ["not_kept", { name: "Written, and not seen afterwards", means: "It is looked up before it is written again." }],
  [
    "ticket_gone",
    {
      name: "The ticket was deleted there",
      means: "A new one is made when a person decides that; else give these up.",
    },
  ],
  [
    "other_site",
    {
      name: "The ticket is in another system",
      means:
        "The address in the settings is no longer that at which it was made, and another ticket has its id there. Set the address again, or give these up.",
    },
  ],
  ["campaign", { name: "One ticket stands for its campaign", means: "It is planned again where that ticket cannot." }],
  ["server_error", { name: "The system failed", means: passing }],
  ["unreachable", { name: "The system was not reachable", means: passing }],
  ["timeout", { name: "The system did not answer in time", means: passing }],
  ["tls", { name: "The connection is not trusted", means: `Check the certificate and its authority. ${passing}` }],
  [
    "no_json",
    { name: "Something else answered", means: `The instance may be asleep, or a proxy asks for a login. ${passing}` },
  ],
  ["busy", { name: "The record was busy", means: passing }],
  [
    throttled,
    {
      name: "The system asks to slow down",
      means: "They are kept, and go by themselves once it answers a read-only test: 15 minutes later, then every hour.",
    },
  ],
]);

/** A cause of a version to come is told by its own word. */
export function causeWords(cause: string): CauseWords {
  return causes.get(cause) ?? { name: cause === "" ? "No cause is noted" : words(cause), means: mended };
}

/** Whether an attempt did what it was for: its outcome is a word of its own, or the cause of a failure. */
export function isGoodOutcome(outcome: string): boolean {
  return !causes.has(outcome) && !outcome.startsWith("not ");
}

/** As people read it: `made not identified`. */
export function outcomeWords(outcome: string): string {
  return outcome.replaceAll("_", " ");
}
