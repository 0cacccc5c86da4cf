/** What replication needs of a log that a quorum of machines keeps. Nothing here knows which engine is behind it. */

/** Where a log ends: the number of its newest record, and the chain over all of them. */
export interface Head {
  readonly seq: number;
  /** See `chainAfter` in record.ts; "" at the beginning. */
  readonly chain: string;
}

/**
 * `appended`: it is on the disks of a quorum. `refused`: the log does not end where the caller thought; nothing of it was written.
 * `unknown`: no answer in time; it may be written, or still become so, but never after another record with the same number.
 */
export type Appended = "appended" | "refused" | "unknown";

export interface ReplicaLog {
  /**
   * Appends one record behind `expected`, in one step with the new head. Repeating it with the same `id` is safe, and this does so by itself
   * until an answer is certain or its time is over. `id`: names this attempt to write; no other record ever has it.
   */
  append(expected: Head, next: Head, bytes: Uint8Array, id: string): Promise<Appended>;
  /** Records after `after` in order, at most `most`; fewer at the end. `head`: as of the same moment. Null: there is no log yet. @throws LogGap, LogUnavailable */
  read(after: number, most: number): Promise<{ records: readonly StoredRecord[]; head: Head } | null>;
  /** Where it ends; null: there is no log yet. @throws LogUnavailable */
  last(): Promise<Head | null>;
  /** Makes an empty log. False: there is one. @throws LogUnavailable */
  found(): Promise<boolean>;
  /** Removes records up to and with `seq`. @throws LogUnavailable */
  trim(seq: number): Promise<void>;
  /** Its oldest record (0 = none), and the bytes that its machines hold for it. @throws LogUnavailable */
  size(): Promise<{ oldest: number; bytes: number }>;
  close(): void;
}

export interface StoredRecord {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly id: string;
}

/** No quorum of the log's machines answers in time. Nothing can be said about what was asked. */
export class LogUnavailable extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "LogUnavailable";
  }
}

/** Records that are asked for have been removed: only a copy of another node's file leads on. */
export class LogGap extends Error {
  readonly oldest: number;
  constructor(oldest: number) {
    super(`the log begins at ${oldest}`);
    this.name = "LogGap";
    this.oldest = oldest;
  }
}
