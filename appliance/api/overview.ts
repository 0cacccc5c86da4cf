/** What a person wants to know first: figures, activity, and the state of the appliance itself. */
import { statfs } from "node:fs/promises";
import { type Caller, seesEntity } from "../../core/access/caller.ts";
import { type ClusterStatus, clusterJson } from "../../core/cluster.ts";
import { levels } from "../../core/detection.ts";
import type { Fault } from "../../core/faults.ts";
import type { FeedName } from "../../core/feeds/feeds.ts";
import { isOpen } from "../../core/incident.ts";
import type { Clock } from "../../core/ports.ts";
import { type RiskLevel, riskLevels } from "../../core/risk.ts";
import { dayMs, hourMs, isoOrNull, toIso } from "../../core/time.ts";
import { mostCounted } from "../../store/lists/kept/kept-data.ts";
import type { HourCount, OverviewFigures } from "../../store/lists/overview.ts";
import type { Store } from "../../store/open-store.ts";
import type { DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import type { HeartbeatStatus } from "../feeds/heartbeat.ts";
import { type VersionInfo, versionInfo } from "../runtime/version.ts";
import type { LoopStatus } from "../upkeep/scheduler.ts";
import type { SearchUpkeep } from "../upkeep/search-upkeep.ts";

type Json = Record<string, unknown>;

/** What only a running appliance knows of itself. */
export interface RunningParts {
  uptimeMs(): number;
  /** `running`, `degraded`, `starting` or `stopped`, of each feed. */
  status(feed: FeedName): string;
  destinations(): readonly (DestinationStatus & { feed: FeedName })[];
  loops(): readonly LoopStatus[];
  faults(): readonly Fault[];
  /** Null: this appliance is alone. */
  cluster(): ClusterStatus | null;
  /** `RHYTHMX_RETENTION_DAYS`. */
  retentionDays(): number;
  /** `RHYTHMX_AUDIT_RETENTION_DAYS`. */
  auditRetentionDays(): number;
  /** False: retention waits, because the clock may be wrong. */
  clockTrusted(): boolean;
  heartbeats(): readonly HeartbeatStatus[];
}

/** Its name in the table of loops. */
const retentionLoop = "retention";

interface OverviewParts {
  reading: Store["reading"];
  clock: Clock;
  running: RunningParts;
  /** `behind`: rows that it does not know yet. */
  search: Pick<SearchUpkeep, "behind">;
  dataDir: string;
}

export class Overview {
  readonly #parts: OverviewParts;
  /** Asked once: in a checkout it runs git. */
  #version: VersionInfo | null = null;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
  }

  /** Figures of the caller's entities. `since` (epoch milliseconds): what counts as new; null = the last 24 hours. */
  async overview(caller: Caller, since: number | null): Promise<Json> {
    const { reading, clock } = this.#parts;
    const now = clock.now();
    const from = since ?? now - dayMs;
    const { entities } = caller;
    const figures = await reading.readOverview({ entities, since: from, now });
    const hours = await reading.readHours({ entities, from, to: now });
    const { status, destinations, faults } = this.#state(caller);
    return {
      server_time: toIso(now),
      since: toIso(from),
      incidents: incidentsJson(figures),
      cases: { open: figures.openCases },
      detections: {
        total: hours.reduce((sum, one) => sum + one.detections, 0),
        alerts_new: hours.reduce((sum, one) => sum + one.alerts, 0),
        by_level: byLevel(hours),
      },
      deliveries: figures.deliveries,
      status,
      destinations,
      faults,
    };
  }

  /** Detections and new alerts of each of the last hours, also of those in which nothing came in. `entity`: null = all the caller's. */
  async activity(caller: Caller, { entity, hours }: { entity: string | null; hours: number }): Promise<Json> {
    const { reading, clock } = this.#parts;
    const to = Math.floor(clock.now() / hourMs) * hourMs;
    const from = to - (hours - 1) * hourMs;
    // What a caller may not see answers like what does not exist.
    const entities = entity === null ? caller.entities : seesEntity(caller, entity) ? [entity.trim()] : [];
    const counts = Map.groupBy(await reading.readHours({ entities, from, to }), ({ at }) => at);
    return {
      from: toIso(from),
      to: toIso(to + hourMs),
      hours: Array.from({ length: hours }, (_, n) => {
        const at = from + n * hourMs;
        const found = counts.get(at) ?? [];
        return {
          hour: toIso(at),
          detections: byLevel(found),
          alerts_new: found.reduce((sum, { alerts }) => sum + alerts, 0),
        };
      }),
    };
  }

  /** Versions, disk, database, loops, destinations and faults; nothing secret. */
  async system(caller: Caller): Promise<Json> {
    const { reading, clock, running, search, dataDir } = this.#parts;
    const { schema, sqlite, bytes } = await reading.fileFacts();
    const disk = await statfs(dataDir).catch(() => null);
    this.#version ??= versionInfo();
    const cluster = running.cluster();
    return {
      server_time: toIso(clock.now()),
      uptime_seconds: Math.floor(running.uptimeMs() / 1000),
      version: this.#version,
      database: { schema, sqlite, bytes },
      disk: disk === null ? null : { free_bytes: disk.bavail * disk.bsize, total_bytes: disk.blocks * disk.bsize },
      search: { behind: search.behind },
      retention_days: running.retentionDays(),
      cluster: cluster === null ? null : clusterJson(cluster),
      ...this.#state(caller),
      loops: running.loops().map(({ name, everyMs, runs, failures, lastRun, lastDurationMs, lastError, nextRun }) => ({
        name,
        every_seconds: everyMs / 1000,
        runs,
        failures,
        last_run: isoOrNull(lastRun),
        next_run: isoOrNull(nextRun),
        last_duration_ms: Math.round(lastDurationMs),
        last_error: lastError,
      })),
    };
  }

  /**
   * What is kept of each kind, and what the next pass of retention removes; `days`: as if so many days of data were kept, null = those of the
   * settings. Bytes are estimated from the newest rows. For callers who see everything.
   */
  async retention(days: number | null): Promise<Json> {
    const { reading, clock, running } = this.#parts;
    const next = running.loops().find(({ name }) => name === retentionLoop)?.nextRun ?? null;
    const auditDays = running.auditRetentionDays();
    const at = Math.max(clock.now(), next ?? 0);
    const kept = await reading.readKept({ now: at, days: days ?? running.retentionDays(), auditDays });
    return {
      days: days ?? running.retentionDays(),
      configured_days: running.retentionDays(),
      audit_days: auditDays,
      next_run: isoOrNull(next),
      waits_for_clock: !running.clockTrusted(),
      kinds: kept.map(({ kind, rows, oldest, removes, rowBytes }) => ({
        kind,
        rows,
        bytes: rows * rowBytes,
        oldest: isoOrNull(oldest),
        removes,
        removes_bytes: removes * rowBytes,
        removes_at_least: removes >= mostCounted,
      })),
    };
  }

  /** Callers who are limited to entities are not told how much waits: most of it may be of others. */
  #state(caller: Caller): { status: Json; destinations: Json[]; faults: Json[] } {
    const { running } = this.#parts;
    return {
      status: { alerts: running.status("alerts"), incidents: running.status("incidents") },
      destinations: running.destinations().map(({ feed, name, connected, queued, lastError, lastSent }) => ({
        feed,
        name,
        connected,
        queued: caller.entities === null ? queued : null,
        last_error: lastError,
        last_sent: isoOrNull(lastSent),
      })),
      faults: running.faults().map(({ name, message, since }) => ({ name, message, since: toIso(since) })),
    };
  }
}

function incidentsJson({ incidents, newIncidents, breached, atRisk }: OverviewFigures): Json {
  const open = incidents.filter(({ status }) => isOpen(status));
  const sum = (rows: OverviewFigures["incidents"]) => rows.reduce((all, { count }) => all + count, 0);
  return {
    open: sum(open),
    by_level: Object.fromEntries(
      riskLevels.map((level: RiskLevel) => [level, sum(open.filter((one) => one.level === level))]),
    ),
    in_progress: sum(open.filter(({ status }) => status === "IN_PROGRESS")),
    unassigned: sum(open.filter(({ owned }) => !owned)),
    unassigned_by_level: Object.fromEntries(
      riskLevels.map((level: RiskLevel) => [level, sum(open.filter((one) => !one.owned && one.level === level))]),
    ),
    new: newIncidents,
    sla: { breached, at_risk: atRisk, on_track: Math.max(0, sum(open) - breached - atRisk) },
  };
}

function byLevel(counts: readonly HourCount[]): Json {
  return Object.fromEntries(
    levels.map((level) => [
      level,
      counts.filter((one) => one.level === level).reduce((sum, { detections }) => sum + detections, 0),
    ]),
  );
}
