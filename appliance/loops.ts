/** The table of loops: everything that runs at times, and how often. */
import { hourMs, minuteMs } from "../core/time.ts";
import type { Store } from "../store/open-store.ts";
import type { KeyRing } from "./access/key-ring.ts";
import type { Backups } from "./backups/backups.ts";
import { feedLoops } from "./feed-states.ts";
import type { SyslogFeeds } from "./feeds/syslog-feeds.ts";
import type { TicketDispatcher } from "./tickets/dispatcher.ts";
import type { CampaignWatch } from "./upkeep/campaign-watch.ts";
import type { DescriptorWatch } from "./upkeep/descriptor-watch.ts";
import type { MemoryWatch } from "./upkeep/memory-watch.ts";
import type { OutbreakWatch } from "./upkeep/outbreak-watch.ts";
import type { Loop, Scheduler } from "./upkeep/scheduler.ts";
import type { SearchUpkeep } from "./upkeep/search-upkeep.ts";
import type { StorageWatch } from "./upkeep/storage-watch.ts";
import type { createUpkeep } from "./upkeep/upkeep.ts";

/** Called when the dispatcher is due at another time (`Scheduler.dueChanged`). */
const ticketLoop = "tickets";
/** The same for the search for campaigns. */
const campaignLoop = "campaigns";
/** The same for the search for outbreaks. */
const outbreakLoop = "outbreaks";
/** And for the search index. */
const searchLoop = "search-index";

/** And for backups. */
const backupLoop = "backup";

interface LoopParts {
  backups: Backups;
  feeds: SyslogFeeds;
  upkeep: ReturnType<typeof createUpkeep>;
  campaigns: CampaignWatch;
  outbreaks: OutbreakWatch;
  descriptors: DescriptorWatch;
  memory: MemoryWatch;
  storage: StorageWatch;
  keys: KeyRing;
  dispatcher: TicketDispatcher;
  search: SearchUpkeep;
  /** Renews our own certificate. */
  certificate: { tick(): Promise<void> };
  /** Removes expired logins and saves positions of pollers. */
  access: { tick(): Promise<void> };
  /** Listeners that retry when their port was in use. */
  listeners(): readonly { tick(): unknown }[];
  /** Notifies the watchdog. */
  alive(): void;
  /** Minimum interval in milliseconds of the loops that only monitor. */
  watchEveryMs: number;
}

/** Of a node that follows: everything else is the leader's to do. */
const followersOwn: readonly string[] = [
  ...["storage", "certificate", "health-port", "memory", "alive", "stuck-deliveries"],
  ...Object.values(feedLoops),
];

/** The loops of a node that follows, of those of one that leads: they change nothing. */
export function followerLoops(loops: readonly Loop[]): Loop[] {
  const feeds: readonly string[] = Object.values(feedLoops);
  return loops
    .filter(({ name }) => followersOwn.includes(name))
    .map((loop) => (feeds.includes(loop.name) ? { ...loop, tick: () => {} } : loop));
}

export function createLoops(parts: LoopParts): Loop[] {
  const {
    backups,
    feeds,
    upkeep,
    outbreaks,
    campaigns,
    descriptors,
    memory,
    storage,
    keys,
    dispatcher,
    search,
    access,
    certificate,
    listeners,
    alive,
  } = parts;
  const watching = (everyMs: number) => Math.max(everyMs, parts.watchEveryMs);
  return [
    {
      name: feedLoops.alerts,
      everyMs: () => feeds.pollIntervalMs("alerts"),
      tick: (now, stepped) => upkeep.hourly(now, stepped),
    },
    // New events are sent as soon as they are recorded: this loop only shows that the process is alive.
    { name: feedLoops.incidents, everyMs: () => feeds.pollIntervalMs("incidents"), tick: () => {} },
    // The incident feed's health includes parked and dead deliveries to ticket systems.
    { name: "stuck-deliveries", everyMs: () => watching(5_000), tick: () => dispatcher.stuck.tick() },
    { name: "heartbeat", everyMs: () => feeds.heartbeatEveryMs, tick: (now) => feeds.sendHeartbeats(now) },
    { name: "correlation", everyMs: () => minuteMs, tick: (now) => upkeep.correlation(now) },
    {
      name: outbreakLoop,
      // Alerts that only occur again make no event that would wake it.
      everyMs: () => watching(5_000),
      nextDueAt: (now) => outbreaks.nextDueAt(now),
      tick: (now) => outbreaks.tick(now),
    },
    {
      name: campaignLoop,
      everyMs: () => watching(minuteMs / 2),
      nextDueAt: (now) => campaigns.nextDueAt(now),
      tick: (now) => campaigns.tick(now),
    },
    {
      name: "storage",
      everyMs: () => watching(descriptors.everyMs),
      tick: () => descriptors.tick().then(() => storage.tick()),
    },
    {
      name: "retention",
      everyMs: () => upkeep.retentionEveryMs(),
      nextDueAt: (now) => upkeep.retentionDueAt(now),
      tick: (now) => upkeep.retention(now, storage.clockTrusted),
    },
    {
      name: "forgetting",
      everyMs: () => hourMs,
      tick: (now) => (storage.clockTrusted ? upkeep.forgetting(now) : undefined),
    },
    { name: "key-usage", everyMs: () => minuteMs, tick: () => keys.flushUses() },
    {
      name: ticketLoop,
      everyMs: () => minuteMs,
      nextDueAt: (now) => dispatcher.nextDueAt(now),
      tick: (now) => dispatcher.tick(now),
    },
    {
      name: searchLoop,
      // A ticket's number or a name may become another without an event.
      everyMs: () => watching(10_000),
      nextDueAt: () => search.nextDueAt(),
      tick: () => search.tick(),
    },
    {
      name: backupLoop,
      everyMs: () => hourMs,
      nextDueAt: () => backups.nextDueAt(),
      tick: (now) => backups.tick(now),
    },
    { name: "access", everyMs: () => watching(10_000), tick: () => access.tick() },
    { name: "certificate", everyMs: () => hourMs, tick: () => certificate.tick() },
    {
      name: "health-port",
      everyMs: () => watching(10_000),
      tick: () => listeners().forEach((listener) => void listener.tick()),
    },
    { name: "memory", everyMs: () => watching(memory.everyMs), tick: () => memory.tick() },
    { name: "alive", everyMs: () => watching(5_000), tick: () => alive() },
  ];
}

/** These loops wait until their work is next due. */
export function followDueTimes(
  {
    backups,
    dispatcher,
    outbreaks,
    campaigns,
    search,
  }: Pick<LoopParts, "backups" | "dispatcher" | "outbreaks" | "campaigns" | "search">,
  scheduler: Scheduler,
): void {
  backups.onDueChanged(() => scheduler.dueChanged(backupLoop));
  outbreaks.onDueChanged(() => scheduler.dueChanged(outbreakLoop));
  campaigns.onDueChanged(() => scheduler.dueChanged(campaignLoop));
  search.onDueChanged(() => scheduler.dueChanged(searchLoop));
  dispatcher.onDueChanged(() => scheduler.dueChanged(ticketLoop));
}

/** Names what is in progress; empty: nothing happens until a loop is due or a request arrives. */
export function whatIsBusy(scheduler: Scheduler, store: Store, dispatcher: TicketDispatcher): string[] {
  const idle = { loops: scheduler.isIdle, database: store.isIdle, tickets: dispatcher.isIdle() };
  return Object.entries(idle).flatMap(([name, isIdle]) => (isIdle ? [] : [name]));
}
