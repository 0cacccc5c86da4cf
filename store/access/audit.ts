/** Who did what to the appliance itself, and from where. */

import type { AuditEntry, AuditFilters, AuditOutcome, AuditRecord } from "../../core/access/audit.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

export interface AuditQuery {
  /** The number of an entry: those before it; null = from the newest on. */
  before: number | null;
  limit: number;
  filters: AuditFilters;
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

const conditions: Readonly<Record<keyof AuditFilters, string>> = {
  who: "who = ? collate nocase",
  action: "action = ?",
  kind: "kind = ?",
  target: "target = ? collate nocase",
  source: "source = ?",
  outcome: "outcome = ?",
  from: "at >= ?",
  to: "at < ?",
};

/** Newest first. */
export async function listAudit(database: Database, { before, limit, filters }: AuditQuery): Promise<AuditRecord[]> {
  const given = (Object.keys(conditions) as (keyof AuditFilters)[]).flatMap((name) => {
    const value = filters[name];
    return value === undefined ? [] : [[conditions[name], typeof value === "number" ? toIso(value) : value] as const];
  });
  // By time and not by number, so that each index has the order. Where the entry is gone, so is everything before it.
  const later = before === null ? [] : [["(at, id) < (select at, id from audit_log where id = ?)", before] as const];
  const all = [...given, ...later];
  const where = all.length === 0 ? "" : `where ${all.map(([sql]) => sql).join(" and ")}`;
  const { rows } = await database.read(
    `select id, at, who, action, target, detail, address, source, outcome from audit_log ${where} order by at desc, id desc limit ?`,
    [...all.map(([, value]) => value), limit],
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
    outcome: text(row, "outcome") as AuditOutcome,
  }));
}
