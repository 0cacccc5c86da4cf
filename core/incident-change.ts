/** What people and programs may change of an incident or a case, as pure decisions. */
import { EdgeError } from "./errors.ts";
import { type Incident, type IncidentStatus, isOpen } from "./incident.ts";
import type { FieldChange } from "./incident-event.ts";
import type { CaseStatus, ThreatCase } from "./threat-case.ts";

/** A field of notes holds so many bytes of UTF-8: they travel in events, messages, tickets and every answer. */
export const longestNotes = 64 * 1024;

/** Status and owner as somebody saw them: where one that is to be set is neither that nor what it is set to, nothing is changed. Absent = whatever it is. */
export interface SeenState {
  status?: string;
  assignedAnalyst?: string | null;
}

/** Absent = stays; null = is emptied. */
export interface IncidentRequest {
  status?: IncidentStatus;
  seen?: SeenState;
  /** With a status that closes the incident: why; becomes the resolution. Else it is added to the investigation notes. */
  notes?: string | null;
  assignedAnalyst?: string | null;
  investigationNotes?: string | null;
  /** Bytes beyond the limit of notes that a pointer to what did not fit may take. */
  pointerBytes?: number;
  /** A ticket that mirrors it; the first one stays the one that lists show (CONTRACT 9.14). `instead`: of this one, which is called so now. */
  ticket?: { id: string; url: string; system: string; instead?: string };
}

export interface CaseRequest {
  status?: CaseStatus;
  seen?: SeenState;
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

/** The incident after the request, at `now` (epoch ms). @throws EdgeError incident_changed (with `ChangedField`), notes_too_long */
export function changeIncident(before: Incident, request: IncidentRequest, now: number): IncidentChange {
  refuseUnseen("incident_changed", before, request);
  const after = { ...before };
  if (request.status !== undefined) after.status = request.status;
  if (request.assignedAnalyst !== undefined) after.assignedAnalyst = blankToNull(request.assignedAnalyst);
  if (request.investigationNotes !== undefined) after.investigationNotes = blankToNull(request.investigationNotes);
  const notes = blankToNull(request.notes ?? null);
  refuseLong("notes", null, notes);
  if (notes !== null) {
    if (request.status === undefined || isOpen(after.status))
      after.investigationNotes = appended(after.investigationNotes, notes);
    else after.resolutionNotes = notes;
  }
  refuseLong("investigation_notes", before.investigationNotes, after.investigationNotes, request.pointerBytes);
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

/** The case after the request, at `now` (epoch ms). @throws EdgeError case_changed (with `ChangedField`), notes_too_long */
export function changeCase<Case extends ThreatCase>(
  before: Case,
  request: CaseRequest,
  now: number,
): { threatCase: Case; changes: FieldChange[] } {
  refuseUnseen("case_changed", before, request);
  const after = { ...before };
  if (request.status !== undefined) after.status = request.status;
  if (request.assignedAnalyst !== undefined) after.assignedAnalyst = blankToNull(request.assignedAnalyst);
  const notes = blankToNull(request.notes ?? null);
  refuseLong("notes", null, notes);
  if (notes !== null) after.investigationNotes = appended(after.investigationNotes, notes);
  refuseLong("investigation_notes", before.investigationNotes, after.investigationNotes);
  const changes = fieldChanges([
    ["status", before.status, after.status],
    ["assigned_analyst", before.assignedAnalyst, after.assignedAnalyst],
    ["investigation_notes", before.investigationNotes, after.investigationNotes],
  ]);
  if (changes.length > 0) after.updatedAt = now;
  return { threatCase: after, changes };
}

/** What somebody else has set meanwhile, in the error's data. */
export interface ChangedField {
  field: "status" | "owner";
  now: string | null;
}

function refuseUnseen(
  code: "incident_changed" | "case_changed",
  before: { status: string; assignedAnalyst: string | null },
  { seen = {}, status, assignedAnalyst }: Pick<CaseRequest, "seen" | "assignedAnalyst"> & { status?: string },
): void {
  const refuse = ({ field, now }: ChangedField): never => {
    throw new EdgeError(
      code,
      `nothing was changed: meanwhile somebody has set the ${field} to ${now ?? "nobody"}. Look again, then decide`,
      { data: { field, now } satisfies ChangedField },
    );
  };
  if (status !== undefined && seen.status !== undefined && ![seen.status, status].includes(before.status))
    refuse({ field: "status", now: before.status });
  if (assignedAnalyst === undefined || seen.assignedAnalyst === undefined) return;
  const expected = [seen.assignedAnalyst, assignedAnalyst].map(blankToNull);
  if (!expected.includes(before.assignedAnalyst)) refuse({ field: "owner", now: before.assignedAnalyst });
}

function fieldChanges(fields: readonly (readonly [string, string | null, string | null])[]): FieldChange[] {
  return fields.filter(([, old, now]) => old !== now).map(([field, old, now]) => ({ field, old, new: now }));
}

/** Bytes of UTF-8. */
export function noteBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function refuseLong(field: string, before: string | null, after: string | null, more = 0): void {
  // What an earlier version let grow longer stays, and may be shortened.
  if (after === null || after === before || noteBytes(after) <= longestNotes + more) return;
  throw new EdgeError(
    "notes_too_long",
    `${field}: a field of notes holds at most ${longestNotes / 1024} kB, and this would make it ${Math.ceil(noteBytes(after) / 1024)} kB: shorten it, or keep long texts in the ticket`,
    { data: { field } },
  );
}

/** How much of a text that was replaced is told beside the new one. */
const longestOld = 200;

/** What histories and events keep of a change: of notes what was added, not what was there before. */
export function withoutCopies(change: FieldChange): FieldChange {
  const { field, old, new: now } = change;
  if (field !== "investigation_notes" && field !== "resolution_notes") return change;
  if (typeof old !== "string") return change;
  if (typeof now === "string" && now.startsWith(`${old}\n`))
    return { field, old: null, new: now.slice(old.length + 1) };
  return { field, old: old.length > longestOld ? `${old.slice(0, longestOld).toWellFormed()}…` : old, new: now };
}

function appended(notes: string | null, more: string): string {
  return notes === null ? more : `${notes}\n${more}`;
}

function blankToNull(text: string | null): string | null {
  return text === null || text.trim() === "" ? null : text.trim();
}
