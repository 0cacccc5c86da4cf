/** All values that are encrypted with the master key, from every table. */
import type { Database } from "../database/database.ts";
import { text } from "../database/rows.ts";

export interface SealedValue {
  /** What the value is bound to: `users/ID/totp_secret` or `saved_settings/NAME/value`. */
  place: string;
  value: string;
}

const sealedSql = `select 'users/' || id || '/totp_secret' as place, totp_secret as value from users where totp_secret is not null
  union all select 'saved_settings/' || name || '/value', value from saved_settings where secret = 1`;

export async function listSealed(database: Database): Promise<SealedValue[]> {
  const { rows } = await database.read(sealedSql);
  return rows.map((row) => ({ place: text(row, "place"), value: text(row, "value") }));
}

/** A known text, encrypted with the current master key; null before the first start with a key. */
export async function readKeyCheck(database: Database): Promise<string | null> {
  const { rows } = await database.read("select value from meta where key = 'key_check'");
  return rows[0] === undefined ? null : text(rows[0], "value");
}

/** A value encrypted with a new key, and the value that it replaces. */
export interface Resealed extends SealedValue {
  before: string;
}

/**
 * The key that signs cursors: the stored one, or else `candidate`, which is then stored. It is stored unencrypted: it protects only the
 * form of a position, and has to stay the same when the master key changes, because pollers keep their cursors.
 */
export async function cursorKey(database: Database, candidate: string): Promise<string> {
  const { rows } = await database.read("select value from meta where key = 'cursor_key'");
  if (rows[0] !== undefined) return text(rows[0], "value");
  await database.write([{ sql: "insert into meta (key, value) values ('cursor_key', ?)", args: [candidate] }]);
  return candidate;
}

/** Replaces all values and the key check in one write. A value that was saved again in the meantime is left alone. */
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
