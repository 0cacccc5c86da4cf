/** What the stand-in for Jira consists of. */
import { hourMs } from "../../core/time.ts";

export interface Issue {
  id: string;
  key: string;
  fields: Record<string, unknown> & { labels: string[]; summary: string; description: unknown };
  properties: { key: string; value: unknown }[];
  remoteLinks: Map<string, unknown>;
  createdAt: number;
  /** As of now; `fields` above is what the create said. */
  status: string;
  resolution: string | null;
  assignee: JiraPerson | null;
  updated: number;
  comments: JiraComment[];
  changes: { id: string; created: number; author: JiraPerson; field: string; from: string; to: string }[];
  duplicateOf: string | null;
}

export interface JiraPerson {
  accountId: string;
  displayName: string;
  emailAddress?: string;
}

export interface JiraComment {
  id: string;
  author: JiraPerson;
  body: unknown;
  created: number;
  properties: { key: string; value: unknown }[];
}

export interface JiraStatus {
  name: string;
  category: "new" | "indeterminate" | "done";
  /** Names of those that can be reached from it. */
  to: readonly string[];
}

export const us: JiraPerson = { accountId: "acc-1", displayName: "SOC Bot" };

/** What a status can be left for; a transition is called like where it leads to. */
export const simpleWorkflow: readonly JiraStatus[] = [
  { name: "To Do", category: "new", to: ["In Progress", "Done"] },
  { name: "In Progress", category: "indeterminate", to: ["To Do", "Done"] },
  { name: "Done", category: "done", to: ["In Progress"] },
];

/** A field of a screen besides the usual ones. */
export interface JiraField {
  fieldId: string;
  name: string;
  schema?: { type: string; items?: string; custom?: string };
  allowedValues?: { id: string; value: string }[];
}

export interface JiraOptions {
  /** The certificate by which it is reached; null = plain HTTP. */
  tls?: { cert: Buffer; key: Buffer } | null;
  deployment?: "Cloud" | "Server";
  credentials?: string;
  /** Search does not see an issue for so long. */
  indexLagMs?: number;
  priorities?: string[] | null;
  required?: JiraField[];
  /** On the create screen, and not required. */
  offered?: JiraField[];
  /** Whether labels are on the create screen. */
  labels?: boolean;
  contextPath?: string;
  /** What it calls its own address; null = the true one. */
  baseUrl?: string | null;
  now?: () => number;
  workflow?: readonly JiraStatus[];
  /** That a transition to a done status takes; null: it is not on the screen. */
  resolutions?: readonly string[] | null;
  people?: readonly JiraPerson[];
  /** Whether it may be searched. */
  searchable?: boolean;
  /** The most characters of a description. */
  longestText?: number;
  /** Whether the title is on the screen for editing. */
  titleEditable?: boolean;
  /** Whether it refuses an issue without a priority. */
  priorityRequired?: boolean;
  /** Required on the screens of transitions to a done status. */
  transitionRequired?: JiraField[];
  /** Whether it takes an assignment and keeps none. */
  dropsAssignee?: boolean;
}

export const errors = (fields: Record<string, string>, messages: string[] = []) => ({
  errorMessages: messages,
  errors: fields,
});

/** Somebody who works there. */
export const bob: JiraPerson = { accountId: "acc-bob", displayName: "Bob Miller", emailAddress: "bob@acme.example" };

/** `2026-03-13T04:30:00.000+0100`: in the zone of whoever asks. */
export function stamp(epochMs: number): string {
  return new Date(epochMs + hourMs).toISOString().replace("Z", "+0100");
}

export function json(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
