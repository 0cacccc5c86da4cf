/** The state of a record, and what it means for an incident (protocols 4, seed 001 "Bi-Directional Sync"). */
import type { IncidentStatus } from "../../core/incident.ts";
import type {
  RemoteChange,
  RemoteComment,
  RemotePerson,
  RemoteState,
  RemoteTicket,
} from "../../core/tickets/ticket.ts";
import { parseTime } from "../../core/time.ts";

/** With `sysparm_display_value=all` each field has value and display value; an instance without support returns the value. */
type Field = string | { value?: string; display_value?: string; link?: string } | null | undefined;
export type StateRow = Readonly<Record<string, Field>>;

export const stateFields = [
  ...["sys_id", "number", "state", "close_code", "assigned_to", "sys_updated_on", "sys_updated_by", "sys_mod_count"],
  ...["parent_incident", "correlation_id"],
].join(",");

export function rawOf(field: Field): string {
  return textOf(typeof field === "object" ? field?.value : field);
}

export function displayOf(field: Field): string {
  return textOf(typeof field === "object" ? (field?.display_value ?? field?.value) : field);
}

/** What is no text and no number says nothing. */
function textOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** The base system's states; New, On Hold and added states change nothing (seed 001). */
const usual: ReadonlyMap<string, IncidentStatus> = new Map(
  Object.entries({
    "1": "OPEN",
    new: "OPEN",
    "2": "IN_PROGRESS",
    "in progress": "IN_PROGRESS",
    "work in progress": "IN_PROGRESS",
    "6": "CLOSED",
    resolved: "CLOSED",
    "7": "CLOSED",
    closed: "CLOSED",
    "8": "FALSE_POSITIVE",
    canceled: "FALSE_POSITIVE",
    cancelled: "FALSE_POSITIVE",
  } as const),
);

export interface Meanings {
  states: ReadonlyMap<string, IncidentStatus | null>;
  stateValues: Readonly<Record<IncidentStatus, string>>;
  falsePositiveCloseCode: string;
}

/** Looks a state up in the configured states, then by value, then by name. */
function meaningOf(state: Field, closeCode: Field, meanings: Meanings): IncidentStatus | null {
  const [value, name] = [rawOf(state).trim().toLowerCase(), displayOf(state).trim().toLowerCase()];
  for (const word of [value, name]) {
    const given = meanings.states.get(word);
    if (given !== undefined) return given;
  }
  const ours = Object.entries(meanings.stateValues).find(([, one]) => one === value)?.[0] as IncidentStatus | undefined;
  const means = ours ?? usual.get(value) ?? usual.get(name) ?? null;
  const isFalse = rawOf(closeCode) !== "" && rawOf(closeCode) === meanings.falsePositiveCloseCode;
  return means === "CLOSED" && isFalse ? "FALSE_POSITIVE" : means;
}

export function recordState(ticket: RemoteTicket, row: StateRow, meanings: Meanings, username: string): RemoteState {
  const code = displayOf(row.close_code);
  const by = rawOf(row.sys_updated_by);
  const parent = displayOf(row.parent_incident);
  return {
    ...ticket,
    status: `${displayOf(row.state)}${code === "" ? "" : ` (${code})`}`.slice(0, 200),
    means: meaningOf(row.state, row.close_code, meanings),
    isFinal: ["7", "8"].includes(rawOf(row.state)) || /^(closed|cancell?ed)/i.test(displayOf(row.state).trim()),
    assignee: personOf(row.assigned_to),
    // The last change of the record may be a later update of ours, not the change of its state.
    changedBy: by === "" || by === username ? null : { name: by, isUs: false },
    mergedInto: parent === "" ? null : parent.slice(0, 100),
    ...changeOf(row),
  };
}

function personOf(field: Field): RemotePerson | null {
  const id = rawOf(field);
  return id === "" ? null : { id, name: displayOf(field) || id, aliases: [] };
}

/** The number of changes and the relevant fields distinguish two changes within one second. */
export function changeOf(row: StateRow): RemoteChange {
  const stamp = ["sys_updated_on", "sys_mod_count", "state", "assigned_to"].map((name) => rawOf(row[name])).join("/");
  return { id: rawOf(row.sys_id), updated: utcOf(rawOf(row.sys_updated_on)) ?? 0, stamp };
}

export function remoteNote(row: StateRow, username: string): RemoteComment {
  const author = rawOf(row.sys_created_by);
  return {
    id: rawOf(row.sys_id),
    author: author || "somebody",
    isUs: author === username,
    at: utcOf(rawOf(row.sys_created_on)) ?? 0,
    text: rawOf(row.value).trim(),
  };
}

/** Epoch milliseconds of a UTC time such as `2026-03-13 04:30:00`; null for another form, and for a day that does not exist. */
export function utcOf(text: string): number | null {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? parseTime(text) : null;
}

export function utcText(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 19).replace("T", " ");
}
