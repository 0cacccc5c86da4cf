/** What a feed's health port answers (seed 003 "Health Checks"; CONTRACT 3). */
import { type ClusterStatus, clusterJson } from "../cluster.ts";
import type { EventKind } from "../event.ts";
import type { Fault } from "../faults.ts";
import type { FeedName } from "./feeds.ts";

/** One destination of a feed as health shows it. */
export interface DestinationHealth {
  name: string;
  connected: boolean;
  /** Messages waiting. */
  queued: number;
  lastError: string | null;
  /** Epoch milliseconds. */
  lastSent: number | null;
  sent: number;
  sentByKind: Readonly<Partial<Record<EventKind, number>>>;
  errors: number;
}

export interface FeedState {
  uptimeMs: number;
  /** Milliseconds since the feed's loop last ran, null before its first turn; and how often it should. */
  sinceLastPollMs: number | null;
  pollIntervalMs: number;
  /** Epoch milliseconds of the last turn. */
  lastPoll: number | null;
  destinations: readonly DestinationHealth[];
  faults: readonly Fault[];
  /** Of a node of a cluster. */
  cluster?: ClusterStatus | null;
  /** To ticket systems; for the incident feed. */
  tickets?: StuckTickets;
}

/** Deliveries that a person has to mend or discard, by state. */
export interface StuckTickets {
  parked: number;
  dead: number;
}

export type FeedStatus = "running" | "degraded" | "starting" | "stopped";

/** Missed intervals after which a loop counts as dead. */
const intervalsMissed = 3;
/** So that the line stays one. */
const namedInSummary = 3;

/** `stopped` = the loop has not run for three intervals (503); `degraded` = something named in the answer is wrong. */
export function feedStatus(state: FeedState): FeedStatus {
  if (state.sinceLastPollMs === null) {
    // A start that waits for a lock or the disk reports that and is not dead: a restart would not help.
    const late = state.faults.length === 0 && state.uptimeMs > intervalsMissed * state.pollIntervalMs;
    return late ? "stopped" : "starting";
  }
  if (state.sinceLastPollMs > intervalsMissed * state.pollIntervalMs) return "stopped";
  if (state.faults.length > 0) return "degraded";
  if (state.tickets !== undefined && state.tickets.parked + state.tickets.dead > 0) return "degraded";
  return state.destinations.some(({ lastError }) => lastError !== null) ? "degraded" : "running";
}

/** The state in one short line, for `systemctl status`: `running: 3 destinations, 1 failing (alerts/siem)`. */
export function summaryOf(
  destinations: readonly { feed: FeedName; name: string; lastError: string | null }[],
  { parked, dead }: StuckTickets,
): string {
  const failing = destinations.filter(({ lastError }) => lastError !== null).map(({ feed, name }) => `${feed}/${name}`);
  const more = failing.length > namedInSummary ? ` and ${failing.length - namedInSummary} more` : "";
  const named = `${failing.slice(0, namedInSummary).join(", ")}${more}`;
  return [
    `running: ${numbered(destinations.length, "destination", "destinations")}`,
    ...(failing.length === 0 ? [] : [`${failing.length} failing (${named})`]),
    ...(parked + dead === 0 ? [] : [`${numbered(parked + dead, "ticket delivery", "ticket deliveries")} stuck`]),
  ].join(", ");
}

function numbered(count: number, one: string, many: string): string {
  return `${count === 0 ? "no" : count} ${count === 1 ? one : many}`;
}

/** What the counters of sent messages are called on each feed's port, and which kinds they count. */
const counters: Readonly<Record<FeedName, Readonly<Record<string, readonly EventKind[]>>>> = {
  alerts: { alerts_sent: ["alert_first", "alert_hourly"] },
  incidents: {
    incidents_sent: ["incident_created", "incident_updated"],
    cases_sent: ["case_created", "case_updated"],
  },
};

/** Body of `GET /health` on a feed's port. */
export function feedHealth(feed: FeedName, state: FeedState): { status: FeedStatus; body: Record<string, unknown> } {
  const status = feedStatus(state);
  const sum = (value: (destination: DestinationHealth) => number) =>
    state.destinations.reduce((total, destination) => total + value(destination), 0);
  const sent = Object.entries(counters[feed]).map(([name, kinds]) => [
    name,
    sum(({ sentByKind }) => kinds.reduce((total, kind) => total + (sentByKind[kind] ?? 0), 0)),
  ]);
  return {
    status,
    body: {
      status,
      uptime_seconds: Math.floor(state.uptimeMs / 1000),
      ...Object.fromEntries(sent),
      errors: sum(({ errors }) => errors),
      last_poll: seconds(state.lastPoll),
      queued: sum(({ queued }) => queued),
      destinations: state.destinations.map(({ name, connected, queued, lastError, lastSent }) => ({
        name,
        connected,
        queued,
        last_error: lastError,
        last_sent: seconds(lastSent),
      })),
      faults: state.faults.map(({ name, message, since }) => ({ name, message, since: seconds(since) })),
      ...(state.cluster == null ? {} : { cluster: clusterJson(state.cluster) }),
      ...(state.tickets === undefined ? {} : { tickets: { parked: state.tickets.parked, dead: state.tickets.dead } }),
    },
  };
}

/** Whole seconds with Z, as everywhere in the feeds. */
function seconds(epochMs: number | null): string | null {
  return epochMs === null ? null : `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
