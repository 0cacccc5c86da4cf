/** What the log and health say about a configuration: its problems, and what a reload cannot take over. */
import { messageOf } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import { formatProblem } from "../../core/settings/problem.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Settings } from "../../core/settings.ts";
import type { Log } from "../runtime/log.ts";

/** Logs every problem and warning; the fault `configuration` names the first problem while there is one. */
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

/** Takes a renewed certificate; the one in use stays where the new one is no use. Returns what is wrong with it, for people. */
export async function renewCertificate(
  api: { renew(files: Settings): Promise<boolean> },
  settings: Settings,
  { faults, log }: { faults: Faults; log: Log },
): Promise<string[]> {
  try {
    if (await api.renew(settings)) log.info("certificate renewed");
    faults.clear("certificate");
    return [];
  } catch (error) {
    const problem = `${messageOf(error)}; the certificate in use stays`;
    faults.set("certificate", problem);
    return [problem];
  }
}

/** Settings that are read only at the start. */
const startOnly = ["dataDir", "listen", "alertHealth", "incidentHealth", "logLevel", "logFormat"] as const;

/** Names of the settings whose new values hold only after a restart. */
export function needRestart(old: Settings, next: Settings): string[] {
  return startOnly.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(next[name]));
}
