/** Tickets: the mirror of an incident in one ticket system, and the deliveries that make and keep it (CONTRACT 6). */
import type { IncidentStatus } from "../incident.ts";
import type { RiskLevel } from "../risk.ts";
import type { ReportedRisk } from "./cadence.ts";

/** `proactive` stands in for `servicenow` where an MSSP has it (TICKET_INTEGRATION). */
export const ticketSystems = ["jira", "servicenow", "proactive"] as const;
export type TicketSystemName = (typeof ticketSystems)[number];

/** Those that can send webhooks about changes. */
export type WebhookSystem = Exclude<TicketSystemName, "proactive">;

/**
 * `planned`: to be sent. `sending`: a request is on its way, or was when the process ended. `unknown`: it may have had its effect; it is looked
 * up before anything is sent again. `parked`: refused for a reason that a person has to mend, or made and not identified. `dead`: retries used up.
 */
export const deliveryStates = ["planned", "sending", "unknown", "confirmed", "parked", "dead", "discarded"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** Cause of a create that the target has answered as made without saying which ticket it is: a person says which, or sends it again. */
export const notIdentified = "made_not_identified";
/** Cause of a create that may have arrived, where looking has found nothing or cannot be trusted: a person decides. */
export const unknownOutcome = "unknown_outcome";
/** Cause of a note that may have arrived, where the target refuses to be asked: a person looks, and sends it again or discards it. */
export const notLookedUp = "not_looked_up";
/** Cause of a confirmed change of status that the account could not see afterwards: the next reading shows what came of it. */
export const notSeen = "not_seen";
/** Cause of what was being sent when the appliance ended. */
export const interrupted = "interrupted";
/** Cause of a confirmed create whose incident has another ticket in the target, which a node made that was stopped in the middle of its request. */
export const secondTicket = "second_ticket";
/** Cause of what had not ended when the backup was made that the database was restored from: it may have been sent since. */
export const restored = "restored";
/** Cause of a create of one of these that a person wants sent again: looked up once more, then sent as a new generation. */
export const sendAgain = "send_again";

/**
 * `create` makes the ticket; `link` adds the URL of the incident to it. The others keep it up to date: `comment` (work note) adds
 * a text; `status`, `assignee` and `priority` bring one field to what the incident has.
 */
export const deliveryKinds = ["create", "link", "comment", "status", "assignee", "priority"] as const;
export type DeliveryKind = (typeof deliveryKinds)[number];

/** A ticket in the ledger. Times are epoch milliseconds. */
export interface Ticket {
  id: number;
  incidentId: string;
  entity: string;
  system: TicketSystemName;
  /** Above 1 only after a person asked for a new ticket, because the old one was deleted in the target. */
  generation: number;
  /** Null until it is known. */
  remote: RemoteTicket | null;
  /** The risk that it was last told of; null until it is made. */
  lastReported: ReportedRisk | null;
  /** As the target calls it, when it was last read; null = not yet. */
  remoteStatus: string | null;
  /** The target answered for it, epoch milliseconds; null = never. */
  readAt: number | null;
  /** Whether the account has read it at least once. */
  wasRead: boolean;
  title: {
    /** As it was kept when we last wrote it; null = not known. */
    told: string | null;
    /** What requests have asked for since, whose outcome is not known. */
    asked: readonly string[];
    /** A person has changed it: it is left alone for good. */
    isTheirs: boolean;
  };
  /** Since when it is known to be deleted. */
  goneAt: number | null;
  /** The ticket it was merged into or duplicates, as the target names it. */
  mergedInto: string | null;
  createdAt: number;
  updatedAt: number;
}

/** What the target calls the ticket. */
export interface RemoteTicket {
  /** The target's own, unchanging id. */
  id: string;
  /** The number shown to people: `SEC-12`, `INC0010023`. */
  key: string;
  url: string;
  /** What the target did differently from the request. */
  warning?: string;
  /** As the target calls its state, where its answer says so. */
  status?: string;
  /** Its title as the target has kept it, where the answer to a create says so. */
  title?: string;
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
  /** What is to be said, where that is not the incident's state at the time of sending. */
  content: UpdateContent | null;
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

/** Another incident of the campaign, as a ticket that stands for it tells of it. Untrusted texts, shortened. */
export interface ToldIncident {
  incidentId: string;
  level: RiskLevel;
  headline: string;
  actor: string;
  hosts: readonly string[];
  moreHosts: number;
}

/**
 * What an update says: somebody's note, a risk level (`highest`: another incident of the campaign that has it), rules that are new, by title, what
 * has become of an outbreak, or other incidents of the campaign. Times are epoch milliseconds.
 */
export type UpdateContent =
  | { kind: "note"; who: string; at: number; title: string; text: string }
  | {
      kind: "level";
      level: RiskLevel;
      from: RiskLevel;
      score: number;
      at: number;
      rules?: readonly string[];
      outbreak?: ToldOutbreak;
      campaign?: string;
      highest?: Pick<ToldIncident, "incidentId" | "headline">;
      incidents?: readonly ToldIncident[];
    }
  | { kind: "rules"; rules: readonly string[]; at: number; outbreak?: ToldOutbreak }
  | {
      kind: "campaign";
      campaign: string;
      incidents: readonly ToldIncident[];
      rules?: readonly string[];
      outbreak?: ToldOutbreak;
      at: number;
    };

/** An outbreak as an update tells it: the title of its rule, and on how many hosts that fired by then. */
export interface ToldOutbreak {
  rule: string;
  hosts: number;
}

/** Somebody in the target. */
export interface RemotePerson {
  /** The target's own id: account id, sys_id. */
  id: string;
  /** For people. */
  name: string;
  /** Whatever else the target calls them: user name, e-mail address. */
  aliases: readonly string[];
}

/** A ticket as it is in the target now. */
export interface RemoteState extends RemoteTicket {
  /** As people see it there, with the resolution where there is one. */
  status: string;
  /** What that means to an incident; null = nothing. */
  means: IncidentStatus | null;
  /** Whether the status is unknown. */
  isStrange?: boolean;
  /** Closed or cancelled, not only resolved: nobody reopens it. */
  isFinal?: boolean;
  assignee: RemotePerson | null;
  /** Who changed the status last, where the target tells. */
  changedBy: { name: string; isUs: boolean } | null;
  mergedInto: string | null;
  /** When it was last changed (epoch ms of the target's clock), and a stamp that identifies that change. */
  updated: number;
  stamp: string;
}

/** A comment in a ticket. */
export interface RemoteComment {
  id: string;
  author: string;
  /** Whether the appliance's own account wrote it. */
  isUs: boolean;
  /** Epoch milliseconds. */
  at: number;
  text: string;
}

/** A ticket of which a target says that it has changed. */
export interface RemoteChange {
  id: string;
  updated: number;
  stamp: string;
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
  /** The target's message, shortened. */
  words: string;
  /** What was sent and answered, without secrets and shortened; null = nothing, or no longer kept. Absent in lists. */
  sent?: string | null;
  answer?: string | null;
}

/**
 * By which word a target finds the ticket of an incident: ServiceNow's correlation id is the incident's id (CONTRACT 6), Jira's a label;
 * with `-g2` for a second ticket of the same incident.
 */
export function correlationOf(system: TicketSystemName, incidentId: string, generation: number): string {
  const suffix = generation === 1 ? "" : `-g${generation}`;
  return system !== "jira" ? `${incidentId}${suffix}` : `rhythmx-${incidentId.toLowerCase()}${suffix}`;
}

/** The id of the incident in a correlation; "" = there is none. */
export function incidentIn(correlation: string): string {
  const digits = /^(?:rhythmx-)?inc-([0-9a-f]{8})(?:-g\d+)?$/i.exec(correlation)?.[1];
  return digits === undefined ? "" : `INC-${digits.toLowerCase()}`;
}

/** Where a create was sent, and what was there before it. */
export interface SentTo {
  /** Jira's highest issue key, which names the project too; else the table. */
  mark: string;
  /** The address; null: noted by an earlier version, or known from a ticket of a backup. */
  place: string | null;
}

/** As it is kept with a create: `SEC-12@https://acme.atlassian.net`. */
export function sentToText({ mark, place }: { mark: string; place: string }): string {
  return `${encodeURIComponent(mark)}@${place}`;
}

/** Null: nothing is known of it. */
export function sentTo(hint: string | null): SentTo | null {
  if (hint === null) return null;
  const at = hint.indexOf("@");
  return at < 0
    ? { mark: hint, place: null }
    : { mark: decodeURIComponent(hint.slice(0, at)), place: hint.slice(at + 1) };
}

/** Whether two addresses are the same, however they are written. */
export function isSamePlace(a: string, b: string): boolean {
  const meaning = (text: string) => (URL.canParse(text) ? new URL(text).href : text.toLowerCase()).replace(/\/+$/, "");
  return meaning(a) === meaning(b);
}

/** Whether a target says of what it has made that it is another incident's: a correlation of ours, and not the one asked for. */
export function isOtherIncident(said: string, asked: string | undefined): boolean {
  return said !== asked && /^INC-[0-9a-f]{8}(-g\d+)?$/.test(said);
}
