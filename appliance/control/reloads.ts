/** Reloads settings while the appliance runs. An invalid one keeps its last valid value; one that needs a restart is reported. */
import { messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import {
  type RefusedSetting,
  type ReloadReport,
  type SettingChange,
  settingChanges,
  withStartOnly,
} from "../../core/settings/reload/changes.ts";
import { keepLastGood } from "../../core/settings/reload/last-good.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { SavedSettings } from "../../core/settings/sources.ts";
import { toIso } from "../../core/time.ts";
import type { AuditAuthor, AuditLog } from "../access/audit-log.ts";
import { noteProblems } from "../config/notices.ts";
import type { Log } from "../runtime/log.ts";

/** What was done with settings. */
export interface Applied {
  /** What could not be, for people. */
  problems: string[];
  /** Changes outside the settings, such as another certificate in the same files. */
  changes: SettingChange[];
}

interface ReloadParts {
  /** Settings from files and environment at the start. */
  given: ResolvedSettings;
  /** The settings the appliance started with, including saved ones. */
  inForce: ResolvedSettings;
  /** What is saved at present. */
  saved(): Promise<SavedSettings>;
  /** Applies settings. The signal ends its waiting. */
  apply(next: ResolvedSettings, stopping: AbortSignal): Promise<Applied>;
  onEnd(result: "taken" | "refused" | "failed"): void;
  /** The number of destinations, for the log. */
  destinations(): number;
  audit(): Pick<AuditLog, "note">;
  clock: Clock;
  stopping: AbortSignal;
  faults: Faults;
  log: Log;
}

/** Entries of the audit log name so many changes and refusals; the log has all. */
const mostInAudit = 50;

export class Reloads {
  readonly #parts: ReloadParts;
  #given: ResolvedSettings;
  #inForce: ResolvedSettings;
  #last: Promise<void> = Promise.resolve();
  #lastReport: ReloadReport | null = null;

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#given = parts.given;
    this.#inForce = parts.inForce;
  }

  get inForce(): ResolvedSettings {
    return this.#inForce;
  }

  /** The result of the last reload that somebody asked for since the start; null before the first. */
  get lastReport(): ReloadReport | null {
    return this.#lastReport;
  }

  /** Applies saved settings together with the files as last read. Whoever saved them has noted it. */
  async again(): Promise<void> {
    await this.#inTurn(() => this.#reload(this.#given));
  }

  /** Applies what files and environment hold now, for `author`, and notes in the audit log what came of it. */
  reload(resolved: ResolvedSettings, author: AuditAuthor): Promise<ReloadReport> {
    return this.#inTurn(async () => {
      const found = await this.#reload(resolved);
      const report = { at: toIso(this.#parts.clock.now()), by: author.who, ...found };
      this.#lastReport = report;
      await this.#note(author, report);
      return report;
    });
  }

  /** Resolves when the present reload has ended, successfully or not. */
  ended(): Promise<void> {
    return this.#last;
  }

  /** Reloads run one after the other: two at once could start the same destination twice. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const reload = this.#last.then(work);
    this.#last = reload.then(
      () => {},
      () => this.#parts.onEnd("failed"),
    );
    return reload;
  }

  async #reload(resolved: ResolvedSettings): Promise<Omit<ReloadReport, "at" | "by">> {
    const { apply, saved, onEnd, destinations, stopping, faults, log } = this.#parts;
    stopping.throwIfAborted();
    const before = this.#inForce;
    this.#given = resolved;
    const next = keepLastGood(before, resolved.withSaved(await saved()));
    noteProblems(next, faults, log);
    const changes = settingChanges(before, next);
    this.#inForce = { ...next, settings: withStartOnly(next.settings, before.settings) };
    const applied = await apply(this.#inForce, stopping);
    changes.push(...applied.changes);
    for (const { setting, from, to, restart } of changes) {
      const what = { setting, from, to };
      if (restart === null) log.info("setting changed", what);
      else log.warn("a new value needs a restart", { ...what, because: restart });
    }
    const refused: RefusedSetting[] = [
      ...next.problems.map((problem) => ({
        place: problem.source,
        key: problem.key,
        accepted: problem.accepted,
        message: formatProblem(problem),
      })),
      ...applied.problems.map((message) => ({ place: "certificate", key: "", accepted: null, message })),
    ];
    const outcome = refused.length === 0 ? "taken" : "refused";
    log.info("settings read again", {
      outcome,
      destinations: destinations(),
      changes: changes.length,
      problems: refused.length,
    });
    onEnd(outcome);
    return { outcome, changes, refused, problems: refused.map(({ message }) => message) };
  }

  async #note(author: AuditAuthor, { outcome, changes, refused }: ReloadReport): Promise<void> {
    // As `settings.save` has them.
    const shown = changes.slice(0, mostInAudit);
    const waits = changes.filter(({ restart }) => restart !== null).map(({ setting }) => setting);
    const detail = {
      outcome,
      changes: shown.map(({ setting, from, to }) => ({ name: setting, old: from, new: to })),
      refused: refused.slice(0, mostInAudit).map(({ message }) => message),
      ...(waits.length > 0 ? { after_restart: waits.slice(0, mostInAudit) } : {}),
      ...(changes.length > mostInAudit ? { more_changes: changes.length - mostInAudit } : {}),
    };
    // A full disk must not hide what came of it: the log has it.
    await this.#parts
      .audit()
      .note(author, "settings.reload", "settings", detail)
      .catch((error: unknown) => this.#parts.log.error("an audit entry is not kept", { error: messageOf(error) }));
  }
}
