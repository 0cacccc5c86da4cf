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

/** Everything under another key, with its check, in one write. */
export async function reseal(database: Database, values: readonly SealedValue[], check: string): Promise<void> {
  await database.write([
    ...values.map(({ place, value }) => {
      const [table = "", key = ""] = place.split("/");
      return table === "users"
        ? { sql: "update users set totp_secret = ? where id = ?", args: [value, key] }
        : { sql: "update saved_settings set value = ? where name = ?", args: [value, key] };
    }),
    {
      sql: "insert into meta values ('key_check', ?) on conflict do update set value = excluded.value",
      args: [check],
    },
  ]);
}
