/**
 * Adds refused API keys to the audit log: revoked keys that are still in use, keys without the scope, guesses. Anybody can send
 * a thousand a second, so each kind is added at intervals, with its count since the last entry.
 */
import type { ApiKeyRecord, KeyRefusal } from "../../core/api-key.ts";
import type { Clock } from "../../core/ports.ts";
import { minuteMs } from "../../core/time.ts";
import type { AuditLog } from "./audit-log.ts";

const quietMs = 10 * minuteMs;
/** The most kinds remembered, which limits the entries of ten minutes. */
const mostKinds = 200;

interface Kind {
  notedAt: number;
  since: number;
}

export class RefusedKeys {
  readonly #audit: AuditLog;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  refused(record: ApiKeyRecord | null, reason: KeyRefusal, address: string): void {
    const now = this.#clock.now();
    const name = JSON.stringify([record?.id ?? null, reason, address]);
    const kind = this.#kinds.get(name);
    if (kind !== undefined && Math.abs(now - kind.notedAt) < quietMs) {
      kind.since++;
      return;
    }
    if (kind === undefined && this.#kinds.size >= mostKinds) {
      for (const [other, { notedAt }] of this.#kinds) if (Math.abs(now - notedAt) >= quietMs) this.#kinds.delete(other);
      if (this.#kinds.size >= mostKinds) return;
    }
    this.#kinds.set(name, { notedAt: now, since: 0 });
    const who = record === null ? "?" : `key ${record.name}`;
    const detail = kind === undefined || kind.since === 0 ? { reason } : { reason, before: kind.since };
    // The answer does not wait for it, and a full disk must not change the answer.
    void this.#audit.note({ who, address, source: "api" }, "key.refused", record?.id ?? "?", detail).catch(() => {});
  }
}
