/** Users, their logins, and the positions of pollers that send no cursor. */

import type { Role, SessionRecord, UserRecord } from "../../core/access/user.ts";
import type { PollPosition } from "../../core/pages/continuity.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import type { Database } from "../database/database.ts";
import { fromIso, timeOrNull } from "../database/iso.ts";
import { integer, text, textOrNull } from "../database/rows.ts";
import type { Row } from "../database/statement.ts";

const columns = `id, name, role, entities, password_hash, password_is_initial, token_version, totp_secret, totp_step, created_at,
  disabled_at, last_login_at, display_name, last_login_from, recovery_codes`;

export async function listUsers(database: Database): Promise<UserRecord[]> {
  return (await database.read(`select ${columns} from users order by name`)).rows.map(userFromRow);
}

export async function insertUser(database: Database, u: UserRecord): Promise<void> {
  await database.write([
    {
      sql: `insert into users (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      args: [
        ...[u.id, u.name, u.role, JSON.stringify(u.entities), u.passwordHash, u.passwordIsInitial ? 1 : 0],
        ...[u.tokenVersion, u.totpSecret, u.totpStep, toIso(u.createdAt), isoOrNull(u.disabledAt)],
        ...[isoOrNull(u.lastLoginAt), u.displayName, u.lastLoginFrom, JSON.stringify(u.recoveryCodes)],
      ],
    },
  ]);
}

/** Updates a user whose token version is still `tokenVersion`; otherwise writes nothing and returns false. */
export async function updateUser(database: Database, u: UserRecord, tokenVersion: number): Promise<boolean> {
  const results = await database.write([
    {
      sql: `update users set role = ?, entities = ?, password_hash = ?, password_is_initial = ?, token_version = ?, totp_secret = ?,
          totp_step = ?, disabled_at = ?, last_login_at = ?, display_name = ?, last_login_from = ?, recovery_codes = ?
          where id = ? and token_version = ?`,
      args: [
        ...[u.role, JSON.stringify(u.entities), u.passwordHash, u.passwordIsInitial ? 1 : 0, u.tokenVersion],
        ...[u.totpSecret, u.totpStep, isoOrNull(u.disabledAt), isoOrNull(u.lastLoginAt), u.displayName],
        ...[u.lastLoginFrom, JSON.stringify(u.recoveryCodes), u.id, tokenVersion],
      ],
    },
  ]);
  return results[0]?.rowsAffected === 1;
}

export async function deleteUser(database: Database, id: string): Promise<void> {
  await database.write([
    { sql: "delete from sessions where user_id = ?", args: [id] },
    { sql: "delete from console_sessions where user_id = ?", args: [id] },
    { sql: "delete from users where id = ?", args: [id] },
  ]);
}

export async function listSessions(database: Database): Promise<SessionRecord[]> {
  const { rows } = await database.read("select id, user_id, counter, created_at, refreshed_at, address from sessions");
  return rows.map((row) => ({
    id: text(row, "id"),
    userId: text(row, "user_id"),
    counter: integer(row, "counter"),
    createdAt: fromIso(text(row, "created_at")),
    refreshedAt: fromIso(text(row, "refreshed_at")),
    address: text(row, "address"),
  }));
}

/** Adds a login, unless its user is disabled or has been removed. */
export async function insertSession(database: Database, s: SessionRecord): Promise<void> {
  await database.write([
    {
      sql: `insert into sessions (id, user_id, counter, created_at, refreshed_at, address)
            select ?1, ?2, ?3, ?4, ?5, ?6 where exists (select 1 from users where id = ?2 and disabled_at is null)`,
      args: [s.id, s.userId, s.counter, toIso(s.createdAt), toIso(s.refreshedAt), s.address],
    },
  ]);
}

/** Updates a login that was refreshed. One that has ended in the meantime is not brought back. */
export async function updateSession(database: Database, s: SessionRecord): Promise<void> {
  await database.write([
    {
      sql: "update sessions set counter = ?, refreshed_at = ? where id = ?",
      args: [s.counter, toIso(s.refreshedAt), s.id],
    },
  ]);
}

export async function deleteSessions(database: Database, ids: readonly string[]): Promise<void> {
  await database.write([
    { sql: "delete from sessions where id in (select value from json_each(?))", args: [JSON.stringify(ids)] },
  ]);
}

export async function listPollPositions(database: Database): Promise<PollPosition[]> {
  const { rows } = await database.read(
    "select caller, poll, given, confirmed, since, start, polled_at from poll_positions",
  );
  return rows.map((row) => ({
    caller: text(row, "caller"),
    poll: text(row, "poll"),
    given: integer(row, "given"),
    confirmed: integer(row, "confirmed"),
    since: text(row, "since"),
    start: integer(row, "start"),
    polledAt: integer(row, "polled_at"),
  }));
}

/** Saves these positions and removes those last used before `before` (epoch ms). */
export async function savePollPositions(
  database: Database,
  positions: readonly PollPosition[],
  before: number,
): Promise<void> {
  const rows = positions.map((p) => [p.caller, p.poll, p.given, p.confirmed, p.since, p.start, p.polledAt]);
  await database.write([
    {
      sql: `insert into poll_positions select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6 from json_each(?) where true order by rowid
        on conflict do update set given = excluded.given, confirmed = excluded.confirmed, since = excluded.since, start = excluded.start, polled_at = excluded.polled_at`,
      args: [JSON.stringify(rows)],
    },
    { sql: "delete from poll_positions where polled_at < ?", args: [before] },
  ]);
}

function userFromRow(row: Row): UserRecord {
  return {
    id: text(row, "id"),
    name: text(row, "name"),
    role: text(row, "role") as Role,
    entities: JSON.parse(text(row, "entities")) as string[],
    passwordHash: text(row, "password_hash"),
    passwordIsInitial: integer(row, "password_is_initial") === 1,
    tokenVersion: integer(row, "token_version"),
    totpSecret: textOrNull(row, "totp_secret"),
    totpStep: integer(row, "totp_step"),
    createdAt: fromIso(text(row, "created_at")),
    disabledAt: timeOrNull(row, "disabled_at"),
    lastLoginAt: timeOrNull(row, "last_login_at"),
    displayName: textOrNull(row, "display_name"),
    lastLoginFrom: textOrNull(row, "last_login_from"),
    recoveryCodes: JSON.parse(text(row, "recovery_codes")) as string[],
  };
}
