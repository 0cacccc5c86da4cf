/** API keys in memory: few, read at start, changed only through here, so that no request waits for the database. */

import { randomBytes } from "node:crypto";
import {
  type ApiKeyRecord,
  type ApiKeyScope,
  apiKeySha256,
  isApiKey,
  judgeApiKey,
  type KeyRefusal,
  makeApiKey,
} from "../../core/api-key.ts";
import type { Clock } from "../../core/ports.ts";
import { dayMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";

export interface NewKey {
  name: string;
  scopes: readonly ApiKeyScope[];
  entities: readonly string[];
  /** Null = never. */
  expiresInDays: number | null;
}

export class KeyRing {
  readonly #admin: Store["admin"];
  readonly #clock: Clock;
  readonly #byHash = new Map<string, ApiKeyRecord>();
  /** Uses not written to the database yet. */
  readonly #used = new Map<string, number>();

  private constructor(admin: Store["admin"], clock: Clock) {
    this.#admin = admin;
    this.#clock = clock;
  }

  static async load(admin: Store["admin"], clock: Clock): Promise<KeyRing> {
    const ring = new KeyRing(admin, clock);
    await ring.#reload();
    return ring;
  }

  /** Judges a key presented in a request. */
  judge(key: string | undefined, scope: ApiKeyScope): { id: string; entities: readonly string[] } | KeyRefusal {
    const record = key !== undefined && isApiKey(key) ? (this.#byHash.get(apiKeySha256(key)) ?? null) : null;
    const verdict = judgeApiKey(record, scope, this.#clock.now());
    if (record === null || verdict !== "ok") return verdict === "ok" ? "unknown" : verdict;
    this.#used.set(record.id, this.#clock.now());
    return { id: record.id, entities: record.entities };
  }

  /** The record of a key that holds at the moment, whatever it may be used for; null for any other. */
  find(key: string): ApiKeyRecord | null {
    const record = isApiKey(key) ? (this.#byHash.get(apiKeySha256(key)) ?? null) : null;
    const now = this.#clock.now();
    if (record === null || record.revokedAt !== null || (record.expiresAt !== null && record.expiresAt <= now))
      return null;
    this.#used.set(record.id, now);
    return record;
  }

  /** Makes a key and returns it: it cannot be shown again. */
  async create(request: NewKey): Promise<{ key: string; id: string }> {
    const key = makeApiKey((count) => randomBytes(count));
    const now = this.#clock.now();
    const id = `key-${randomBytes(4).toString("hex")}`;
    await this.#admin.insertApiKey({
      id,
      name: request.name,
      prefix: key.slice(0, 8),
      sha256: apiKeySha256(key),
      scopes: request.scopes,
      entities: request.entities,
      createdAt: now,
      expiresAt: request.expiresInDays === null ? null : now + request.expiresInDays * dayMs,
      revokedAt: null,
      lastUsedAt: null,
    });
    await this.#reload();
    return { key, id };
  }

  async list(): Promise<ApiKeyRecord[]> {
    await this.flushUses();
    return this.#admin.listApiKeys();
  }

  /** False when there is no key of that id. Takes effect at once. */
  async revoke(id: string): Promise<boolean> {
    const known = await this.#admin.revokeApiKey(id, this.#clock.now());
    await this.#reload();
    return known;
  }

  /** Writes down when keys were last used. */
  async flushUses(): Promise<void> {
    if (this.#used.size === 0) return;
    const uses = [...this.#used];
    await this.#admin.touchApiKeys(uses);
    // A key that was used again meanwhile is written next time.
    for (const [id, at] of uses) if (this.#used.get(id) === at) this.#used.delete(id);
  }

  async #reload(): Promise<void> {
    const records = await this.#admin.listApiKeys();
    this.#byHash.clear();
    for (const record of records) this.#byHash.set(record.sha256, record);
  }
}
