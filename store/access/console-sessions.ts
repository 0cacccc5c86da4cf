/** Sign-ins of the console. */
import type { ConsoleSessionRecord } from "../../core/access/user.ts";
import { toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso } from "../database/iso.ts";
import { integer, text } from "../database/rows.ts";

export async function listConsoleSessions(database: Database): Promise<ConsoleSessionRecord[]> {
  const { rows } = await database.read(
    "select sha256, user_id, token_version, created_at, seen_at, address from console_sessions",
  );
  return rows.map((row) => ({
    sha256: text(row, "sha256"),
    userId: text(row, "user_id"),
    tokenVersion: integer(row, "token_version"),
    createdAt: fromIso(text(row, "created_at")),
    seenAt: fromIso(text(row, "seen_at")),
    address: text(row, "address"),
  }));
}

/** Adds a session, unless its user is disabled, has been removed or was changed since. */
export async function insertConsoleSession(database: Database, s: ConsoleSessionRecord): Promise<void> {
  await database.write([
    {
      sql: `insert into console_sessions (sha256, user_id, token_version, created_at, seen_at, address) select ?1, ?2, ?3, ?4, ?5, ?6
            where exists (select 1 from users where id = ?2 and token_version = ?3 and disabled_at is null)`,
      args: [s.sha256, s.userId, s.tokenVersion, toIso(s.createdAt), toIso(s.seenAt), s.address],
    },
  ]);
}

/** When sessions were last used: pairs of SHA-256 and epoch milliseconds. One that has ended is not brought back. */
export async function touchConsoleSessions(
  database: Database,
  uses: readonly (readonly [string, number])[],
): Promise<void> {
  const rows = uses.map(([sha256, at]) => [sha256, toIso(at)]);
  await database.write([
    {
      sql: `update console_sessions set seen_at = used.value->>1 from json_each(?) used where console_sessions.sha256 = used.value->>0`,
      args: [JSON.stringify(rows)],
    },
  ]);
}

export async function deleteConsoleSessions(database: Database, sha256s: readonly string[]): Promise<void> {
  await database.write([
    {
      sql: "delete from console_sessions where sha256 in (select value from json_each(?))",
      args: [JSON.stringify(sha256s)],
    },
  ]);
}
