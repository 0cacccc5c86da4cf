/** Rows of names: which names of an entity are one actor's or one domain's (`core/identities/name-book.ts`). */
import type { KnownName, NameKind, NameReason } from "../../core/identities/known-name.ts";
import type { Learnt } from "../../core/identities/learn-names.ts";
import type { EntityName } from "../../core/identities/name-book.ts";
import { normaliseName } from "../../core/intake/identity.ts";
import { toIso } from "../../core/time.ts";
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
export async function readNames(database: Database, after = -1): Promise<EntityName[]> {
  const { rows } = await database.read(
    `select entity_key, kind, name, known_as, why, seen_day from name_joins where change > ? order by change, entity_key, kind, name`,
    [after],
  );
  return rows.map((row) => ({ entity: text(row, "entity_key"), known: knownOf(row) }));
}

const saveSql = insertSql(
  "name_joins",
  "entity_key, kind, name, known_as, why, found_at, seen_day, change",
  `on conflict (entity_key, kind, name) do update set known_as = excluded.known_as, why = excluded.why, found_at = excluded.found_at,
    seen_day = excluded.seen_day, change = excluded.change`,
);
const seenSql = "update name_joins set seen_day = ? where entity_key = ? and kind = ? and name = ?";

/** Statements that store what was learnt after the change `last`; they number what has changed from the next one on. `at`: epoch milliseconds. */
export function storeNames({ changed, seen }: Learnt, last: number, at: number): Statement[] {
  const rows = changed.map(({ entity, known: { kind, name, knownAs, why, day } }, index) => [
    ...[normaliseName(entity), kind, name, knownAs, why, toIso(at), day, last + 1 + index],
  ]);
  const days = seen.map(({ entity, known: { kind, name, day } }) => [day, normaliseName(entity), kind, name]);
  return [
    ...forRows(saveSql, rows),
    ...(rows.length === 0 ? [] : [{ sql: "update name_state set changes = ?", args: [last + rows.length] }]),
    ...forRows(seenSql, days),
  ];
}

/**
 * Removes up to `most` names that have not been seen since `day`, except those of actors with an open incident: they would be somebody else when
 * they come again. Returns how many are gone.
 */
export async function pruneNames(database: Database, day: number, most: number): Promise<number> {
  const { rows } = await database.read(
    `select entity_key, kind, name from name_joins n where seen_day < ?1
       and not exists (select 1 from actor_periods p where p.current = 1 and p.incident_id is not null
         and p.actor_key = json_array(n.entity_key, case n.kind when 'account' then 'user' else n.kind end, n.known_as))
     order by seen_day, entity_key, kind, name limit ?2`,
    [day, most],
  );
  const gone = rows.map((row) => [text(row, "entity_key"), text(row, "kind"), text(row, "name")]);
  if (gone.length > 0)
    await database.write(forRows("delete from name_joins where entity_key = ? and kind = ? and name = ?", gone));
  return gone.length;
}

function knownOf(row: Row): KnownName {
  return {
    kind: text(row, "kind") as NameKind,
    name: text(row, "name"),
    knownAs: text(row, "known_as"),
    why: text(row, "why") as NameReason,
    day: integer(row, "seen_day"),
  };
}
