/** Users, keys and the audit log on behalf of an administrator. */

import type { Caller } from "../../core/access/caller.ts";
import { mustChangePassword, type NewUser, type UserChange, type UserRecord } from "../../core/access/user.ts";
import type { ApiKeyRecord } from "../../core/api-key.ts";
import { EdgeError } from "../../core/errors.ts";
import { isoOrNull } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Accounts, Authority } from "../access/accounts.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { KeyRing, NewKey } from "../access/key-ring.ts";

type Json = Record<string, unknown>;

export class Administration {
  readonly #accounts: Accounts;
  readonly #keys: KeyRing;
  readonly #audit: AuditLog;
  readonly #reading: Store["reading"];

  constructor(accounts: Accounts, keys: KeyRing, audit: AuditLog, reading: Store["reading"]) {
    this.#accounts = accounts;
    this.#keys = keys;
    this.#audit = audit;
    this.#reading = reading;
  }

  users(): Json[] {
    return this.#accounts.list().map(userJson);
  }

  /** @throws UsageError, EdgeError user_exists */
  async createUser(caller: Caller, user: NewUser): Promise<Json> {
    const made = await this.#accounts.create(user, true, authorityOf(caller));
    const { role, entities } = made;
    await this.#audit.note(auditAuthor(caller), "user.create", made.name, { role, entities });
    return userJson(made);
  }

  /** @throws UsageError, EdgeError user_unknown, last_admin */
  async changeUser(caller: Caller, name: string, change: UserChange): Promise<Json> {
    const changed = await this.#accounts.change(name, change, authorityOf(caller));
    const { password, ...noted } = change;
    await this.#audit.note(auditAuthor(caller), "user.change", changed.name, {
      ...noted,
      ...(password === undefined ? {} : { password: "changed" }),
    });
    return userJson(changed);
  }

  /** @throws EdgeError user_unknown, last_admin */
  async removeUser(caller: Caller, name: string): Promise<void> {
    const { name: removed } = await this.#accounts.remove(name, authorityOf(caller));
    await this.#audit.note(auditAuthor(caller), "user.delete", removed);
  }

  async keys(): Promise<Json[]> {
    return (await this.#keys.list()).map(keyJson);
  }

  async createKey(caller: Caller, key: NewKey): Promise<Json> {
    const made = await this.#keys.create(key);
    const { name, scopes, entities, expiresInDays } = key;
    await this.#audit.note(auditAuthor(caller), "key.create", made.id, { name, scopes, entities, expiresInDays });
    const record = (await this.#keys.list()).find(({ id }) => id === made.id);
    return { ...(record === undefined ? { id: made.id } : keyJson(record)), key: made.key };
  }

  /** @throws EdgeError key_unknown */
  async revokeKey(caller: Caller, id: string): Promise<void> {
    if (!(await this.#keys.revoke(id))) throw new EdgeError("key_unknown", `there is no key ${id.slice(0, 64)}`);
    await this.#audit.note(auditAuthor(caller), "key.revoke", id);
  }

  async audit(query: { before: number | null; limit: number; who?: string; action?: string }) {
    const entries = await this.#reading.listAudit({ ...query, limit: query.limit + 1 });
    const page = entries.slice(0, query.limit);
    return {
      entries: page.map((entry): Json => ({ ...entry, at: isoOrNull(entry.at) })),
      nextBefore: entries.length > query.limit ? (page.at(-1)?.id ?? null) : null,
    };
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
  };
}
