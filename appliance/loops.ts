/** What time moves, as one table: each loop with its rhythm, and where it knows when it is next due, that too. */
import type { FeedName } from "../core/feeds/feeds.ts";
import { hourMs, minuteMs } from "../core/time.ts";
import type { KeyRing } from "./access/key-ring.ts";
import type { SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { TicketDispatcher } from "./tickets/dispatcher.ts";
import type { DescriptorWatch } from "./upkeep/descriptor-watch.ts";
import type { Loop } from "./upkeep/scheduler.ts";
import type { StorageWatch } from "./upkeep/storage-watch.ts";
import type { Upkeep } from "./upkeep/upkeep.ts";

/** The loop whose turns show that a feed is alive. */
export const feedLoops = { alerts: "alert-feed", incidents: "incident-feed" } as const satisfies Record<
  FeedName,
  string
>;
/** Told when what the dispatcher is due for has changed (`Scheduler.dueChanged`). */
export const ticketLoop = "tickets";

interface LoopParts {
  feeds: SyslogFeeds;
  upkeep: Upkeep;
  descriptors: DescriptorWatch;
  storage: StorageWatch;
  keys: KeyRing;
  dispatcher: TicketDispatcher;
  /** Forgets what has expired of logins and pollers. */
  tickAccess(): Promise<void> | void;
  /** Opens ports that could not be opened at the start. */
  tickPorts(): void;
  /** Feeds the watchdog while the loops turn. */
  alive(): void;
}

export function createLoops(parts: LoopParts): Loop[] {
  const { feeds, upkeep, descriptors, storage, keys, dispatcher } = parts;
  return [
    { name: feedLoops.alerts, everyMs: () => feeds.pollIntervalMs("alerts"), tick: (now) => upkeep.hourly(now) },
    // New events are sent the moment they are recorded: the turn only shows that the process turns.
    { name: feedLoops.incidents, everyMs: () => feeds.pollIntervalMs("incidents"), tick: () => {} },
    { name: "heartbeat", everyMs: () => feeds.heartbeatEveryMs, tick: (now) => feeds.sendHeartbeats(now) },
    { name: "correlation", everyMs: () => minuteMs, tick: (now) => upkeep.correlation(now) },
    { name: "storage", everyMs: () => descriptors.everyMs, tick: () => descriptors.tick().then(() => storage.tick()) },
    {
      name: "retention",
      everyMs: () => hourMs,
      tick: (now) => (storage.clockTrusted ? upkeep.retention(now) : undefined),
    },
    { name: "key-usage", everyMs: () => minuteMs, tick: () => keys.flushUses() },
    {
      name: ticketLoop,
      everyMs: () => minuteMs,
      nextDueAt: (now) => dispatcher.nextDueAt(now),
      tick: (now) => dispatcher.tick(now),
    },
    { name: "access", everyMs: () => 10_000, tick: () => parts.tickAccess() },
    { name: "health-port", everyMs: () => 10_000, tick: () => parts.tickPorts() },
    { name: "alive", everyMs: () => 10_000, tick: () => parts.alive() },
  ];
}
