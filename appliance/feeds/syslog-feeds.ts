/** Both syslog feeds together. */
import { EdgeError } from "../../core/errors.ts";
import { type FeedName, feedNames, readerName } from "../../core/feeds/feeds.ts";
import type { Place } from "../../core/feeds/replay.ts";
import type { FeedSettings, Settings } from "../../core/settings.ts";
import type { DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import type { HeartbeatStatus } from "./heartbeat.ts";
import { type FeedTools, SyslogFeed } from "./syslog-feed.ts";

export class SyslogFeeds {
  readonly #feeds: Readonly<Record<FeedName, SyslogFeed>>;

  constructor(settings: Settings, tools: FeedTools) {
    this.#feeds = {
      alerts: new SyslogFeed("alerts", settings.alertFeed, tools),
      incidents: new SyslogFeed("incidents", settings.incidentFeed, tools),
    };
  }

  /** Starts, replaces and stops destinations so that they match the settings. */
  async apply(settings: Settings): Promise<void> {
    for (const name of feedNames) await this.#feeds[name].apply(feedSettings(settings, name));
  }

  pollIntervalMs(feed: FeedName): number {
    return this.#feeds[feed].pollIntervalMs;
  }

  /** How often to look whether a heartbeat is due. */
  get heartbeatEveryMs(): number {
    return Math.min(...feedNames.map((name) => this.#feeds[name].heartbeatEveryMs));
  }

  /** Sends STATUS messages stamped `now` (epoch ms) to every destination that is due. */
  sendHeartbeats(now: number): void {
    for (const name of feedNames) this.#feeds[name].sendHeartbeats(now);
  }

  /** @throws EdgeError destination_unknown, heartbeat_waits */
  sendHeartbeat(feed: FeedName, name: string, now: number): void {
    this.#feeds[feed].sendHeartbeat(name, now);
  }

  heartbeats(): HeartbeatStatus[] {
    return feedNames.flatMap((feed) => this.#feeds[feed].heartbeats());
  }

  statusOf(feed: FeedName): DestinationStatus[] {
    return this.#feeds[feed].status();
  }

  status(): (DestinationStatus & { feed: FeedName })[] {
    return feedNames.flatMap((feed) => this.statusOf(feed).map((status) => ({ ...status, feed })));
  }

  /** Recounts waiting events after retention has removed some. */
  async recount(): Promise<void> {
    for (const name of feedNames) await this.#feeds[name].recount();
  }

  /** Names of the configured destinations, by feed. */
  names(): Record<FeedName, string[]> {
    return { alerts: this.#feeds.alerts.names(), incidents: this.#feeds.incidents.names() };
  }

  /** Sets the position of a destination; does nothing if the destination has just been removed. */
  move(feed: FeedName, name: string, place: Place): Promise<void> {
    return this.#feeds[feed].move(name, place);
  }

  /** Sends queued messages until `deadlineMs` (monotonic), then stops. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(feedNames.map((name) => this.#feeds[name].stop(deadlineMs)));
  }
}

export function feedSettings({ alertFeed, incidentFeed }: Settings, feed: FeedName): FeedSettings {
  return feed === "alerts" ? alertFeed : incidentFeed;
}

/** Names of the configured destinations, by feed. */
export function destinationNames(settings: Settings): Record<FeedName, string[]> {
  const names = (feed: FeedName) => feedSettings(settings, feed).destinations.map(({ name }) => name);
  return { alerts: names("alerts"), incidents: names("incidents") };
}

/**
 * The feed and name for `siem`, `alerts/siem` or `incidents/siem`. `known`: names by feed; `what` describes them in errors.
 * @throws EdgeError destination_unknown; destination_ambiguous if both feeds have that name
 */
export function findDestination(
  asked: string,
  known: Readonly<Record<FeedName, readonly string[]>>,
  what = "is configured",
): { feed: FeedName; name: string } {
  const all = (Object.keys(known) as FeedName[]).flatMap((feed) => known[feed].map((name) => ({ feed, name })));
  const found = all.filter(({ feed, name }) => asked === name || asked === readerName(feed, name));
  const [only, other] = found;
  const quoted = JSON.stringify(asked.slice(0, 64));
  if (only === undefined) {
    const names =
      all.length === 0 ? `none ${what}` : `${what.replace(/^is /, "")}: ${all.map(({ name }) => name).join(", ")}`;
    throw new EdgeError("destination_unknown", `no destination ${quoted}; ${names}`);
  }
  if (other !== undefined) {
    const forms = found.map(({ feed, name }) => readerName(feed, name)).join(" or ");
    throw new EdgeError("destination_ambiguous", `both feeds have a destination ${quoted}: say ${forms}`);
  }
  return only;
}
