/** Batches under an Idempotency-Key. */

import { addTally, composeAnswer } from "../../core/intake/answer.ts";
import type { BatchStep, IntakeTally, StoredBatch } from "../../core/ports.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

/** The statement that records a step of a batch; it belongs in the commit of the batch's records. */
export function recordStep(kind: "detections" | "alarms", step: BatchStep, added: IntakeTally, now: number): Statement {
  const tally = addTally(step.before, added);
  const answer = step.rest === null ? null : composeAnswer(kind, tally, step.rest);
  return {
    sql: `insert into ingest_batches (owner, idempotency_key, body_sha256, done, progress, answer, at)
          values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
          on conflict (owner, idempotency_key) do update set body_sha256 = ?3, done = ?4, progress = ?5, answer = ?6, at = ?7`,
    args: [step.owner, step.key, step.bodySha256, step.done, JSON.stringify(tally), answer, toIso(now)],
  };
}

export async function findBatch(database: Database, owner: string, key: string): Promise<StoredBatch | null> {
  const { rows } = await database.read(
    "select body_sha256, done, progress, answer from ingest_batches where owner = ? and idempotency_key = ?",
    [owner, key],
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    bodySha256: text(row, "body_sha256"),
    done: integer(row, "done"),
    tally: JSON.parse(text(row, "progress")) as IntakeTally,
    answer: textOrNull(row, "answer"),
  };
}
