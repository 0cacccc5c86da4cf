/** Settings read again while the appliance runs: what is wrong keeps its last good value, what needs a restart is said. */
import type { Faults } from "../../core/faults.ts";
import { keepLastGood } from "../../core/settings/last-good.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { SavedFeeds } from "../../core/settings/sources.ts";
import { needRestart, noteProblems } from "../config/notices.ts";
import type { Log } from "../runtime/log.ts";
import type { ReloadReport } from "./operations.ts";

interface ReloadParts {
  /** What files and environment said at the start. */
  given: ResolvedSettings;
  /** What the appliance started with: the same with what was saved. */
  inForce: ResolvedSettings;
  /** What is saved of the feeds now. */
  saved(): Promise<SavedFeeds>;
  /** Takes settings over; resolves with what was wrong. The signal ends its waiting. */
  apply(next: ResolvedSettings, stopping: AbortSignal): Promise<string[]>;
  onEnd(result: "taken" | "refused" | "failed"): void;
  /** How many run, for the log. */
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

  /** Puts in force what was saved, with the files as they were last read. */
  again(): Promise<ReloadReport> {
    return this.reload(this.#given);
  }

  /** One after the other: two at the same time would start the same destination twice. */
  reload(resolved: ResolvedSettings): Promise<ReloadReport> {
    const reload = this.#last.then(() => this.#reload(resolved));
    this.#last = reload.then(
      () => {},
      () => this.#parts.onEnd("failed"),
    );
    return reload;
  }

  /** Resolves when the reload under way has ended, well or not. */
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
