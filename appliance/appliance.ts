/**
 * A whole appliance: everything is put together here, started in order and stopped in the opposite one. Deliberately one
 * straight-line function, so that who needs whom can be read from top to bottom.
 */
import { EdgeError, messageOf } from "../core/errors.ts";
import { Faults } from "../core/faults.ts";
import { alertFeedHealth, type FeedState, feedStatus } from "../core/feeds/health.ts";
import { Intake } from "../core/intake/intake.ts";
import type { Clock, Random, Sleep } from "../core/ports.ts";
import type { ResolvedSettings } from "../core/settings/resolve.ts";
import { createApp } from "../transports/http/app.ts";
import { healthApp } from "../transports/http/health.ts";
import { AlertFeed } from "./alert-feed.ts";
import { needRestart, noteProblems } from "./config/notices.ts";
import { startControlServer } from "./control-server.ts";
import { DescriptorWatch } from "./descriptor-watch.ts";
import { KeyRing } from "./key-ring.ts";
import { ApiListener, HealthListener } from "./listeners.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { createOperations, type Operations } from "./operations.ts";
import { openStorePatiently, patiently } from "./patience.ts";
import { type Loop, Scheduler } from "./scheduler.ts";
import { StorageWatch } from "./storage-watch.ts";
import { version } from "./version.ts";

export interface ApplianceOptions {
  resolved: ResolvedSettings;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
  /** Told every few seconds while the loops turn: the watchdog's food. */
  onAlive?: () => void;
}

export interface Appliance {
  /** Such as `http://127.0.0.1:8080`. */
  apiUrl: string;
  healthUrl: string;
  operations: Operations;
  /** Takes new settings over: destinations, limits; what needs a restart is said in the log. */
  reload(resolved: ResolvedSettings): Promise<void>;
  /** Stops taking in, sends what is queued for up to 10 s, closes. */
  stop(): Promise<void>;
  /** Resolves with the reason when the appliance cannot go on and has to be started anew. */
  broken: Promise<Error>;
}

/** Sending what is queued; closing the connections takes up to a second more. */
const drainMs = 9_000;
/** Faults with which nothing can be taken in, and after how many seconds a client may ask again. */
const closing: Readonly<Record<string, number>> = { disk_space: 30, store_write: 5 };
const minute = 60_000;

