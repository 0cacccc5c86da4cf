/**
 * Base class of all errors that cross a layer. `code` is stable and is what callers switch on; `message` is for the person who
 * reads it (what, where, how to mend) and never holds a secret; `data` and `cause` are for logs.
 */
export class EdgeError extends Error {
  readonly code: string;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { cause?: unknown; data?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.data = options.data ?? {};
  }
}

/** Wrong use of a command or a setting: exit code 2 for commands, 400 for requests. */
export class UsageError extends EdgeError {
  /** `data.errors`: every field that is wrong, where the message names the first. */
  constructor(message: string, data: Record<string, unknown> = {}) {
    super("usage", message, { data });
  }
}

export type StoreErrorCode =
  /** Another rhythmx runs on this data folder. */
  | "store_in_use"
  /** Another program holds the database file locked. */
  | "store_locked"
  /** The disk (or quota) is full. */
  | "store_full"
  /** The file or its folder cannot be written. */
  | "store_readonly"
  /** Read or write failed below the database. */
  | "store_io"
  /** The file is not a database, is damaged, or its journal does not match the migrations. */
  | "store_corrupt"
  /** The file was written by a newer version. */
  | "store_newer"
  /** The file was written by an older version, and only the service upgrades it. */
  | "store_older"
  /** Of a node of a cluster: another one leads, and takes what is written. */
  | "store_not_leader"
  /** Of a node of a cluster: too few machines of its log answer; it may have been written. */
  | "store_no_quorum"
  /** Of a node of a cluster: its file lacks records that the log has no more. */
  | "store_behind"
  /** Of a node of a cluster: its file is not what the cluster's log made of it. */
  | "store_diverged"
  /** Anything else: a defect. */
  | "store_failed";

/** A database operation that was not carried out. Nothing of it is in the file. */
export class StoreError extends EdgeError {
  declare readonly code: StoreErrorCode;
  constructor(
    code: StoreErrorCode,
    message: string,
    options: { cause?: unknown; data?: Record<string, unknown> } = {},
  ) {
    super(code, message, options);
  }
}

/** A delivery to the outside that failed. `reason` names the cause for metrics; `retryable` is decided here and nowhere else. */
export class DeliveryError extends EdgeError {
  readonly retryable: boolean;
  /** Seconds to wait before trying again, where the other side said so. */
  readonly retryAfter: number | null;

  constructor(
    reason: string,
    message: string,
    options: { retryable: boolean; retryAfter?: number; cause?: unknown; data?: Record<string, unknown> },
  ) {
    super(reason, message, options);
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter ?? null;
  }
}

/** The text of anything thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = inWords(error) ?? (error instanceof Error ? error.message || error.name : String(error));
  return text.replace(/\s+/g, " ").trim();
}

/** An operating system's error about a file, as a sentence. */
const fileWords: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "no permission",
  EPERM: "no permission",
  EISDIR: "it is a folder, not a file",
  ENOTDIR: "a part of this path is a file, not a folder",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  ELOOP: "links lead round in a circle",
};

/** A readable replacement for system codes and runtime advice; null if the message is clear already. */
function inWords(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  if (error.code === "ConnectionRefused") return "nothing answers at this address: check host, port and that it runs";
  const words = fileWords[String(error.code)];
  return words !== undefined && "path" in error && typeof error.path === "string" ? `${error.path}: ${words}` : null;
}
