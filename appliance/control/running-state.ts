/** State that only a running appliance has, for `doctor`. */
import type { Faults } from "../../core/faults.ts";
import type { SyslogFeeds } from "../feeds/syslog-feeds.ts";
import { version } from "../runtime/version.ts";
import type { Scheduler } from "../upkeep/scheduler.ts";
import type { RunningState } from "./operations.ts";

export function runningState(
  { scheduler, feeds, faults }: { scheduler: Scheduler; feeds: SyslogFeeds; faults: Faults },
  uptimeMs: number,
  status: string,
): RunningState {
  return {
    pid: process.pid,
    version,
    uptimeSeconds: Math.floor(uptimeMs / 1000),
    status,
    loops: scheduler.status(),
    destinations: feeds.status().map(({ feed, name, connected, queued, lastError }) => ({
      feed,
      name,
      connected,
      queued,
      lastError,
    })),
    faults: faults.list().map(({ name, message }) => ({ name, message })),
  };
}
