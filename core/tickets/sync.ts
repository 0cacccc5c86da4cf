/** Decides what a ticket's current state means to its incident, however the change was noticed (CONTRACT 6, seed 001 "Bi-Directional Sync"). */

import { type Incident, type IncidentStatus, isOpen } from "../incident.ts";
import type { IncidentRequest } from "../incident-change.ts";
import { dayMs, hourMs } from "../time.ts";
import type { FieldPolicies } from "./policy.ts";
import type { DeliveryKind, DeliveryState, RemotePerson, RemoteState } from "./ticket.ts";

/** The ticket as last read. */
export interface KnownState {
  /** Empty: it was made and has not been read yet. Null: it is from a time when tickets were not read. */
  status: string | null;
  assigneeId: string | null;
}

/** An unfinished delivery of ours to this ticket. */
export interface OwnUpdate {
  id: string;
  kind: DeliveryKind;
  state: DeliveryState;
  /** What its last request asked for; null: none was sent yet. */
  asked: string | null;
}

export interface SyncInput {
  known: KnownState;
  remote: RemoteState;
  incident: Pick<Incident, "status" | "assignedAnalyst">;
  policies: FieldPolicies;
  pending: readonly OwnUpdate[];
  /** The analyst that somebody is here. */
  analystOf(person: RemotePerson): string;
}

/** A change in the ticket that changes nothing in the incident, for its history. */
export interface UnappliedChange {
  field: string;
  old: string | null;
  new: string | null;
}

export interface SyncDecision {
  /** For the incident; empty: nothing. */
  request: IncidentRequest;
  unapplied: UnappliedChange[];
  /** Deliveries of ours that the ticket overrules. */
  overruled: string[];
}

export function planSync(input: SyncInput): SyncDecision {
  const decision: SyncDecision = { request: {}, unapplied: [], overruled: [] };
  planStatus(input, decision);
  planAssignee(input, decision);
  return decision;
}

function planStatus({ known, remote, incident, policies, pending }: SyncInput, decision: SyncDecision): void {
  const { status, means, changedBy } = remote;
  if (status === known.status || policies.status !== "two_way") return;
  // Read for the first time: what was decided here stays, unless somebody is seen to have changed the ticket since it was made.
  const isChanged = known.status !== null && (known.status !== "" || changedBy !== null);
  if (!isChanged && !isOpen(incident.status)) return;
  // A change that we requested ourselves and that is not confirmed yet.
  const own = pending.filter(({ kind }) => kind === "status");
  if (changedBy?.isUs === true || own.some(({ asked }) => asked !== null && asked === means)) return;
  const applied = statusAfter(incident.status, means);
  if (applied !== null) decision.overruled.push(...own.map(({ id }) => id));
  if (applied !== null && applied !== incident.status) decision.request.status = applied;
  else if ((known.status ?? "") !== "")
    decision.unapplied.push({ field: "ticket_status", old: known.status, new: status });
}

/**
 * The incident's status after its ticket has come to mean `means`; null: it says nothing about it. A new or waiting ticket changes nothing; one
 * that is in progress reopens a closed incident; a false positive stays one.
 */
function statusAfter(status: IncidentStatus, means: IncidentStatus | null): IncidentStatus | null {
  if (means === null || means === "OPEN" || status === "FALSE_POSITIVE") return null;
  return means;
}

function planAssignee(input: SyncInput, { request, overruled }: SyncDecision): void {
  const { known, remote, incident, policies, pending } = input;
  const id = remote.assignee?.id ?? null;
  if (id === known.assigneeId || policies.assignee !== "two_way") return;
  // Projects assign by themselves.
  if ((known.status ?? "") === "" && incident.assignedAnalyst !== null) return;
  const own = pending.filter(({ kind }) => kind === "assignee");
  if (own.some(({ asked }) => asked !== null && asked === (id ?? ""))) return;
  overruled.push(...own.map((one) => one.id));
  const analyst = remote.assignee === null ? null : input.analystOf(remote.assignee);
  if (analyst !== incident.assignedAnalyst) request.assignedAnalyst = analyst;
}

/** How long a finished ticket is still read, because people reopen tickets (CONTRACT 9.19). */
const watchedAfterEndMs = 7 * dayMs;
/** How often an open ticket is read at least, whatever search and webhooks report. */
export const longestUnreadMs = 6 * hourMs;

/**
 * When a ticket is read again without a sign of change (epoch ms); null: it has come to its end, because it is closed or cancelled, or was resolved a
 * week ago. `endedAt`: since when it is finished.
 */
export function nextReadAt(
  means: IncidentStatus | null,
  endedAt: number | null,
  now: number,
  isFinal = false,
): number | null {
  const ended = means !== null && !isOpen(means);
  if (ended && isFinal) return null;
  if (ended && endedAt !== null && now - endedAt >= watchedAfterEndMs) return null;
  return now + longestUnreadMs;
}

/** After a reading that failed: a quarter of an hour, then an hour each. */
export function readAgainAt(now: number, failures: number): number {
  return now + Math.min(hourMs, 300_000 * 3 ** Math.min(failures, 5));
}
