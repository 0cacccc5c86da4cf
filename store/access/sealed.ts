/** Everything that is encrypted under the master key, wherever it stands. */
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";

export interface SealedValue {
  /** `users/ID/totp_secret`, `saved_settings/NAME/value`: what the value is bound to. */
  place: string;
  value: string;
}

const sealedSql = `select 'users/' || id || '/totp_secret' as place, totp_secret as value from users where totp_secret is not null
  union all select 'saved_settings/' || name || '/value', value from saved_settings where secret = 1`;

export async function listSealed(database: Database): Promise<SealedValue[]> {
  const { rows } = await database.read(sealedSql);
  return rows.map((row) => ({ place: text(row, "place"), value: text(row, "value") }));
}

/** A known text under the key that everything here is encrypted under; null before the first start with one. */
export async function readKeyCheck(database: Database): Promise<string | null> {
  const { rows } = await database.read("select value from meta where key = 'key_check'");
  return rows[0] === undefined ? null : text(rows[0], "value");
}

/** A value under another key, in the place of the one that it was made from. */
export interface Resealed extends SealedValue {
  before: string;
}

/**
 * The key that cursors are signed with: the one that is kept, else `candidate` from now on. It lies in the database in plain, because it guards
 * nothing but the form of a position, and has to outlive the master key: pollers keep their cursors.
 */
export async function cursorKey(database: Database, candidate: string): Promise<string> {
  await database.write([
    { sql: "insert into meta (key, value) values ('cursor_key', ?) on conflict do nothing", args: [candidate] },
  ]);
  const { rows } = await database.read("select value from meta where key = 'cursor_key'");
  return rows[0] === undefined ? candidate : text(rows[0], "value");
}

/** Everything under another key, with its check, in one write; what was saved anew meanwhile stays as it was saved. */
export async function reseal(database: Database, values: readonly Resealed[], check: string): Promise<void> {
  await database.write([
    ...values.map(({ place, before, value }) => {
      const [table = "", key = ""] = place.split("/");
      return table === "users"
        ? { sql: "update users set totp_secret = ? where id = ? and totp_secret = ?", args: [value, key, before] }
        : { sql: "update saved_settings set value = ? where name = ? and value = ?", args: [value, key, before] };
    }),
    {
      sql: "insert into meta values ('key_check', ?) on conflict do update set value = excluded.value",
      args: [check],
    },
  ]);
}
