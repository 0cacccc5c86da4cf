/** State that only a running appliance has, for `doctor`. */
import { type ClusterStatus, clusterJson } from "../../core/cluster.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock } from "../../core/ports.ts";
import type { SyslogFeeds } from "../feeds/syslog-feeds.ts";
import type { TlsUploads } from "../feeds/tls-uploads.ts";
import type { RecentLog } from "../runtime/recent-log.ts";
import { version } from "../runtime/version.ts";
import type { SupportParts } from "../support/bundle.ts";
import type { SettingsService } from "../tickets/settings-service.ts";
import type { Metrics } from "../upkeep/metrics/metrics.ts";
import type { Scheduler } from "../upkeep/scheduler.ts";
import type { RunningState } from "./operations.ts";
import type { Reloads } from "./reloads.ts";

export function runningState(
  {
    scheduler,
    feeds,
    faults,
    cluster,
  }: { scheduler: Scheduler; feeds: SyslogFeeds; faults: Faults; cluster(): ClusterStatus | null },
  uptimeMs: number,
  status: string,
): RunningState {
  const joined = cluster();
  return {
    cluster: joined === null ? null : clusterJson(joined),
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

/** What the support bundle takes from a running appliance. */
export function runningSupport({
  ticketSettings,
  reloads,
  metrics,
  clock,
  recentLog,
  uploads,
}: {
  ticketSettings: SettingsService;
  reloads: Reloads;
  metrics: Pick<Metrics, "text">;
  clock: Pick<Clock, "now">;
  recentLog: RecentLog | undefined;
  uploads: TlsUploads;
}): SupportParts {
  return {
    resolved: () => reloads.inForce,
    ticketSettings,
    readFile: (file) => uploads.read(file),
    running: {
      testTickets: () => ticketSettings.connections.testAll(),
      log: () => recentLog?.lines() ?? [],
      metrics: () => metrics.text("text"),
      lastReload: () => reloads.lastReport,
    },
    now: () => clock.now(),
  };
}
