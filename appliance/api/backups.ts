/** Backups on behalf of an administrator. */
import { rmSync, statSync } from "node:fs";
import type { Caller } from "../../core/access/caller.ts";
import { isoOrNull, toIso } from "../../core/time.ts";
import { type AuditLog, auditAuthor } from "../access/audit-log.ts";
import type { Backups } from "../backups/backups.ts";

type Json = Record<string, unknown>;

export class BackupAdministration {
  readonly #backups: Backups;
  readonly #audit: AuditLog;

  constructor(backups: Backups, audit: AuditLog) {
    this.#backups = backups;
    this.#audit = audit;
  }

  status(): Json {
    const { folder, schedule, keep, last, nextAt, failure, progress, kept } = this.#backups.status();
    return {
      ...{ folder, schedule, keep },
      next_at: isoOrNull(nextAt),
      last: last === null ? null : { ...last, at: toIso(last.at) },
      failure: failure === null ? null : { ...failure, at: toIso(failure.at) },
      running: progress,
      backups: kept.map(({ at, ...one }) => ({ ...one, at: toIso(at) })),
    };
  }

  /** A failure is told by the status, by health and by the log. @throws EdgeError backup_running */
  async begin(caller: Caller): Promise<void> {
    const making = this.#backups.begin();
    making.catch(() => {});
    await this.#audit.note(auditAuthor(caller), "backup.create", "backup");
  }

  /** @throws EdgeError unknown_backup */
  async file(caller: Caller, name: string): Promise<{ path: string; name: string }> {
    const path = this.#backups.pathOf(name);
    const bytes = statSync(path).size;
    await this.#audit.note(auditAuthor(caller), "backup.download", name, { bytes });
    return { path, name };
  }

  /** @throws EdgeError unknown_backup */
  async remove(caller: Caller, name: string): Promise<void> {
    rmSync(this.#backups.pathOf(name), { force: true });
    await this.#audit.note(auditAuthor(caller), "backup.delete", name);
  }
}
