/** What people and programs may change of an incident or a case, as pure decisions. */
import { type Incident, type IncidentStatus, isOpen } from "./incident.ts";
import type { FieldChange } from "./incident-event.ts";
import type { CaseStatus, ThreatCase } from "./threat-case.ts";

/** Absent = stays; null = is emptied. */
export interface IncidentRequest {
  status?: IncidentStatus;
  /** With a status: why; becomes the resolution when it closes the incident, else is added to the investigation notes. */
  notes?: string | null;
  assignedAnalyst?: string | null;
  investigationNotes?: string | null;
  /** A ticket that mirrors it; the first one stays the one that lists show (CONTRACT 9.14). `instead`: of this one, which is called so now. */
  ticket?: { id: string; url: string; system: string; instead?: string };
}

export interface CaseRequest {
  status?: CaseStatus;
  notes?: string | null;
  assignedAnalyst?: string | null;
}

export interface IncidentChange {
  incident: Incident;
  /** Empty: it is so already, and nothing is to be told. */
  changes: FieldChange[];
  /** From now on the actor's evidence counts for another incident. */
  closes: boolean;
  /** The actor's evidence counts for this incident again. */
  reopens: boolean;
}

/** The incident after the request, at `now` (epoch ms). */
export function changeIncident(before: Incident, request: IncidentRequest, now: number): IncidentChange {
  const after = { ...before };
  if (request.status !== undefined) after.status = request.status;
  if (request.assignedAnalyst !== undefined) after.assignedAnalyst = blankToNull(request.assignedAnalyst);
  if (request.investigationNotes !== undefined) after.investigationNotes = blankToNull(request.investigationNotes);
  const notes = blankToNull(request.notes ?? null);
  if (notes !== null) {
    if (isOpen(after.status)) after.investigationNotes = appended(after.investigationNotes, notes);
    else after.resolutionNotes = notes;
  }
  if (request.ticket !== undefined && (before.ticketId === null || isSucceeded(before, request.ticket)))
    Object.assign(after, {
      ticketId: request.ticket.id,
      ticketUrl: request.ticket.url,
      ticketSystem: request.ticket.system,
    });
  const closes = isOpen(before.status) && !isOpen(after.status);
  const reopens = !isOpen(before.status) && isOpen(after.status);
  if (closes) after.closedAt = now;
  if (reopens) after.closedAt = null;
  const changes = fieldChanges([
    ["status", before.status, after.status],
    ["assigned_analyst", before.assignedAnalyst, after.assignedAnalyst],
    ["investigation_notes", before.investigationNotes, after.investigationNotes],
    ["resolution_notes", before.resolutionNotes, after.resolutionNotes],
    ["external_ticket_id", before.ticketId, after.ticketId],
  ]);
  if (changes.length > 0) after.updatedAt = now;
  return { incident: after, changes, closes, reopens };
}

function isSucceeded(before: Incident, ticket: { system: string; instead?: string }): boolean {
  return before.ticketSystem === ticket.system && before.ticketId === (ticket.instead ?? "");
}

/** The case after the request, at `now` (epoch ms). */
export function changeCase<Case extends ThreatCase>(
  before: Case,
  request: CaseRequest,
  now: number,
): { threatCase: Case; changes: FieldChange[] } {
  const after = { ...before };
  if (request.status !== undefined) after.status = request.status;
  if (request.assignedAnalyst !== undefined) after.assignedAnalyst = blankToNull(request.assignedAnalyst);
  const notes = blankToNull(request.notes ?? null);
  if (notes !== null) after.investigationNotes = appended(after.investigationNotes, notes);
  const changes = fieldChanges([
    ["status", before.status, after.status],
    ["assigned_analyst", before.assignedAnalyst, after.assignedAnalyst],
    ["investigation_notes", before.investigationNotes, after.investigationNotes],
  ]);
  if (changes.length > 0) after.updatedAt = now;
  return { threatCase: after, changes };
}

function fieldChanges(fields: readonly (readonly [string, string | null, string | null])[]): FieldChange[] {
  return fields.filter(([, old, now]) => old !== now).map(([field, old, now]) => ({ field, old, new: now }));
}

function appended(notes: string | null, more: string): string {
  return notes === null ? more : `${notes}\n${more}`;
}

function blankToNull(text: string | null): string | null {
  return text === null || text.trim() === "" ? null : text.trim();
}
