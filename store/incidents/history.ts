/** Who changed what of an incident or a case, and when. */

import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { entitySpellings } from "../database/entity-spellings.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Statement } from "../database/statement.ts";

export type HistoryAction =
  | "CREATED"
  | "PROMOTED"
  | "STATUS_CHANGED"
  | "ASSIGNED"
  | "NOTES_CHANGED"
  | "RISK_LEVEL_CHANGED"
  | "RULES_ADDED"
  | "OUTBREAK"
  | "TICKET_LINKED"
  | "EXCEPTION_PROPOSED"
  | "EXCEPTION_APPLIED"
  | "EXCEPTION_REMOVED"
  | "EXCEPTION_CHANGED"
  | "CAMPAIGN_JOINED"
  | "DELIVERY_GIVEN_UP"
  | "TICKET_RENEWED"
  | "EXTERNAL_SYNC";

export interface HistoryEntry {
  /** Epoch milliseconds. */
  at: number;
  who: string;
  action: HistoryAction;
  field: string | null;
  old: string | null;
  new: string | null;
  /** Where the change came from: `correlation`, `api`, `console`, or the synchronisation with a ticket system. */
  source: string;
}

const tables = { incident: "incident_history", case: "case_history" } as const;
export type HistorySubject = keyof typeof tables;

const columns = "at, who, action, field, old, new, source";
const inserts: Readonly<Record<HistorySubject, string>> = {
  incident: insertSql(tables.incident, `incident_id, ${columns}`),
  case: insertSql(tables.case, `case_id, ${columns}`),
};

export function addHistory(of: HistorySubject, entries: readonly (HistoryEntry & { id: string })[]): Statement[] {
  return forRows(
    inserts[of],
    entries.map((e) => [e.id, toIso(e.at), e.who, e.action, e.field, e.old, e.new, e.source]),
  );
}

/** A history entry with long texts shortened. */
export interface ShownEntry extends HistoryEntry {
  /** Whether `old` or `new` was shortened. */
  shortened: boolean;
}

/** The limit of a text in one answer. Histories grow for as long as an incident is open. */
const longestText = 2_000;
const mostEntries = 500;

/** The newest entries, oldest first, and the total number. */
export async function readHistory(
  database: Database,
  of: HistorySubject,
  id: string,
): Promise<{ entries: ShownEntry[]; total: number }> {
  const { rows } = await database.read(
    `select at, who, action, field, substr(old, 1, ?2) as old, substr(new, 1, ?2) as new, source,
       coalesce(length(old) > ?2, 0) or coalesce(length(new) > ?2, 0) as shortened
     from ${tables[of]} where ${of}_id = ?1 order by id desc limit ?3`,
    [id, longestText, mostEntries],
  );
  const entries = rows.reverse().map((row) => ({
    at: fromIso(text(row, "at")),
    who: text(row, "who"),
    action: text(row, "action") as HistoryAction,
    field: textOrNull(row, "field"),
    old: textOrNull(row, "old"),
    new: textOrNull(row, "new"),
    source: text(row, "source"),
    shortened: integer(row, "shortened") === 1,
  }));
  if (entries.length < mostEntries) return { entries, total: entries.length };
  const { rows: counted } = await database.read(`select count(*) as n from ${tables[of]} where ${of}_id = ?`, [id]);
  return { entries, total: counted[0] === undefined ? entries.length : integer(counted[0], "n") };
}

/** A history entry of an incident, with what the incident is about. */
export interface RecentEntry extends HistoryEntry {
  incidentId: string;
  actor: string;
  entity: string;
}

/** Of how many of the newest entries those of other entities are left out. */
const recentEntries = 500;

/** The newest entries of all incidents of these entities (null = all), newest first; those of tickets that were made, or given up, are too many to tell anything. */
export async function recentHistory(
  database: Database,
  entities: readonly string[] | null,
  limit: number,
): Promise<RecentEntry[]> {
  const spellings = await entitySpellings(database, entities);
  const { rows } = await database.read(
    `select h.at, h.who, h.action, h.field, substr(h.old, 1, 200) as old, substr(h.new, 1, 200) as new, h.source,
       i.incident_id, i.group_key, i.entity_name
     from (select * from incident_history where action not in ('TICKET_LINKED', 'DELIVERY_GIVEN_UP') order by id desc limit ?1) h join incidents i on i.incident_id = h.incident_id
     where ?2 is null or i.entity_name in (select value from json_each(?2))
     order by h.id desc limit ?3`,
    [recentEntries, spellings === null ? null : JSON.stringify(spellings), limit],
  );
  return rows.map((row) => ({
    at: fromIso(text(row, "at")),
    who: text(row, "who"),
    action: text(row, "action") as HistoryAction,
    field: textOrNull(row, "field"),
    old: textOrNull(row, "old"),
    new: textOrNull(row, "new"),
    source: text(row, "source"),
    incidentId: text(row, "incident_id"),
    actor: text(row, "group_key"),
    entity: text(row, "entity_name"),
  }));
}
