/** What an entry of the audit log says of one field, under `changes` in its detail. */
export interface Change {
  name: string;
  /** Null = not set. */
  old: string | null;
  new: string | null;
}

/** In the place of a value that nobody may read. */
export const secretWord = "(secret)";
/** Longer values are cut off, with a mark. */
const longestValue = 500;

/** A value as the audit log keeps it; null = not set. */
function auditValue(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const text = typeof value === "string" ? value : Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
  if (text === "") return null;
  return text.length > longestValue ? `${text.slice(0, longestValue).toWellFormed()}…` : text;
}

/** The fields of `after` that are not as in `before`. */
export function changesOf(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Change[] {
  return Object.keys(after)
    .map((name) => ({ name, old: auditValue(before[name]), new: auditValue(after[name]) }))
    .filter((change) => change.old !== change.new);
}

/** How an act came out: `refused` to somebody, `failed`, or `done`. The database tells it by action and detail. */
export const auditOutcomes = ["done", "refused", "failed"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

export const auditSources = ["api", "console", "command"] as const;

/** Which entries are asked for; absent = any. Times are epoch milliseconds. */
export interface AuditFilters {
  who?: string;
  /** The whole action, such as `user.create`. */
  action?: string;
  /** Its first part, such as `user`. */
  kind?: string;
  target?: string;
  source?: string;
  outcome?: AuditOutcome;
  from?: number;
  /** Entries of this moment are no longer part of it. */
  to?: number;
}

/** What the audit log keeps of an administrative act. */
export interface AuditEntry {
  /** Epoch milliseconds. */
  at: number;
  /** User name, `key NAME`, or `command line`. */
  who: string;
  /** Such as `user.create`. */
  action: string;
  /** The object of the act. */
  target: string;
  /** Never holds a secret. */
  detail: Record<string, unknown>;
  /** IP address it came from; "" for the command line. */
  address: string;
  /** `api`, `console` or `command`. */
  source: string;
}

/** An entry as it is read back. */
export interface AuditRecord extends AuditEntry {
  id: number;
  outcome: AuditOutcome;
}
