/** Rows of names: which names of an entity are one actor's or one domain's (`core/identities/name-book.ts`). */
import type { KnownName, NameKind, NameReason } from "../../core/identities/known-name.ts";
import type { Learnt } from "../../core/identities/learn-names.ts";
import type { EntityName } from "../../core/identities/name-book.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import type { Database } from "../database/database.ts";
import { forRows, insertSql } from "../database/insert-sql.ts";
import { integer, text } from "../database/rows.ts";
import type { Row, Statement } from "../database/statement.ts";

/** The number of the last change. */
export async function lastNameChange(database: Database): Promise<number> {
  const { rows } = await database.read("select changes from name_state");
  return rows[0] === undefined ? 0 : integer(rows[0], "changes");
}

/** Every name, or those that are new or stand for another since a change; in the order of changes. */
export async function readNames(database: Database, after = 0): Promise<EntityName[]> {
  const { rows } = await database.read(
    "select change, entity_key, kind, name, known_as, why, seen_day from name_joins where change > ? order by change",
    [after],
  );
  return rows.map((row) => ({ entity: text(row, "entity_key"), known: knownOf(row) }));
}

const saveSql = insertSql("name_joins", "change, entity_key, kind, name, known_as, why, seen_day");

/**
 * Statements that store what was learnt after the change `last`, and number it. A name that now stands for another loses the row that it had.
 * The rows of the names are those of these statements from now on.
 */
export function storeNames({ changed, seen }: Learnt, last: number): Statement[] {
  const gone: number[] = [];
  const rows = changed.map(({ entity, known }, index) => {
    if (known.row !== null) gone.push(known.row);
    known.row = last + 1 + index;
    const { row, kind, name, knownAs, why, day } = known;
    return [row, normaliseName(entity), kind, name, knownAs, why, day];
  });
  const days = seen.map(({ known: { row, day } }) => [day, row]);
  return [
    ...forRows(
      "delete from name_joins where change = ?",
      gone.map((row) => [row]),
    ),
    ...forRows(saveSql, rows),
    ...(rows.length === 0 ? [] : [{ sql: "update name_state set changes = ?", args: [last + rows.length] }]),
    ...forRows("update name_joins set seen_day = ? where change = ?", days),
  ];
}

/**
 * Removes up to `most` names that have not been seen since `day`, except those of actors with an open incident: they would be somebody else when
 * they come again. Returns how many are gone.
 */
export async function pruneNames(database: Database, day: number, most: number): Promise<number> {
  const { rows } = await database.read(
    `select change from name_joins n where seen_day < ?1
       and not exists (select 1 from actor_periods p where p.current = 1 and p.incident_id is not null
         and p.actor_key = json_array(n.entity_key, case n.kind when 'account' then 'user' else n.kind end, n.known_as))
     order by change limit ?2`,
    [day, most],
  );
  const gone = rows.map((row) => [integer(row, "change")]);
  if (gone.length > 0) await database.write(forRows("delete from name_joins where change = ?", gone));
  return gone.length;
}

function knownOf(row: Row): KnownName {
  return {
    kind: text(row, "kind") as NameKind,
    name: text(row, "name"),
    knownAs: text(row, "known_as"),
    why: text(row, "why") as NameReason,
    day: integer(row, "seen_day"),
    row: integer(row, "change"),
  };
}
