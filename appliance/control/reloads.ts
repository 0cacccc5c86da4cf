/** Reloads settings while the appliance runs. An invalid one keeps its last valid value; one that needs a restart is reported. */
import type { Faults } from "../../core/faults.ts";
import { keepLastGood } from "../../core/settings/last-good.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { SavedFeeds } from "../../core/settings/sources.ts";
import { needRestart, noteProblems } from "../config/notices.ts";
import type { Log } from "../runtime/log.ts";
import type { ReloadReport } from "./operations.ts";

interface ReloadParts {
  /** Settings from files and environment at the start. */
  given: ResolvedSettings;
  /** The settings the appliance started with, including saved ones. */
  inForce: ResolvedSettings;
  /** The saved settings of the feeds at present. */
  saved(): Promise<SavedFeeds>;
  /** Applies settings; resolves with the problems. The signal ends its waiting. */
  apply(next: ResolvedSettings, stopping: AbortSignal): Promise<string[]>;
  onEnd(result: "taken" | "refused" | "failed"): void;
  /** The number of destinations, for the log. */
  destinations(): number;
  stopping: AbortSignal;
  faults: Faults;
  log: Log;
}

export class Reloads {
  readonly #parts: ReloadParts;
  #given: ResolvedSettings;
  #inForce: ResolvedSettings;
  #last: Promise<void> = Promise.resolve();

  constructor(parts: ReloadParts) {
    this.#parts = parts;
    this.#given = parts.given;
    this.#inForce = parts.inForce;
  }

  get inForce(): ResolvedSettings {
    return this.#inForce;
  }

  /** Applies saved settings together with the files as last read. */
  again(): Promise<ReloadReport> {
    return this.reload(this.#given);
  }

  /** Reloads run one after the other: two at once could start the same destination twice. */
  reload(resolved: ResolvedSettings): Promise<ReloadReport> {
    const reload = this.#last.then(() => this.#reload(resolved));
    this.#last = reload.then(
      () => {},
      () => this.#parts.onEnd("failed"),
    );
    return reload;
  }

  /** Resolves when the present reload has ended, successfully or not. */
  ended(): Promise<void> {
    return this.#last;
  }

  async #reload(resolved: ResolvedSettings): Promise<ReloadReport> {
    const { apply, saved, onEnd, destinations, stopping, faults, log } = this.#parts;
    stopping.throwIfAborted();
    const before = this.#inForce.settings;
    this.#given = resolved;
    const next = keepLastGood(this.#inForce, resolved.withSaved(await saved()));
    noteProblems(next, faults, log);
    const restart = needRestart(before, next.settings);
    for (const name of restart) log.warn("a new value needs a restart", { setting: name });
    const { dataDir, listen, alertHealth, incidentHealth } = before;
    this.#inForce = { ...next, settings: { ...next.settings, dataDir, listen, alertHealth, incidentHealth } };
    const problems = next.problems.map(formatProblem);
    problems.push(...(await apply(this.#inForce, stopping)));
    log.info("settings read again", { destinations: destinations(), problems: problems.length });
    onEnd(problems.length === 0 ? "taken" : "refused");
    return { problems, restart };
  }
}
