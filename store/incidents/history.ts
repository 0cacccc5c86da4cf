/** Who changed what of an incident or a case, and when. */

import type { InStatement } from "@libsql/client";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { text, textOrNull } from "../database/rows.ts";

export type HistoryAction =
  | "CREATED"
  | "PROMOTED"
  | "STATUS_CHANGED"
  | "ASSIGNED"
  | "NOTES_CHANGED"
  | "RISK_LEVEL_CHANGED"
  | "TICKET_LINKED"
  | "EXTERNAL_SYNC";

export interface HistoryEntry {
  /** Epoch milliseconds. */
  at: number;
  who: string;
  action: HistoryAction;
  field: string | null;
  old: string | null;
  new: string | null;
  /** What brought the change in: `correlation`, `api`, `console`, a ticket system's synchronisation. */
  source: string;
}

const tables = { incident: "incident_history", case: "case_history" } as const;
export type HistorySubject = keyof typeof tables;

export function addHistory(of: HistorySubject, entries: readonly (HistoryEntry & { id: string })[]): InStatement[] {
  if (entries.length === 0) return [];
  const rows = entries.map((e) => [e.id, toIso(e.at), e.who, e.action, e.field, e.old, e.new, e.source]);
  return [
    {
      sql: `insert into ${tables[of]} (${of}_id, at, who, action, field, old, new, source)
            select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7 from json_each(?) order by rowid`,
      args: [JSON.stringify(rows)],
    },
  ];
}

/** Oldest first. */
export async function readHistory(database: Database, of: HistorySubject, id: string): Promise<HistoryEntry[]> {
  const { rows } = await database.read(
    `select at, who, action, field, old, new, source from ${tables[of]} where ${of}_id = ? order by id`,
    [id],
  );
  return rows.map((row) => ({
    at: fromIso(text(row, "at")),
    who: text(row, "who"),
    action: text(row, "action") as HistoryAction,
    field: textOrNull(row, "field"),
    old: textOrNull(row, "old"),
    new: textOrNull(row, "new"),
    source: text(row, "source"),
  }));
}
