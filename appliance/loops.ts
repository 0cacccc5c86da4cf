/** The table of loops: everything that time moves, and how often. */
import { minuteMs } from "../core/time.ts";
import type { KeyRing } from "./access/key-ring.ts";
import { feedLoops } from "./feed-states.ts";
import type { SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { TicketDispatcher } from "./tickets/dispatcher.ts";
import type { DescriptorWatch } from "./upkeep/descriptor-watch.ts";
import type { Loop } from "./upkeep/scheduler.ts";
import type { StorageWatch } from "./upkeep/storage-watch.ts";
import type { createUpkeep } from "./upkeep/upkeep.ts";

interface LoopParts {
  feeds: SyslogFeeds;
  upkeep: ReturnType<typeof createUpkeep>;
  descriptors: DescriptorWatch;
  storage: StorageWatch;
  keys: KeyRing;
  dispatcher: TicketDispatcher;
  /** Logins that have run out, positions of pollers. */
  access: { tick(): Promise<void> };
  /** What listens again when its port could not be had. */
  listeners(): readonly { tick(): unknown }[];
  /** Tells the watchdog. */
  alive(): void;
}

export function createLoops(parts: LoopParts): Loop[] {
  const { feeds, upkeep, descriptors, storage, keys, dispatcher, access, listeners, alive } = parts;
  return [
    { name: feedLoops.alerts, everyMs: () => feeds.pollIntervalMs("alerts"), tick: (now) => upkeep.hourly(now) },
    // New events are sent the moment they are recorded: the turn only shows that the process turns.
    { name: feedLoops.incidents, everyMs: () => feeds.pollIntervalMs("incidents"), tick: () => {} },
    { name: "heartbeat", everyMs: () => feeds.heartbeatEveryMs, tick: (now) => feeds.sendHeartbeats(now) },
    { name: "correlation", everyMs: () => minuteMs, tick: (now) => upkeep.correlation(now) },
    {
      name: "storage",
      everyMs: () => descriptors.everyMs,
      tick: () => descriptors.tick().then(() => storage.tick()),
    },
    {
      name: "retention",
      everyMs: () => 60 * minuteMs,
      tick: (now) => (storage.clockTrusted ? upkeep.retention(now) : undefined),
    },
    { name: "key-usage", everyMs: () => minuteMs, tick: () => keys.flushUses() },
    {
      name: "tickets",
      // A clock that has jumped is noticed by then.
      everyMs: () => 10_000,
      nextDueAt: (now) => dispatcher.nextDueAt(now),
      isIdle: () => dispatcher.isIdle(),
      tick: (now) => dispatcher.tick(now),
    },
    { name: "access", everyMs: () => 10_000, tick: () => access.tick() },
    {
      name: "health-port",
      everyMs: () => 10_000,
      tick: () => listeners().forEach((listener) => void listener.tick()),
    },
    { name: "alive", everyMs: () => 10_000, tick: () => alive() },
  ];
}
