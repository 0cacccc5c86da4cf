/** Adds to the audit log who has asked for what their role, or the scopes of their key, do not reach. */
import type { Caller } from "../../core/access/caller.ts";
import type { Clock } from "../../core/ports.ts";
import { type AuditLog, auditAuthor } from "./audit-log.ts";
import { RepeatedRefusals } from "./repeated-refusals.ts";

export class RefusedAccess {
  readonly #audit: AuditLog;
  readonly #refusals: RepeatedRefusals;

  constructor(audit: AuditLog, clock: Clock) {
    this.#audit = audit;
    this.#refusals = new RepeatedRefusals(clock);
  }

  /** `route`: method and address as the program has it, such as `PATCH /api/incidents/:id`. */
  refused(caller: Caller, route: string): void {
    const told = this.#refusals.next([caller.kind, caller.id, route, caller.address]);
    if (told === null) return;
    const detail = told.before === 0 ? {} : { before: told.before };
    void this.#audit.note(auditAuthor(caller), "access.refused", route, detail).catch(() => {});
  }
}
