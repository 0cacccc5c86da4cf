/** API keys, kept in memory: read at the start and changed only here, so that no request waits for the database. */

import { randomBytes } from "node:crypto";
import {
  type ApiKeyRecord,
  type ApiKeyScope,
  apiKeySha256,
  isApiKey,
  judgeApiKey,
  type KeyRefusal,
  keySoonMs,
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

type OnRefused = (record: ApiKeyRecord | null, reason: KeyRefusal, address: string) => void;

export class KeyRing {
  readonly #admin: Store["admin"];
  readonly #clock: Clock;
  readonly #byHash = new Map<string, ApiKeyRecord>();
  /** Uses by key that are not yet written to the database. */
  readonly #used = new Map<string, { at: number; address: string }>();
  #onRefused: OnRefused = () => {};
  #onRevoked: () => void = () => {};

  private constructor(admin: Store["admin"], clock: Clock) {
    this.#admin = admin;
    this.#clock = clock;
  }

  static async load(admin: Store["admin"], clock: Clock): Promise<KeyRing> {
    const ring = new KeyRing(admin, clock);
    await ring.reload();
    return ring;
  }

  /** Reads all keys again, after another node of a cluster has changed some. */
  async reload(): Promise<void> {
    const records = await this.#admin.listApiKeys();
    this.#byHash.clear();
    for (const record of records) this.#byHash.set(record.sha256, record);
  }

  /** Called when a key is refused, with its record, or null for an unknown key. */
  onRefused(listener: OnRefused): void {
    this.#onRefused = listener;
  }

  /** Called when a key is revoked. */
  onRevoked(listener: () => void): void {
    this.#onRevoked = listener;
  }

  /** Checks a key in a request from `address`. */
  judge(
    key: string | undefined,
    scope: ApiKeyScope,
    address: string,
  ): { id: string; entities: readonly string[] } | KeyRefusal {
    const record = key !== undefined && isApiKey(key) ? (this.#byHash.get(apiKeySha256(key)) ?? null) : null;
    const verdict = judgeApiKey(record, scope, this.#clock.now());
    if (record === null || verdict !== "ok") {
      const reason = verdict === "ok" ? "unknown" : verdict;
      if (key !== undefined) this.#onRefused(record, reason, address);
      return reason;
    }
    this.#used.set(record.id, { at: this.#clock.now(), address });
    return { id: record.id, entities: record.entities };
  }

  /** The record of a key that is valid now, whatever its scopes; null for any other. */
  find(key: string, address: string): ApiKeyRecord | null {
    const record = isApiKey(key) ? (this.#byHash.get(apiKeySha256(key)) ?? null) : null;
    const now = this.#clock.now();
    const reason = record === null ? "unknown" : record.revokedAt !== null ? "revoked" : null;
    const refused = reason ?? ((record?.expiresAt ?? Number.POSITIVE_INFINITY) <= now ? "expired" : null);
    if (record === null || refused !== null) {
      this.#onRefused(record, refused ?? "unknown", address);
      return null;
    }
    this.#used.set(record.id, { at: now, address });
    return record;
  }

  /** Creates a key and returns it; it cannot be shown again. `by`: who makes it. */
  async create(request: NewKey, by: string): Promise<{ key: string; id: string }> {
    const key = makeApiKey((count) => randomBytes(count));
    const now = this.#clock.now();
    const id = `key-${randomBytes(4).toString("hex")}`;
    const record: ApiKeyRecord = {
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
      lastUsedFrom: null,
      createdBy: by,
    };
    await this.#admin.insertApiKey(record);
    this.#byHash.set(record.sha256, record);
    return { key, id };
  }

  async list(): Promise<ApiKeyRecord[]> {
    await this.flushUses();
    return this.#admin.listApiKeys();
  }

  /** Keys in use that end soon, and those that ended lately, the next one first. Times are epoch milliseconds. */
  ending(): { name: string; endsAt: number }[] {
    const now = this.#clock.now();
    return [...this.#byHash.values()]
      .filter(({ revokedAt }) => revokedAt === null)
      .map(({ name, expiresAt }) => ({ name, endsAt: expiresAt ?? Number.POSITIVE_INFINITY }))
      .filter(({ endsAt }) => endsAt - now < keySoonMs && now - endsAt < keySoonMs / 2)
      .sort((a, b) => a.endsAt - b.endsAt);
  }

  /** Revokes a key at once. Returns false if there is no key with that id. */
  async revoke(id: string): Promise<boolean> {
    const now = this.#clock.now();
    const known = await this.#admin.revokeApiKey(id, now);
    // Changed in place: reading all keys again could undo another change made meanwhile.
    for (const [hash, record] of this.#byHash)
      if (record.id === id) this.#byHash.set(hash, { ...record, revokedAt: record.revokedAt ?? now });
    this.#onRevoked();
    return known;
  }

  /** Stores when keys were last used. */
  async flushUses(): Promise<void> {
    if (this.#used.size === 0) return;
    const uses = [...this.#used];
    await this.#admin.touchApiKeys(uses.map(([id, use]) => ({ id, ...use })));
    // A key that was used again meanwhile is written the next time.
    for (const [id, use] of uses) if (this.#used.get(id) === use) this.#used.delete(id);
  }
}
