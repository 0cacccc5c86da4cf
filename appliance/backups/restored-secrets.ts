/**
 * Secrets of a restored database: under the master key of this machine they are read as they are. Those of another machine are encrypted anew with
 * the key of this one, if its own is given; otherwise they are taken out, and have to be entered again.
 */
import { existsSync } from "node:fs";
import { EdgeError } from "../../core/errors.ts";
import { hasTable, metaValue } from "../../store/backup/examine.ts";
import type { Connection } from "../../store/database/connection.ts";
import { text } from "../../store/database/rows.ts";
import { checkPlace, checkText, opensCheck } from "../access/key-rotation.ts";
import { givenKey, type MasterKeyPlaces, ownKey, readKey, Secrets, writeKey } from "../access/master-key.ts";

export interface SecretsPlan {
  /** What happens to them. */
  kind: "none" | "as they are" | "anew" | "with the given key" | "taken out";
  /** Names of settings and users whose secrets are taken out. */
  lost: { settings: string[]; secondFactors: string[] };
  /** Changes the restored database, in its transaction. */
  apply(file: Connection): void;
  /** Called once the database is in place. */
  finish(): void;
}

const nothing = { apply: () => {}, finish: () => {} };
const noneLost = { settings: [], secondFactors: [] };

/** @throws EdgeError master_key: the given file holds no key, or not the one of the backup */
export function planSecrets(file: Connection, places: MasterKeyPlaces, keyFile: string | null): SecretsPlan {
  const check = metaValue(file, "key_check");
  const sealed = sealedValues(file);
  const given = keyFile === null ? null : readKey(keyFile);
  if (given !== null && check !== null && !opensCheck(given, check))
    throw new EdgeError(
      "master_key",
      `${keyFile} is not the master key of the machine that the backup is of: secrets in it cannot be read with it. Nothing was changed`,
    );
  if (check === null) return { kind: "none", lost: noneLost, ...nothing };
  const path = givenKey(places.file, places.credentialsDir) ?? ownKey(places.dataDir);
  const present = existsSync(path) ? readKey(path) : null;
  if (present !== null && opensCheck(present, check))
    return { kind: sealed.length === 0 ? "none" : "as they are", lost: noneLost, ...nothing };
  if (given !== null && present === null)
    return { kind: "with the given key", lost: noneLost, apply: () => {}, finish: () => writeKey(path, given) };
  if (given !== null && present !== null) {
    const [from, to] = [new Secrets(given), new Secrets(present)];
    return {
      kind: "anew",
      lost: noneLost,
      apply: (restored) => {
        for (const one of sealed) write(restored, one, to.seal(from.open(one.value, one.place), one.place));
        restored.run({
          sql: "update meta set value = ? where key = 'key_check'",
          args: [to.seal(checkText, checkPlace)],
        });
      },
      finish: () => {},
    };
  }
  return {
    kind: sealed.length === 0 ? "none" : "taken out",
    lost: {
      settings: sealed.flatMap(({ setting }) => (setting === null ? [] : [setting])),
      secondFactors: sealed.flatMap(({ user }) => (user === null ? [] : [user])),
    },
    apply: (restored) => {
      for (const one of sealed) write(restored, one, null);
      restored.run({ sql: "delete from meta where key = 'key_check'" });
    },
    finish: () => {},
  };
}

interface Sealed {
  place: string;
  value: string;
  setting: string | null;
  user: string | null;
}

function sealedValues(file: Connection): Sealed[] {
  const users = hasTable(file, "users")
    ? file.all("select id, name, totp_secret from users where totp_secret is not null order by name")
    : [];
  const saved = hasTable(file, "saved_settings")
    ? file.all("select name, value from saved_settings where secret = 1 order by name")
    : [];
  return [
    ...users.map((row) => ({
      place: `users/${text(row, "id")}/totp_secret`,
      value: text(row, "totp_secret"),
      setting: null,
      user: text(row, "name"),
    })),
    ...saved.map((row) => ({
      place: `saved_settings/${text(row, "name")}/value`,
      value: text(row, "value"),
      setting: text(row, "name"),
      user: null,
    })),
  ];
}

/** Null takes it out. */
function write(file: Connection, { place }: Sealed, value: string | null): void {
  const [table = "", key = ""] = place.split("/");
  if (table === "users") file.run({ sql: "update users set totp_secret = ? where id = ?", args: [value, key] });
  else if (value === null) file.run({ sql: "delete from saved_settings where name = ?", args: [key] });
  else file.run({ sql: "update saved_settings set value = ? where name = ?", args: [value, key] });
}
