/** What commits are to other nodes: batches that are carried to a log, and batches of another node. */
import { StoreError } from "../../core/errors.ts";
import type { Connection } from "./connection.ts";
import type { Statement } from "./statement.ts";

/**
 * What one commit wrote: its statements in order with their arguments, or the script of a schema upgrade. Batches that are applied in
 * commit order to a file with the same earlier content produce the same content again: no statement uses a random number or the clock, or
 * leaves the order in which rows are inserted to the database.
 */
export type Batch = { statements: readonly Statement[] } | { script: string };

/**
 * Carries each commit to a log that several machines keep, before it is made here. Without one, commits stay on this machine, and nothing of
 * this costs anything.
 */
export interface Replication {
  /** Before a transaction: what the log has of ours, and an error kept out of the file, is brought in. @throws StoreError */
  ready(): Promise<void>;
  /**
   * What a commit is in the log, once its statements have run. `mark` is a part of the commit. `append` resolves once a quorum has it.
   * @throws StoreError store_not_leader, store_no_quorum
   */
  entry(batch: Batch, counts: readonly number[]): { mark: Statement; append(): Promise<void>; committed(): void };
}

/** A batch of another node, with the rows that each of its statements affected there. */
export interface ForeignBatch {
  readonly batch: Batch;
  readonly counts: readonly number[];
  /** What it is called in an error. */
  readonly name: string;
}

/** A script without the transaction around it, to run within another. */
export function bodyOf(script: string): string {
  return script.replace(/^\s*BEGIN IMMEDIATE;/, "").replace(/COMMIT;\s*$/, "");
}

/** Runs the statements of a batch. @throws StoreError store_diverged, SqliteError */
export function applyTo(connection: Connection, { batch, counts, name }: ForeignBatch): void {
  if ("script" in batch) {
    connection.script(bodyOf(batch.script));
    return;
  }
  for (const [index, statement] of batch.statements.entries()) {
    let affected: number;
    try {
      affected = connection.run(statement).rowsAffected;
    } catch (error) {
      // A constraint that held there does not hold here.
      if (!String((error as { code?: unknown }).code).startsWith("SQLITE_CONSTRAINT")) throw error;
      throw new StoreError("store_diverged", `${name}, statement ${index + 1}: ${(error as Error).message}`);
    }
    if (affected !== counts[index])
      throw new StoreError(
        "store_diverged",
        `${name}, statement ${index + 1} affected ${affected} rows here and ${counts[index]} at the leader`,
      );
  }
}
