/** The state of the feeds for the health ports, from before the database is open until the loops have stopped. */
import { type ClusterStatus, clusterWords } from "../core/cluster.ts";
import type { Faults } from "../core/faults.ts";
import { type FeedName, feedNames } from "../core/feeds/feeds.ts";
import { type FeedState, feedHealth, feedStatus, type StuckTickets, summaryOf } from "../core/feeds/health.ts";
import type { Clock } from "../core/ports.ts";
import type { Settings } from "../core/settings.ts";
import { feedSettings, type SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { LoopStatus } from "./upkeep/scheduler.ts";

/** The loop that shows that a feed is alive. */
export const feedLoops = { alerts: "alert-feed", incidents: "incident-feed" } as const satisfies Record<
  FeedName,
  string
>;

interface StateParts {
  clock: Clock;
  faults: Faults;
  /** Milliseconds since the start. */
  uptimeMs(): number;
  settings(): Settings;
  /** Null: this appliance is alone. */
  cluster(): ClusterStatus | null;
}

export class FeedStates {
  readonly #parts: StateParts;
  #running: { feeds: SyslogFeeds; loops: { status(): LoopStatus[] }; tickets: { counts: StuckTickets } } | null = null;

  constructor(parts: StateParts) {
    this.#parts = parts;
  }

  /** From now on the state is that of the feeds and their loops; before, it is `starting`. */
  running(feeds: SyslogFeeds, loops: { status(): LoopStatus[] }, tickets: { counts: StuckTickets }): void {
    this.#running = { feeds, loops, tickets };
  }

  health(feed: FeedName): ReturnType<typeof feedHealth> {
    return feedHealth(feed, this.#of(feed));
  }

  /** A named fault is no reason for a restart; a loop that no longer runs is. */
  allRun(): boolean {
    return feedNames.every((name) => feedStatus(this.#of(name)) !== "stopped");
  }

  /** One line for systemd. */
  summary(): string {
    const summary = summaryOf(
      this.#running?.feeds.status() ?? [],
      this.#running?.tickets.counts ?? { parked: 0, dead: 0 },
    );
    const cluster = this.#parts.cluster();
    return cluster === null ? summary : `${summary}; ${clusterWords(cluster)}`;
  }

  #of(feed: FeedName): FeedState {
    const { clock, faults, uptimeMs, settings, cluster } = this.#parts;
    const status = this.#running?.loops.status().find(({ name }) => name === feedLoops[feed]);
    const alive = status?.aliveMonotonic ?? null;
    return {
      uptimeMs: uptimeMs(),
      sinceLastPollMs: alive === null ? null : clock.monotonic() - alive,
      pollIntervalMs:
        this.#running?.feeds.pollIntervalMs(feed) ?? feedSettings(settings(), feed).pollIntervalSeconds * 1000,
      lastPoll: status?.lastRun ?? null,
      destinations: this.#running?.feeds.statusOf(feed) ?? [],
      faults: faults.list(),
      cluster: cluster(),
      // Tickets belong to incidents, so the incident feed's port reports them.
      ...(feed === "incidents" ? { tickets: this.#running?.tickets.counts ?? { parked: 0, dead: 0 } } : {}),
    };
  }
}
