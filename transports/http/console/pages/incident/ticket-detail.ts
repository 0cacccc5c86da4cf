/** Tickets of an incident and their deliveries, as the API tells them, and what each state means to people. */
import { sentence } from "../../answer.tsx";
import type { Try } from "../../parts/attempts.tsx";
import type { Outcome } from "../../parts/state.tsx";

export type SystemName = "jira" | "servicenow" | "proactive";

export interface TicketSystem {
  system: SystemName;
  /** False while it is down and nothing is sent. */
  answers: boolean;
}

export interface ToldIn {
  incident_id: string;
  system: SystemName;
  ticket_id: string | null;
  ticket_url: string | null;
}

export interface Delivery {
  id: string;
  kind: string;
  state: string;
  attempts: number;
  cause: string | null;
  detail: string | null;
  who: string;
  next_attempt_at: string | null;
  created_at: string;
  updated_at: string;
  attempt_history: {
    at: string;
    duration_ms: number;
    action: string;
    request: string;
    status: number | null;
    outcome: string;
    words: string;
  }[];
}

export interface RiskUpdate {
  push: boolean;
  reason: string;
  told_level: string;
  level: string;
  next_at: string | null;
}

export interface IncidentTicket {
  system: SystemName;
  ticket_id: string | null;
  ticket_url: string | null;
  ticket_status: string | null;
  state: string;
  told_in?: ToldIn | null;
  merged_into: string | null;
  gone_at: string | null;
  last_read_at: string | null;
  risk_update: RiskUpdate | null;
  /** Newest first. */
  deliveries: Delivery[];
}

export const systemNames: Readonly<Record<SystemName, string>> = {
  jira: "Jira",
  servicenow: "ServiceNow",
  proactive: "Proactive Case",
};

const kindNames: ReadonlyMap<string, string> = new Map([
  ["create", "Create ticket"],
  ["link", "Link back to this incident"],
  ["priority", "Priority"],
  ["comment", "Note"],
  ["status", "Status"],
  ["assignee", "Assignee"],
]);

export function kindName(kind: string): string {
  return kindNames.get(kind) ?? kind;
}

/** What became of a delivery. */
export function outcomeOf({ state, detail }: Delivery): Outcome {
  if (state === "confirmed") return detail === null ? "good" : "wait";
  if (state === "parked" || state === "dead") return "bad";
  return state === "discarded" ? "idle" : "wait";
}

/** Where a delivery stands, what that means, and what comes next; null where there is nothing to say. Without the time that follows. */
export function whereItStands({ state, kind, cause, detail, attempts }: Delivery, name: string): string | null {
  const said = detail === null ? "" : ` ${name} says: ${sentence(detail)}`;
  switch (state) {
    case "confirmed":
      return detail === null ? null : sentence(detail);
    case "planned":
      return attempts === 0
        ? "Waits to be sent."
        : `Attempt ${attempts} did not succeed; it is sent again by itself.${said}`;
    case "sending":
      return "It is being sent.";
    case "unknown":
      return kind === "create"
        ? `No clear answer came, so ${name} may have made the ticket. It is looked up there before anything is sent again: there will be one ticket.`
        : "No clear answer came. It is looked up before anything is sent again.";
    case "parked":
      if (cause === "made_not_identified")
        return `${name} has made the ticket and its answer does not say which. Nothing is sent again. Find it there and give its number here.`;
      if (cause === "not_looked_up")
        return `It may be there, and could not be looked up. Look there, and send it again where it is not.${said}`;
      if (cause === "unknown_outcome")
        return `It may have been made, and looking for it has not settled that. Nothing is sent until somebody has looked: then give its number, or send it again.`;
      return `It stands still until somebody mends the cause; when settings change or a test succeeds it goes on by itself.${said}`;
    case "dead":
      return `All retries are used up and it is kept: send it again once the cause is mended.${said}`;
    case "discarded":
      return "Somebody has given it up.";
    default:
      return detail;
  }
}

/** What a ticket's state asks of the reader. */
export function stateOf(ticket: IncidentTicket): { kind: Outcome; words: string } {
  const create = ticket.deliveries.find(({ kind }) => kind === "create");
  switch (ticket.state) {
    case "there":
      return { kind: "run", words: ticket.ticket_status ?? "Made" };
    case "gone":
      return { kind: "idle", words: "Deleted there" };
    case "made, not identified":
      return { kind: "bad", words: "Made, not identified" };
    case "given up":
      return { kind: "idle", words: "Given up" };
    case "told in another":
      return { kind: "good", words: "Told in another ticket" };
    default:
      if (create?.state === "parked") return { kind: "bad", words: "Parked" };
      if (create?.state === "dead") return { kind: "bad", words: "Retries used up" };
      return { kind: "wait", words: create?.state === "unknown" ? "Outcome not known yet" : "On its way" };
  }
}

/** Whether a person may ask for a ticket now. */
export function canBeMade(ticket: IncidentTicket | undefined): boolean {
  return ticket === undefined || ["gone", "given up", "told in another"].includes(ticket.state);
}

/** What the cadence gate will do next (core/tickets/cadence.ts), up to a time. */
export function gateWords({ push, reason, told_level: told, level }: RiskUpdate): string {
  if (reason === "unchanged") return `Told: ${told}. Nothing is due; a change of level is told by the cadence.`;
  if (push) return `Told: ${told}, now ${level}: an update is due at once.`;
  return `Told: ${told}, now ${level}: it was told of a change a short time ago, so this one follows`;
}

/** Attempts as evidence. */
export function triesOf({ attempt_history: history }: Delivery): Try[] {
  return history.map((one) => ({
    at: one.at,
    status: one.status,
    outcome: one.action === "lookup" ? `looked up: ${one.outcome}` : one.words || one.outcome.replaceAll("_", " "),
    kind: kindOfTry(one.status, one.outcome),
    request: one.request,
    durationMs: one.duration_ms,
  }));
}

function kindOfTry(status: number | null, outcome: string): Outcome {
  if (outcome === "not found" || outcome === "not seen") return "idle";
  if (status === null || status >= 500 || status === 429 || status === 408) return "wait";
  return status >= 400 ? "bad" : "good";
}
