/** Rows of exceptions. */

import type { Exception } from "../../core/correlation/exceptions.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { text } from "../database/rows.ts";

const columns = "id, entity_name, rule, actor, host, until, reason, who, created_at";

/** Newest first, including those that have expired and are not yet removed. */
export async function listExceptions(database: Database): Promise<Exception[]> {
  const { rows } = await database.read(`select ${columns} from exceptions order by created_at desc, id`);
  return rows.map((row) => ({
    id: text(row, "id"),
    entity: text(row, "entity_name"),
    rule: text(row, "rule"),
    actor: text(row, "actor"),
    host: text(row, "host"),
    until: timeOrNull(row, "until"),
    reason: text(row, "reason"),
    who: text(row, "who"),
    createdAt: fromIso(text(row, "created_at")),
  }));
}

export async function insertException(database: Database, e: Exception): Promise<void> {
  const values = [e.id, e.entity, e.rule, e.actor, e.host, isoOrNull(e.until), e.reason, e.who, toIso(e.createdAt)];
  await database.write([
    { sql: `insert into exceptions (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, args: values },
  ]);
}

/** Returns false when there is none with that id. */
export async function deleteException(database: Database, id: string): Promise<boolean> {
  const results = await database.write([{ sql: "delete from exceptions where id = ?", args: [id] }]);
  return results[0]?.rowsAffected === 1;
}
