/** What administrators do with the appliance itself. */
import type { Caller } from "../../../core/access/caller.ts";
import { EdgeError } from "../../../core/errors.ts";
import type { ReloadReport } from "../../../core/settings/reload/changes.ts";
import { type AuditAuthor, auditAuthor } from "../../access/audit-log.ts";

export interface ReloadParts {
  /** The result of the last reload that somebody asked for; null before the first. */
  last(): ReloadReport | null;
  /** Reads files and environment again and notes it in the audit log; null where nobody reads them (demo, tests). */
  reload: ((author: AuditAuthor) => Promise<ReloadReport>) | null;
}

/** Makes the support bundle and notes it in the audit log. */
export type MakeBundle = (author: AuditAuthor) => Promise<Uint8Array>;

export class SystemControl {
  readonly #reloads: ReloadParts;
  readonly #makeBundle: MakeBundle;
  /** One at a time: each tries every receiver. */
  #bundles: Promise<unknown> = Promise.resolve();

  constructor(reloads: ReloadParts, makeBundle: MakeBundle) {
    this.#reloads = reloads;
    this.#makeBundle = makeBundle;
  }

  /** A tar archive with gzip. */
  supportBundle(caller: Caller): Promise<Uint8Array> {
    const bundle = this.#bundles.then(() => this.#makeBundle(auditAuthor(caller)));
    this.#bundles = bundle.catch(() => {});
    return bundle;
  }

  lastReload(): object | null {
    const report = this.#reloads.last();
    return report === null ? null : rowOf(report);
  }

  /** @throws EdgeError cannot_reload */
  async reload(caller: Caller): Promise<object> {
    if (this.#reloads.reload === null)
      throw new EdgeError("cannot_reload", "this appliance has no settings in files and environment: it is a demo");
    return rowOf(await this.#reloads.reload(auditAuthor(caller)));
  }
}

/** The report as it is given out. */
function rowOf({ at, by, outcome, changes, refused }: ReloadReport): object {
  return { at, by, outcome, changes, refused };
}
