/** The audit log of administrative actions: who did what to what, when and from where. */
import type { AuditEntry } from "../../core/access/audit.ts";
import { type Caller, sourceOf } from "../../core/access/caller.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";

export type AuditAuthor = Pick<AuditEntry, "who" | "address" | "source">;

export const commandLine: AuditAuthor = { who: "command line", address: "", source: "command" };

/** For a signal, such as SIGHUP, which says nothing of who has sent it. */
export const signal: AuditAuthor = { who: "signal", address: "", source: "command" };

/** The author of a change that a caller of the API or the console makes. */
export function auditAuthor(caller: Caller): AuditAuthor {
  return { who: caller.name, address: caller.address, source: sourceOf(caller) };
}

export class AuditLog {
  readonly #admin: Store["admin"];
  readonly #clock: Clock;
  readonly #onEntry: (outcome: "written" | "failed") => void;

  /** `onEntry` is told whether each entry could be written. */
  constructor(admin: Store["admin"], clock: Clock, onEntry: (outcome: "written" | "failed") => void = () => {}) {
    this.#admin = admin;
    this.#clock = clock;
    this.#onEntry = onEntry;
  }

  /** Adds an entry; `detail` must not contain a secret. */
  async note(author: AuditAuthor, action: string, target: string, detail: Record<string, unknown> = {}): Promise<void> {
    try {
      await this.#admin.addAudit([{ at: this.#clock.now(), ...author, action, target, detail }]);
      this.#onEntry("written");
    } catch (error) {
      this.#onEntry("failed");
      throw error;
    }
  }
}
