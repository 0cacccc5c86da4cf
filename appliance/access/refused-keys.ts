/** Adds refused API keys to the audit log: revoked keys that are still in use, keys without the scope, guesses. */
import type { ApiKeyRecord, KeyRefusal } from "../../core/api-key.ts";
import type { Clock } from "../../core/ports.ts";
import type { AuditLog } from "./audit-log.ts";
import { RepeatedRefusals } from "./repeated-refusals.ts";

export class RefusedKeys {
  readonly #audit: AuditLog;
  readonly #refusals: RepeatedRefusals;

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#refusals = new RepeatedRefusals(clock);
  }

  refused(record: ApiKeyRecord | null, reason: KeyRefusal, address: string): void {
    const told = this.#refusals.next([record?.id ?? null, reason, address]);
    if (told === null) return;
    const who = record === null ? "?" : `key ${record.name}`;
    const detail = told.before === 0 ? { reason } : { reason, before: told.before };
    // The answer does not wait for it, and a full disk must not change the answer.
    void this.#audit.note({ who, address, source: "api" }, "key.refused", record?.id ?? "?", detail).catch(() => {});
  }
}
