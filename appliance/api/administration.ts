/** Users, keys and the audit log on behalf of an administrator. */

import type { Caller } from "../../core/access/caller.ts";
import { mustChangePassword, type NewUser, type UserChange, type UserRecord } from "../../core/access/user.ts";
import type { ApiKeyRecord } from "../../core/api-key.ts";
import { EdgeError } from "../../core/errors.ts";
import { isoOrNull } from "../../core/time.ts";
import type { Accounts, Authority } from "../access/accounts.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { KeyRing, NewKey } from "../access/key-ring.ts";
import { cleaned, userRevision } from "../access/user-change.ts";

type Json = Record<string, unknown>;

/** What is under way of users' logins. */
export interface LoginFacts {
  /** By name in lower case, epoch milliseconds. */
  lockedUntil(): ReadonlyMap<string, number>;
  /** Logins of the API and sessions of the console together. */
  sessionsOf(userId: string): number;
}

export class Administration {
  readonly #accounts: Accounts;
  readonly #keys: KeyRing;
  readonly #audit: AuditLog;
  readonly #logins: LoginFacts;

  constructor(accounts: Accounts, keys: KeyRing, audit: AuditLog, logins: LoginFacts) {
    this.#accounts = accounts;
    this.#keys = keys;
    this.#audit = audit;
    this.#logins = logins;
  }

  users(): Json[] {
    const locked = this.#logins.lockedUntil();
    return this.#accounts.list().map((user) => ({
      ...userJson(user),
      locked_until: isoOrNull(locked.get(user.name.toLowerCase()) ?? null),
      sessions: this.#logins.sessionsOf(user.id),
    }));
  }

  /** @throws UsageError, EdgeError user_exists */
  async createUser(caller: Caller, user: NewUser): Promise<Json> {
    const made = await this.#accounts.create(user, true, authorityOf(caller));
    const { role, entities } = made;
    await this.#audit.note(auditAuthor(caller), "user.create", made.name, { role, entities });
    return userJson(made);
  }

  /** `revision`: which the user must have; null = whichever. @throws UsageError, EdgeError user_unknown, user_changed, last_admin */
  async changeUser(caller: Caller, name: string, change: UserChange, revision: string | null = null): Promise<Json> {
    const { user, detail } = await this.#accounts.change(name, change, authorityOf(caller), revision);
    await this.#audit.note(auditAuthor(caller), "user.change", user.name, detail);
    return userJson(user);
  }

  /** `revision`: as of `changeUser`. @throws EdgeError user_unknown, user_changed, last_admin */
  async removeUser(caller: Caller, name: string, revision: string | null = null): Promise<void> {
    const { name: removed } = await this.#accounts.remove(name, authorityOf(caller), revision);
    await this.#audit.note(auditAuthor(caller), "user.delete", removed);
  }

  async keys(): Promise<Json[]> {
    return (await this.#keys.list()).map(keyJson);
  }

  async createKey(caller: Caller, key: NewKey): Promise<Json> {
    const entities = cleaned(key.entities);
    const made = await this.#keys.create({ ...key, entities }, caller.name);
    const { name, scopes, expiresInDays } = key;
    await this.#audit.note(auditAuthor(caller), "key.create", made.id, { name, scopes, entities, expiresInDays });
    const record = (await this.#keys.list()).find(({ id }) => id === made.id);
    return { ...(record === undefined ? { id: made.id } : keyJson(record)), key: made.key };
  }

  /** @throws EdgeError key_unknown */
  async revokeKey(caller: Caller, id: string): Promise<void> {
    if (!(await this.#keys.revoke(id))) throw new EdgeError("key_unknown", `there is no key ${id.slice(0, 64)}`);
    const name = (await this.#keys.list()).find((key) => key.id === id)?.name ?? "";
    await this.#audit.note(auditAuthor(caller), "key.revoke", id, { name });
  }
}

function authorityOf(caller: Caller): Authority {
  return { id: caller.id, tokenVersion: "tokenVersion" in caller ? Number(caller.tokenVersion) : 0 };
}

export function userJson(user: UserRecord): Json {
  return {
    name: user.name,
    display_name: user.displayName,
    role: user.role,
    entities: user.entities,
    disabled: user.disabledAt !== null,
    second_factor: user.totpSecret !== null,
    password_change_required: mustChangePassword(user),
    created_at: isoOrNull(user.createdAt),
    last_login_at: isoOrNull(user.lastLoginAt),
    last_login_from: user.lastLoginFrom,
    recovery_codes_left: user.recoveryCodes.length,
    revision: userRevision(user),
  };
}

/** An API key without its hash. */
export function keyJson({ id, name, prefix, scopes, entities, ...key }: ApiKeyRecord): Json {
  return {
    id,
    name,
    prefix,
    scopes,
    entities,
    created_at: isoOrNull(key.createdAt),
    expires_at: isoOrNull(key.expiresAt),
    revoked_at: isoOrNull(key.revokedAt),
    last_used_at: isoOrNull(key.lastUsedAt),
    last_used_from: key.lastUsedFrom,
    created_by: key.createdBy,
  };
}
