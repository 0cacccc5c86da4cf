/** Who did what to the appliance itself, and from where. */

import type { AuditEntry } from "../../core/access/audit.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

export interface AuditQuery {
  /** Only entries with a lower number; null = start at the newest. */
  before: number | null;
  limit: number;
  who?: string;
  action?: string;
}

export async function addAudit(database: Database, entries: readonly AuditEntry[]): Promise<void> {
  await database.write(
    entries.map(
      ({ at, who, action, target, detail, address, source }): Statement => ({
        sql: "insert into audit_log (at, who, action, target, detail, address, source) values (?, ?, ?, ?, ?, ?, ?)",
        args: [toIso(at), who, action, target, JSON.stringify(detail), address, source],
      }),
    ),
  );
}

/** Removes up to `most` entries from before a time (epoch ms); returns whether more are left. */
export async function pruneAudit(database: Database, before: number, most: number): Promise<boolean> {
  const results = await database.write([
    {
      sql: "delete from audit_log where id in (select id from audit_log where at < ? order by at limit ?)",
      args: [toIso(before), most],
    },
  ]);
  return results[0]?.rowsAffected === most;
}

/** Newest first. */
export async function listAudit(
  database: Database,
  { before, limit, who, action }: AuditQuery,
): Promise<(AuditEntry & { id: number })[]> {
  const { rows } = await database.read(
    `select id, at, who, action, target, detail, address, source from audit_log
     where id < coalesce(?1, 9007199254740991) and (?2 is null or who = ?2 collate nocase) and (?3 is null or action = ?3)
     order by id desc limit ?4`,
    [before, who ?? null, action ?? null, limit],
  );
  return rows.map((row) => ({
    id: integer(row, "id"),
    at: fromIso(text(row, "at")),
    who: text(row, "who"),
    action: text(row, "action"),
    target: text(row, "target"),
    detail: JSON.parse(text(row, "detail")) as Record<string, unknown>,
    address: text(row, "address"),
    source: text(row, "source"),
  }));
}
