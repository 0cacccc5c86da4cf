/** Rows of exceptions. */

import { EdgeError } from "../../core/errors.ts";
import { type Exception, mostExceptions, needsLog } from "../../core/exceptions/exception.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

const columns = `id, entity_name, rule, actor, host, process, command_line, hash, until, reason, who, created_at, hits, last_hit_at`;

/** Newest first, including those that have expired and are not yet removed. */
export async function listExceptions(database: Database): Promise<Exception[]> {
  const { rows } = await database.read(
    `select ${columns} from exceptions where removed = 0 order by created_at desc, id`,
  );
  return rows.map((row) => ({
    id: text(row, "id"),
    entity: text(row, "entity_name"),
    rule: text(row, "rule"),
    actor: text(row, "actor"),
    host: text(row, "host"),
    process: text(row, "process"),
    commandLine: text(row, "command_line"),
    hash: text(row, "hash"),
    until: timeOrNull(row, "until"),
    reason: text(row, "reason"),
    who: text(row, "who"),
    createdAt: fromIso(text(row, "created_at")),
    hits: integer(row, "hits"),
    lastHitAt: timeOrNull(row, "last_hit_at"),
  }));
}

/** Evidence that is there already is gone through afterwards (`applyExceptions`). @throws EdgeError exceptions_full */
export async function insertException(database: Database, e: Exception): Promise<void> {
  const { rows } = await database.read("select count(*) as n from exceptions where removed = 0");
  if (rows[0] !== undefined && integer(rows[0], "n") >= mostExceptions)
    throw new EdgeError(
      "exceptions_full",
      `there are ${mostExceptions} exceptions, and no more are held: remove those that have expired or suppress nothing, or join several with wildcards`,
    );
  const values = [
    ...[e.id, e.entity, e.rule, e.actor, e.host, e.process, e.commandLine, e.hash, isoOrNull(e.until), e.reason, e.who],
    ...[toIso(e.createdAt), e.hits, isoOrNull(e.lastHitAt), needsLog(e) ? null : 0],
  ];
  await database.write([{ sql: insertSql("exceptions", `${columns}, applied_upto`), args: values }]);
}

/** What people may change of one. */
const fields = ["entity", "rule", "actor", "host", "process", "commandLine", "hash", "until", "reason"] as const;
const scope = fields.slice(0, 7);

/**
 * Puts `after` in the place of `before`; false, and nothing is written, where it is no longer as `before`. What an exception that holds has taken
 * out of the evidence comes back where it covers something else from now on, and what it covers now is taken (`applyExceptions`); what one
 * that has expired took stays out. `now`: epoch ms.
 */
export async function updateException(
  database: Database,
  before: Exception,
  after: Exception,
  now: number,
): Promise<boolean> {
  if ((await asExpected(database, before)) === null) return false;
  const wasOver = before.until !== null && before.until <= now;
  const isOther = scope.some((field) => before[field] !== after[field]);
  const isBack = wasOver && (after.until === null || after.until > now);
  const takes = (isOther || isBack) && !needsLog(after);
  const { id } = before;
  // Under an id of its own, as one that was removed, it gives back what it took.
  const given = `${id}~${now}`;
  const leaves: Statement[] = !isOther
    ? []
    : wasOver
      ? [{ sql: "delete from excepted_evidence where exception_id = ?", args: [id] }]
      : [
          {
            sql: `insert into exceptions (${columns}, removed, applied_upto)
              select ?2, ${columns.slice("id, ".length)}, 1, null from exceptions where id = ?1`,
            args: [id, given],
          },
          { sql: "update excepted_evidence set exception_id = ?2 where exception_id = ?1", args: [id, given] },
        ];
  await database.write([
    ...leaves,
    {
      sql: `update exceptions set entity_name = ?, rule = ?, actor = ?, host = ?, process = ?, command_line = ?, hash = ?, until = ?,
          reason = ?, applied_upto = ${takes ? "0" : isOther ? "null" : "applied_upto"} where id = ?`,
      args: [
        ...[after.entity, after.rule, after.actor, after.host, after.process, after.commandLine, after.hash],
        ...[isoOrNull(after.until), after.reason, id],
      ],
    },
  ]);
  return true;
}

/** The exception as it is; null where it is gone, or other than expected in what people may change. */
async function asExpected(database: Database, expected: Exception): Promise<Exception | null> {
  const present = (await listExceptions(database)).find(({ id }) => id === expected.id);
  return present === undefined || fields.some((field) => present[field] !== expected[field]) ? null : present;
}

/** The exception that gives back what it covered before it was changed (`updateException`); null for one that was removed. */
export function changedException(id: string): string | null {
  return /^(.+)~\d+$/.exec(id)?.[1] ?? null;
}

/**
 * The statement after which exceptions look at the evidence of this period, and of those that came after it, once more: it was closed when
 * they were saved.
 */
export function applyAgain(periodId: number): Statement {
  return {
    sql: `update exceptions set applied_upto = min(coalesce(applied_upto, ?1), ?1)
      where process = '' and command_line = '' and hash = '' and removed = 0`,
    args: [periodId - 1],
  };
}

/** Adds to what exceptions have suppressed. `hits`: detections by exception, at `now` (epoch ms). */
export function countHits(hits: ReadonlyMap<string, number>, now: number): Statement[] {
  const rows = [...hits].map(([id, count]) => [count, toIso(now), id]);
  return forRows("update exceptions set hits = hits + ?, last_hit_at = ? where id = ?", rows);
}

/**
 * Returns false, and nothing is removed, when there is none with that id, or none that is as `expected`, whose fields people may change. What one
 * that still holds took out of the evidence comes back (`applyExceptions`); what one that has expired took stays out. `now`: epoch ms.
 */
export async function deleteException(
  database: Database,
  id: string,
  now: number,
  expected: Exception | null = null,
): Promise<boolean> {
  if (expected !== null && (await asExpected(database, expected)) === null) return false;
  const results = await database.write([
    {
      sql: `delete from excepted_evidence where exception_id in (select id from exceptions where id = ? and until <= ?)`,
      args: [id, toIso(now)],
    },
    { sql: "update exceptions set removed = 1 where id = ? and removed = 0", args: [id] },
  ]);
  return results[1]?.rowsAffected === 1;
}
