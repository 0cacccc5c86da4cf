/** Reports the problems of a configuration in log and health, and the settings that a reload cannot apply. */
import type { Faults } from "../../core/faults.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Log } from "../runtime/log.ts";

/** Logs every problem and warning, and sets the fault `configuration` to the first problem. */
export function noteProblems({ problems, warnings }: ResolvedSettings, faults: Faults, log: Log): void {
  for (const warning of warnings) log.warn("configuration", { detail: formatProblem(warning) });
  for (const problem of problems) log.error("configuration", { detail: formatProblem(problem) });
  const first = problems[0];
  if (first === undefined) {
    faults.clear("configuration");
    return;
  }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: rhythmx check)` : "";
  faults.set("configuration", `${formatProblem(first)}${more}`);
}