/** Starts. Rejects with a readable error when it cannot: another one runs, an address is taken, the database is newer. */
export async function startAppliance(options: ApplianceOptions): Promise<Appliance> {
  const { clock, sleep, random, log } = options;
  const cleanUp: { name: string; run: () => Promise<void> | void }[] = [];
  const stop = async () => {
    for (const step of cleanUp.splice(0).reverse()) {
      await Promise.resolve(step.run()).catch((error) =>
        log.error(`stopping ${step.name} failed`, { error: messageOf(error) }),
      );
    }
  };
  try {
    let settings = options.resolved.settings;
    const startedAt = clock.monotonic();
    const uptimeMs = () => clock.monotonic() - startedAt;
    const faults = new Faults(
      () => clock.now(),
      (fault, state) => {
        if (state === "appeared") log.error("fault", { fault: fault.name, detail: fault.message });
        else log.info("fault gone", { fault: fault.name });
      },
    );
    const breaking = Promise.withResolvers<Error>();
    noteProblems(options.resolved, faults, log);

    let feedState = (): FeedState => ({
      uptimeMs: uptimeMs(),
      sinceLastPollMs: null,
      pollIntervalMs: settings.alertFeed.pollIntervalSeconds * 1000,
      lastPoll: null,
      destinations: [],
      faults: faults.list(),
    });
    const health = new HealthListener(
      settings.alertHealth,
      healthApp(() => alertFeedHealth(feedState())).fetch,
      faults,
    );
    cleanUp.push({ name: "health port", run: () => health.stop() });

    const store = await openStorePatiently(settings.dataDir, { clock, sleep, faults, onBroken: breaking.resolve });
    cleanUp.push({ name: "store", run: () => store.close() });
    for (const step of store.migrated) log.info("schema step applied", { step });

    let logEnd = await store.events.end();
    store.events.onAppend((end) => {
      logEnd = end;
    });
    const keys = await KeyRing.load(store.admin, clock);
    cleanUp.push({ name: "key ring", run: () => keys.flushUses() });
    const intake = new Intake({ store, clock, defaultEntity: () => settings.defaultEntity });

    const feed = new AlertFeed(settings.alertFeed, { store, clock, random, log, faults });
    cleanUp.push({ name: "alert feed", run: () => feed.stop(clock.monotonic() + drainMs) });
    // A new destination's place in the log has to be written down before anything more is taken in.
    const applyFeed = (wait: Sleep) =>
      patiently({ name: "destinations", what: "the destinations cannot be set up yet" }, { faults, sleep: wait }, () =>
        feed.apply(settings.alertFeed),
      );
    await applyFeed(sleep);

    const descriptors = new DescriptorWatch(faults, () => api.closeConnections());
    const storage = new StorageWatch({ store, clock, faults, settings: () => settings });
    const loops: Loop[] = [
      { name: "alert-feed", everyMs: () => feed.pollIntervalMs, tick: (now) => feed.tick(now) },
      { name: "heartbeat", everyMs: () => feed.heartbeatPaceMs, tick: (now) => feed.sendHeartbeats(now) },
      {
        name: "storage",
        everyMs: () => descriptors.everyMs,
        tick: () => descriptors.tick().then(() => storage.tick()),
      },
      { name: "retention", everyMs: () => 60 * minute, tick: (now) => retention(now) },
      { name: "key-usage", everyMs: () => minute, tick: () => keys.flushUses() },
      { name: "health-port", everyMs: () => 10_000, tick: () => health.tick() },
      { name: "alive", everyMs: () => 10_000, tick: () => alive() },
    ];
    const scheduler = new Scheduler(loops, { clock, sleep, log });
    const loop = (name: string) => scheduler.status().find((status) => status.name === name);
    const metrics = createMetrics({
      uptimeMs,
      destinations: () => feed.status(),
      loops: () => scheduler.status(),
      faults: () => faults.list(),
      logEnd: () => logEnd,
      pendingBytes: () => intake.pendingBytes,
    });
    const retention = async (now: number) => {
      if (!storage.clockTrusted) return;
      for (let step: { alertId: number } | null = { alertId: 0 }; step !== null; ) {
        const pruned = await store.admin.prune(now, settings.retentionDays, step);
        metrics.pruned(pruned.events, pruned.expired);
        if (pruned.expired > 0) await feed.recount();
        if (pruned.expired > 0)
          log.warn("events passed the retention limit undelivered", { deliveries: pruned.expired });
        step = pruned.next;
      }
    };
    feedState = () => {
      const status = loop("alert-feed");
      const lastRun = status?.lastRunMonotonic ?? null;
      return {
        uptimeMs: uptimeMs(),
        sinceLastPollMs: lastRun === null ? null : clock.monotonic() - lastRun,
        pollIntervalMs: feed.pollIntervalMs,
        lastPoll: status?.lastRun ?? null,
        destinations: feed.status(),
        faults: faults.list(),
      };
    };

    // A fault that is named is no reason to be restarted; a loop that no longer turns is.
    const alive = () => {
      if (feedStatus(feedState()) !== "stopped") options.onAlive?.();
    };

    const operations = createOperations({
      store,
      keys,
      intake,
      replay: (destination, from) => feed.replay(destination, from),
      running: () => ({
        pid: process.pid,
        version,
        uptimeSeconds: Math.floor(uptimeMs() / 1000),
        status: alertFeedHealth(feedState()).status,
        loops: scheduler.status(),
        destinations: feed
          .status()
          .map(({ name, connected, queued, lastError }) => ({ name, connected, queued, lastError })),
        faults: faults.list().map(({ name, message }) => ({ name, message })),
      }),
    });
    const control = startControlServer(settings.dataDir, operations);
    cleanUp.push({ name: "control socket", run: () => control.stop(1_000) });

    const app = createApp({
      intake,
      keys,
      closed: () => {
        const fault = faults.list().find(({ name }) => name in closing);
        return fault === undefined ? null : { reason: fault.message, retryAfter: closing[fault.name] ?? 5 };
      },
      notReady: () => faults.list().find(({ name }) => name in closing || name === "store_read")?.message ?? null,
      faults: () => faults.list(),
      metrics: () => metrics.text(),
      onAnswer: (status) => metrics.ingested(status),
      onDefect: (error, method, path) => log.error("request failed", { method, path, error: messageOf(error) }),
    });
    const api = await ApiListener.start(settings.listen, settings, app.fetch);
    cleanUp.push({ name: "API", run: () => api.stop() });

    scheduler.start();
    cleanUp.push({ name: "loops", run: () => scheduler.stop() });
    log.info("ready", {
      api: api.url,
      health: health.url,
      version,
      destinations: settings.alertFeed.destinations.length,
    });

    let reloading = Promise.resolve();
    const stopping = new AbortController();
    return {
      apiUrl: api.url,
      healthUrl: health.url,
      operations,
      broken: breaking.promise,
      stop: async () => {
        // What a reload starts after the stop would stay.
        stopping.abort(new EdgeError("stopping", "the appliance is stopping"));
        await reloading;
        await stop();
      },
      reload: (resolved) => {
        // One after the other: two at the same time would start the same destination twice.
        const reload = reloading.then(async () => {
          stopping.signal.throwIfAborted();
          noteProblems(resolved, faults, log);
          for (const name of needRestart(settings, resolved.settings))
            log.warn("a new value needs a restart", { setting: name });
          const { dataDir, listen, alertHealth } = settings;
          settings = { ...resolved.settings, dataDir, listen, alertHealth };
          await applyFeed((milliseconds) => sleep(milliseconds, stopping.signal));
          scheduler.wake();
          if (await api.renew(settings)) log.info("certificate renewed");
          log.info("settings read again", { destinations: settings.alertFeed.destinations.length });
        });
        reloading = reload.catch(() => {});
        return reload;
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
