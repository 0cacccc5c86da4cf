/**
 * A node of a cluster whose program is newer than its database, in the middle of an upgrade, followers first: it applies what the leader of the
 * older version writes, and can take over, which upgrades the database for all. It serves nothing of what is in it, because what this program asks of
 * a database may not be there yet. The same holds for a moment where the file lacks what a leader writes when it starts.
 */
import { EdgeError, messageOf } from "../core/errors.ts";
import { type FeedName, feedNames } from "../core/feeds/feeds.ts";
import { feedHealth } from "../core/feeds/health.ts";
import type { Sleep } from "../core/ports.ts";
import { behindApp } from "../transports/http/behind.ts";
import { healthApp } from "../transports/http/health.ts";
import { ServerCertificate } from "./certificate/server-certificate.ts";
import { partsOf } from "./cluster/node-parts.ts";
import { noteProblems } from "./config/notices.ts";
import { startControlServer } from "./control/control-server.ts";
import type { Operations } from "./control/operations.ts";
import type { Appliance, ApplianceOptions } from "./options.ts";
import { ApiListener, HealthListener } from "./runtime/listeners.ts";
import { version } from "./runtime/version.ts";
import { loggedFaults } from "./upkeep/logged-faults.ts";
import { Scheduler } from "./upkeep/scheduler.ts";
import { openStoreWhenPossible } from "./upkeep/start-retry.ts";
import { StorageWatch } from "./upkeep/storage-watch.ts";

const reasons = {
  older:
    "this node's version is newer than the database: it follows, and serves what is in it once a node of its version has led (rhythmx cluster promote)",
  lacking:
    "the database of this node has not got yet what the leader writes when it starts: it follows, and serves it then",
} as const;
const watchEveryMs = 5_000;

/** Starts it; the settings are those of environment and files, without what was saved in the database. @throws as `startAppliance` */
export async function startBehind(options: ApplianceOptions): Promise<Appliance> {
  const { clock, log, sleep } = options;
  const { settings } = options.resolved;
  const node = partsOf(options.node);
  const cleanUp: (() => unknown)[] = [];
  const stop = async () => {
    for (const step of cleanUp.splice(0).reverse())
      await Promise.resolve(step()).catch((error) => log.error("stopping failed", { error: messageOf(error) }));
  };
  const breaking = Promise.withResolvers<Error>();
  const begun = clock.monotonic();
  const faults = loggedFaults(options);
  const health = (name: FeedName) =>
    feedHealth(name, {
      ...{
        uptimeMs: clock.monotonic() - begun,
        sinceLastPollMs: 0,
        pollIntervalMs: watchEveryMs,
        lastPoll: clock.now(),
      },
      ...{ destinations: [], faults: faults.list(), cluster: node.status() },
    });
  try {
    noteProblems(options.resolved, faults, log);
    const addresses = { alerts: settings.alertHealth, incidents: settings.incidentHealth };
    const ports = await Promise.all(
      feedNames.map((name) => HealthListener.start(name, addresses[name], healthApp(() => health(name)).fetch, faults)),
    );
    cleanUp.push(() => Promise.all(ports.map((port) => port.stop())));
    const untilStarted: Sleep = (milliseconds) => sleep(milliseconds, options.starting);
    const store = await openStoreWhenPossible(settings.dataDir, {
      ...{ ...options, faults, sleep: untilStarted },
      onBroken: breaking.resolve,
    });
    cleanUp.push(() => store.close());
    const why = reasons[store.isBehind ? "older" : "lacking"];
    faults.set("cluster_schema", why);
    options.node?.opened(store, faults);
    const notYet = () => new EdgeError("store_older", why);
    const operations = noOperations(notYet);
    const control = await startControlServer(settings.dataDir, operations, node.elsewhere);
    cleanUp.push(() => control.stop(1_000));
    const certificate = new ServerCertificate({ settings: () => settings, clock, log, faults, listener: () => api });
    const { cluster } = node.port(store);
    if (cluster === undefined) throw new Error("only a node of a cluster can be behind its program");
    const api = await ApiListener.start(settings.listen, certificate, behindApp(cluster, why).fetch, faults);
    cleanUp.push(() => api.stop());
    cleanUp.push(node.follow({ store, faults, touched: async () => {} }));
    const storage = new StorageWatch({ store, clock, faults, settings: () => settings, writes: false });
    const scheduler = new Scheduler(
      [
        { name: "storage", everyMs: () => watchEveryMs, tick: () => storage.tick() },
        { name: "alive", everyMs: () => watchEveryMs, tick: () => options.onAlive?.(why) },
        { name: "listeners", everyMs: () => watchEveryMs, tick: () => void [...ports, api].map((one) => one.tick()) },
      ],
      { clock, sleep, log },
    );
    scheduler.start();
    cleanUp.push(() => scheduler.stop());
    const [alerts, incidents] = ports.map(({ url }) => url);
    log.info("ready", { api: api.url, health: alerts, incident_health: incidents, version, serves: "nothing yet" });
    return {
      apiUrl: api.url,
      healthUrl: alerts ?? "",
      incidentHealthUrl: incidents ?? "",
      operations,
      busy: () => (scheduler.isIdle && store.isIdle ? [] : ["cluster"]),
      broken: breaking.promise,
      reload: async () => {
        throw notYet();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Each says why it cannot be done. */
function noOperations(notYet: () => EdgeError): Operations {
  return new Proxy({} as Operations, {
    get: () => async () => {
      throw notYet();
    },
  });
}
