/** Applies records of the log to the file of this node, and refuses those that do not continue what is in it. */
import { StoreError } from "../../core/errors.ts";
import type { Database } from "../database/database.ts";
import type { Batch, Replication } from "../database/replication.ts";
import { type Head, LogGap, LogUnavailable, type ReplicaLog, type StoredRecord } from "./log.ts";
import { type Mark, moveMark } from "./mark.ts";
import { chainAfter, decodeRecord, RecordTooNew, type ReplicaRecord } from "./record.ts";

/** For the file of a node that follows: it holds what the leader has written, and nothing else. */
export const refusing: Replication = {
  ready: async () => {
    throw notLeader();
  },
  entry: () => {
    throw notLeader();
  },
};

function notLeader(): StoreError {
  return new StoreError("store_not_leader", "this node follows: send what is written to the node that leads");
}

/** A write shows for so long that the file can be written. */
const provenForMs = 10_000;
/** Records asked for at once. */
const recordsPerRead = 32;

export class Following {
  readonly #database: Database;
  readonly #log: ReplicaLog;
  #mark: Mark;

  constructor(database: Database, log: ReplicaLog, mark: Mark) {
    this.#database = database;
    this.#log = log;
    this.#mark = mark;
  }

  /** When something was last written to the file. */
  #writtenAt = Number.NEGATIVE_INFINITY;

  /** What is in the file. */
  get mark(): Mark {
    return this.#mark;
  }

  /**
   * Reads the next records and applies them; `head` is where the log ended when they were read. Where there are none it shows now and then that
   * the file can be written.
   * @throws StoreError store_diverged (file and log are not of the same history), store_no_quorum, store_behind, errors of the disk
   */
  async step(): Promise<{ applied: number; head: Head; touched: ReadonlySet<Touched> }> {
    const { seq, chain } = this.#mark;
    const found = await asStoreErrors(() => this.#log.read(seq, recordsPerRead));
    if (found === null)
      throw new StoreError(
        "store_diverged",
        `this file has ${seq} records of a log, and etcd has no log: restore etcd, or begin the cluster anew`,
      );
    const { records, head } = found;
    if (head.seq < seq)
      throw new StoreError(
        "store_diverged",
        `this file is at ${seq}, and the log ends at ${head.seq}: the log was set back, or this file is of another cluster`,
      );
    if (head.seq === seq && head.chain !== chain)
      throw new StoreError(
        "store_diverged",
        `this file and the log differ in what they have up to ${seq}: copy the file from another node (rhythmx cluster reseed)`,
      );
    const touched = new Set<Touched>();
    for (const stored of records) await this.#apply(stored, touched);
    if (records.length > 0) this.#writtenAt = performance.now();
    else if (performance.now() - this.#writtenAt > provenForMs) await this.expectWritable();
    return { applied: records.length, head, touched };
  }

  /** Steps until the end of the log. @throws as `step` */
  async catchUp(): Promise<Head> {
    for (;;) {
      const { head } = await this.step();
      if (this.#mark.seq >= head.seq) return head;
    }
  }

  /** Writes the mark as it is: whether a file can be written is not known before that. @throws errors of the disk */
  async expectWritable(): Promise<void> {
    await this.#database.apply([], moveMark(this.#mark));
    this.#writtenAt = performance.now();
  }

  /** One commit for each record: what FTS5 keeps of its index depends on where commits are. */
  async #apply(stored: StoredRecord, touched: Set<Touched>): Promise<void> {
    const record = read(stored);
    const { seq, epoch } = record;
    if (record.before !== this.#mark.chain || epoch < this.#mark.epoch)
      throw new StoreError(
        "store_diverged",
        `record ${seq} of the log does not continue this file at ${this.#mark.seq}: copy the file from another node (rhythmx cluster reseed)`,
      );
    noteTouched(record.batch, touched);
    const chain = chainAfter(record.before, stored.bytes);
    await this.#database.apply([{ ...record, name: `record ${seq}` }], moveMark({ seq, epoch, chain }));
    this.#mark = { ...this.#mark, seq, epoch, chain };
  }
}

/** Tables that a process keeps in memory: after a change by the leader a follower reads them again. */
export type Touched = "access" | "settings" | "schema";
const touches: readonly (readonly [RegExp, Touched])[] = [
  [/\b(?:into|update|from) (?:users|api_keys)\b/i, "access"],
  [/\b(?:into|update|from) saved_settings\b/i, "settings"],
];

function noteTouched(batch: Batch, touched: Set<Touched>): void {
  if ("script" in batch) return void touched.add("schema");
  for (const { sql } of batch.statements)
    for (const [pattern, what] of touches) if (pattern.test(sql)) touched.add(what);
}

/** @throws StoreError store_newer, store_diverged */
function read({ seq, bytes }: StoredRecord): ReplicaRecord {
  let record: ReplicaRecord;
  try {
    record = decodeRecord(bytes);
  } catch (error) {
    if (error instanceof RecordTooNew) throw new StoreError("store_newer", error.message);
    throw new StoreError("store_diverged", `record ${seq} of the log cannot be read`, { cause: error });
  }
  if (record.seq !== seq)
    throw new StoreError("store_diverged", `record ${seq} of the log says that it is ${record.seq}`);
  return record;
}

/** @throws StoreError store_no_quorum, store_behind */
export async function asStoreErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LogUnavailable)
      throw new StoreError("store_no_quorum", `the cluster's log does not answer: ${error.message}`, { cause: error });
    if (error instanceof LogGap)
      throw new StoreError("store_behind", `the log no longer has what follows this file (${error.message})`, {
        cause: error,
      });
    throw error;
  }
}
