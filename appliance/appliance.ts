/**
 * A whole appliance: everything is put together here, started in order and stopped in the opposite one. Deliberately one
 * straight-line function, so that who needs whom can be read from top to bottom.
 */
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, StoreError } from "../core/errors.ts";
import { Faults } from "../core/faults.ts";
import { alertFeedHealth, type FeedState, feedStatus } from "../core/feeds/health.ts";
import { Intake } from "../core/intake/intake.ts";
import type { Clock, Random, Sleep } from "../core/ports.ts";
import { formatProblem } from "../core/settings/problem.ts";
import type { ResolvedSettings } from "../core/settings/resolve.ts";
import type { Settings } from "../core/settings.ts";
import { openStore, type Store } from "../store/open-store.ts";
import { createApp } from "../transports/http/app.ts";
import { healthApp } from "../transports/http/health.ts";
import { AlertFeed } from "./alert-feed.ts";
import { startControlServer } from "./control-server.ts";
import { KeyRing } from "./key-ring.ts";
import type { Log } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { createOperations, type Operations } from "./operations.ts";
import { type HttpServer, serve } from "./runtime/http-server.ts";
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

const drainMs = 10_000;
const openRetryMs = 2_000;
/** Errors at opening that may go away by themselves. */
const passing = ["store_locked", "store_full", "store_readonly", "store_io"];
const minute = 60_000;
/** The app refuses what is too large long before and says so; the server would cut it off without a word. */
const largestUpload = 1024 * 1024 * 1024;

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
    const healthServer = listen(settings.alertHealth, healthApp(() => alertFeedHealth(feedState())).fetch);
    cleanUp.push({ name: "health port", run: () => healthServer.stop(0) });

    const store = await openStorePatiently(settings, options, faults, breaking.resolve);
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
    await feed.apply(settings.alertFeed);

    const storage = new StorageWatch({ store, clock, faults, settings: () => settings });
    const loops: Loop[] = [
      { name: "alert-feed", everyMs: feed.pollIntervalMs, tick: (now) => feed.tick(now) },
      { name: "storage", everyMs: 5_000, tick: (now) => storage.tick(now) },
      { name: "retention", everyMs: 60 * minute, tick: (now) => retention(now) },
      { name: "key-usage", everyMs: minute, tick: () => keys.flushUses() },
      { name: "alive", everyMs: 10_000, tick: () => alive() },
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
        const fault = faults.list().find(({ name }) => name === "disk_space" || name === "store_write");
        return fault === undefined ? null : { reason: fault.message, retryAfter: fault.name === "disk_space" ? 30 : 5 };
      },
      notReady: () => (faults.has("store_write") || faults.has("store_read") ? "the database is not available" : null),
      faults: () => faults.list(),
      metrics: () => metrics.text(),
      onAnswer: (status) => metrics.ingested(status),
      onDefect: (error, method, path) => log.error("request failed", { method, path, error: messageOf(error) }),
    });
    const api = listen(settings.listen, app.fetch, await certificate(settings));
    cleanUp.push({ name: "API", run: () => api.stop(5_000) });

    scheduler.start();
    cleanUp.push({ name: "loops", run: () => scheduler.stop() });
    log.info("ready", {
      api: api.url,
      health: healthServer.url,
      version,
      destinations: settings.alertFeed.destinations.length,
    });

    return {
      apiUrl: api.url,
      healthUrl: healthServer.url,
      operations,
      broken: breaking.promise,
      stop,
      reload: async (resolved) => {
        noteProblems(resolved, faults, log);
        settings = resolved.settings;
        await feed.apply(settings.alertFeed);
        log.info("settings read again", { destinations: settings.alertFeed.destinations.length });
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Opens the store; while the disk, a lock or the folder's mode stand in the way it says so and tries again. */
async function openStorePatiently(
  settings: Settings,
  { clock, sleep }: ApplianceOptions,
  faults: Faults,
  onBroken: (error: Error) => void,
): Promise<Store> {
  const { dataDir } = settings;
  for (;;) {
    try {
      await mkdir(dataDir, { recursive: true, mode: 0o700 });
      await chmod(dataDir, 0o700);
      const store = await openStore({
        path: join(dataDir, "rhythmx.db"),
        clock,
        onFault: (what, error) => {
          if (error === null) faults.clear(`store_${what}`);
          else if (error.code !== "store_failed") faults.set(`store_${what}`, error.message);
        },
        onBroken,
      });
      faults.clear("store_open");
      return store;
    } catch (error) {
      const code = error instanceof StoreError ? error.code : folderErrorCode(error);
      if (!passing.includes(code)) throw error;
      faults.set("store_open", `the database in ${dataDir} cannot be opened yet: ${messageOf(error)}`);
      await sleep(openRetryMs);
    }
  }
}

function folderErrorCode(error: unknown): string {
  const code = String((error as { code?: unknown }).code);
  return ["ENOSPC", "EROFS", "EDQUOT", "EIO"].includes(code) ? "store_io" : code;
}

function noteProblems({ problems, warnings }: ResolvedSettings, faults: Faults, log: Log): void {
  for (const warning of warnings) log.warn("configuration", { detail: formatProblem(warning) });
  for (const problem of problems) log.error("configuration", { detail: formatProblem(problem) });
  const first = problems[0];
  if (first === undefined) {
    faults.clear("configuration");
    return;
  }
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more: rhythmx check)` : "";
  faults.set("configuration", `${formatProblem(first)}${more}`);
}

type Fetch = (request: Request, connection: object) => Response | Promise<Response>;

function listen(
  address: { host: string; port: number },
  fetch: Fetch,
  tls?: { cert: string; key: string },
): HttpServer {
  return serve({
    listen: address,
    fetch,
    ...(tls === undefined ? {} : { tls }),
    idleTimeoutSeconds: 30,
    maxBodyBytes: largestUpload,
  });
}

async function certificate({ tlsCertFile, tlsKeyFile }: Settings): Promise<{ cert: string; key: string } | undefined> {
  if (tlsCertFile === null || tlsKeyFile === null) return undefined;
  return { cert: await readFile(tlsCertFile, "utf8"), key: await readFile(tlsKeyFile, "utf8") };
}
