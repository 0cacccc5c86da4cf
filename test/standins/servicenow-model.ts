/** The shapes, columns and words of the stand-in for ServiceNow. */

import { hourMs } from "../../core/time.ts";

export type Row = Record<string, string>;

/** A column besides those of every incident, or in their place. */
export interface DictionaryColumn {
  element: string;
  label: string;
  internal_type?: string;
  mandatory?: boolean;
  reference?: string;
  /** Label by value. */
  choices?: Readonly<Record<string, string>>;
}

/** Makes a column mandatory for records of these states; none = for all. */
export interface Policy {
  field: string;
  states?: readonly string[];
  /** UI policies hold in forms alone. */
  isUi?: boolean;
}

export interface ServiceNowOptions {
  credentials?: string;
  /** Groups by name. */
  groups?: Readonly<Record<string, string>>;
  /** Whether the instance computes priority its own way. */
  oddPriorities?: boolean;
  now?: () => number;
  /** sys_id by user name. */
  users?: Readonly<Record<string, string>>;
  /** Hours that the account's clock is from UTC: times in queries are read by it. */
  zoneHours?: number;
  /** Columns that the account may not write. */
  readOnly?: readonly string[];
  /** Whether the account may read the journal. */
  journal?: boolean;
  /** Whether the account may read records; not: as an access control rule hides them, with their count. */
  readable?: boolean;
  /** What a create answers besides that it was made. */
  createAnswer?: CreateAnswer;
  /** Whether rows that are hidden are counted. */
  counted?: boolean;
  /** Columns besides those of every incident, or in their place. */
  dictionary?: readonly DictionaryColumn[];
  policies?: readonly Policy[];
  /** Its tables of tickets; a record is in one of them. */
  tables?: readonly string[];
  /** Whether it heeds the conditions of a query. */
  filters?: boolean;
  /** Tables that the account may not read, of those that describe others. */
  unreadable?: readonly string[];
}

/** `location`: the address of the record alone; others as they say. */
export type CreateAnswer = "whole" | "location" | "number" | "nothing" | "empty" | "list" | "error";

export interface JournalEntry {
  sys_id: string;
  element_id: string;
  element: string;
  value: string;
  sys_created_by: string;
  sys_created_on: string;
}

export const stateNames: Readonly<Record<string, string>> = {
  "1": "New",
  "2": "In Progress",
  "3": "On Hold",
  "6": "Resolved",
  "7": "Closed",
  "8": "Canceled",
};

export const failure = (message: string, detail = "") => ({ error: { message, detail }, status: "failure" });
export const columns: readonly string[] = [
  ...[
    "short_description",
    "description",
    "impact",
    "urgency",
    "correlation_id",
    "correlation_display",
    "assignment_group",
  ],
  ...[
    "work_notes",
    "comments",
    "state",
    "close_code",
    "close_notes",
    "u_soc",
    "u_cause",
    "assigned_to",
    "parent_incident",
  ],
];
export const journals = ["work_notes", "comments"];
export const priorities: Readonly<Record<string, string>> = {
  "1,1": "1",
  "1,2": "2",
  "2,1": "2",
  "1,3": "3",
  "2,2": "3",
  "3,1": "3",
  "2,3": "4",
  "3,2": "4",
};

/** `2026-03-13 04:30:00` by another clock. */
export function shifted(text: string, hours: number): string {
  const at = Date.parse(`${text.replace(" ", "T")}Z`);
  return Number.isNaN(at) ? text : new Date(at + hours * hourMs).toISOString().slice(0, 19).replace("T", " ");
}
