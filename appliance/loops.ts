/** The table of loops: everything that time moves, and how often. */
import { minuteMs } from "../core/time.ts";
import type { Store } from "../store/open-store.ts";
import type { KeyRing } from "./access/key-ring.ts";
import { feedLoops } from "./feed-states.ts";
import type { SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { TicketDispatcher } from "./tickets/dispatcher.ts";
import type { DescriptorWatch } from "./upkeep/descriptor-watch.ts";
import type { Loop, Scheduler } from "./upkeep/scheduler.ts";
import type { StorageWatch } from "./upkeep/storage-watch.ts";
import type { createUpkeep } from "./upkeep/upkeep.ts";

/** Told when what the dispatcher is due for has changed (`Scheduler.dueChanged`). */
const ticketLoop = "tickets";

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
  /** Milliseconds between two turns, at least, of the loops that only watch. */
  watchEveryMs: number;
}

export function createLoops(parts: LoopParts): Loop[] {
  const { feeds, upkeep, descriptors, storage, keys, dispatcher, access, listeners, alive } = parts;
  const watching = (everyMs: number) => Math.max(everyMs, parts.watchEveryMs);
  return [
    { name: feedLoops.alerts, everyMs: () => feeds.pollIntervalMs("alerts"), tick: (now) => upkeep.hourly(now) },
    // New events are sent the moment they are recorded: the turn only shows that the process turns.
    { name: feedLoops.incidents, everyMs: () => feeds.pollIntervalMs("incidents"), tick: () => {} },
    // Health of the incident feed tells what stands still on its way to ticket systems.
    { name: "stuck-deliveries", everyMs: () => watching(5_000), tick: () => dispatcher.stuck.tick() },
    { name: "heartbeat", everyMs: () => feeds.heartbeatEveryMs, tick: (now) => feeds.sendHeartbeats(now) },
    { name: "correlation", everyMs: () => minuteMs, tick: (now) => upkeep.correlation(now) },
    {
      name: "storage",
      everyMs: () => watching(descriptors.everyMs),
      tick: () => descriptors.tick().then(() => storage.tick()),
    },
    {
      name: "retention",
      everyMs: () => 60 * minuteMs,
      tick: (now) => (storage.clockTrusted ? upkeep.retention(now) : undefined),
    },
    { name: "key-usage", everyMs: () => minuteMs, tick: () => keys.flushUses() },
    {
      name: ticketLoop,
      everyMs: () => minuteMs,
      nextDueAt: (now) => dispatcher.nextDueAt(now),
      tick: (now) => dispatcher.tick(now),
    },
    { name: "access", everyMs: () => watching(10_000), tick: () => access.tick() },
    {
      name: "health-port",
      everyMs: () => watching(10_000),
      tick: () => listeners().forEach((listener) => void listener.tick()),
    },
    { name: "alive", everyMs: () => watching(10_000), tick: () => alive() },
  ];
}

/** What a dispatcher is due for decides how long its loop waits. */
export function followDueTimes(dispatcher: TicketDispatcher, scheduler: Scheduler): void {
  dispatcher.onDueChanged(() => scheduler.dueChanged(ticketLoop));
}

/** What is under way at the moment, in a word each; empty: nothing happens before time passes or somebody asks for something. */
export function whatIsBusy(scheduler: Scheduler, store: Store, dispatcher: TicketDispatcher): string[] {
  const idle = { loops: scheduler.isIdle, database: store.isIdle, tickets: dispatcher.isIdle() };
  return Object.entries(idle).flatMap(([name, isIdle]) => (isIdle ? [] : [name]));
}
