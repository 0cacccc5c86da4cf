/**
 * Composes and starts a whole appliance; stops it in the opposite order. One straight-line function, to be read from top to bottom.
 */
import { EdgeError, messageOf } from "../core/errors.ts";
import type { FeedName } from "../core/feeds/feeds.ts";
import { Intake } from "../core/intake/intake.ts";
import type { Sleep } from "../core/ports.ts";
import type { ListenAddress } from "../core/settings.ts";
import { createApp } from "../transports/http/app.ts";
import { healthApp } from "../transports/http/health.ts";
import { signal } from "./access/audit-log.ts";
import { KeyRing } from "./access/key-ring.ts";
import { createApi } from "./api/create-api.ts";
import { Backups } from "./backups/backups.ts";
import { ServerCertificate } from "./certificate/server-certificate.ts";
import { partsOf } from "./cluster/node-parts.ts";
import { configFolders } from "./config/load.ts";
import { noteProblems } from "./config/notices.ts";
import { createConsole } from "./console/create-console.ts";
import { startControlServer } from "./control/control-server.ts";
import { createOperations } from "./control/operations.ts";
import { Reloads } from "./control/reloads.ts";
import { runningState, runningSupport } from "./control/running-state.ts";
import { FeedStates } from "./feed-states.ts";
import { controlOf } from "./feeds/destination-control.ts";
import { FeedDesk } from "./feeds/feed-desk.ts";
import { FeedSettingsService, readSaved } from "./feeds/feed-settings.ts";
import { SyslogFeeds } from "./feeds/syslog-feeds.ts";
import { createLoops, followDueTimes, followerLoops, whatIsBusy } from "./loops.ts";
import { metricSources } from "./metric-sources.ts";
import { notYet, openData } from "./open-data.ts";
import type { Appliance, ApplianceOptions } from "./options.ts";
import { ApiListener, HealthListener } from "./runtime/listeners.ts";
import { argon2id } from "./runtime/passwords.ts";
import { version } from "./runtime/version.ts";
import { TicketDispatcher } from "./tickets/dispatcher.ts";
import { CampaignWatch } from "./upkeep/campaign-watch.ts";
import { closedBy, notReadyBecause } from "./upkeep/closing-faults.ts";
import { DescriptorWatch } from "./upkeep/descriptor-watch.ts";
import { loggedFaults } from "./upkeep/logged-faults.ts";
import { MemoryWatch } from "./upkeep/memory-watch.ts";
import { Counts } from "./upkeep/metrics/counts.ts";
import { Metrics } from "./upkeep/metrics/metrics.ts";
import { OutbreakWatch } from "./upkeep/outbreak-watch.ts";
import { Scheduler } from "./upkeep/scheduler.ts";
import { SearchUpkeep } from "./upkeep/search-upkeep.ts";
import { retryWhileBlocked } from "./upkeep/start-retry.ts";
import { StorageWatch } from "./upkeep/storage-watch.ts";
import { createUpkeep } from "./upkeep/upkeep.ts";

/** Time for sending queued messages at a stop; closing the connections takes up to a second more. */
const drainMs = 9_000;

/** Starts an appliance. Rejects with an error for the reader: another one is running, an address is in use, the database is newer. */
export async function startAppliance(options: ApplianceOptions): Promise<Appliance> {
  const { clock, sleep, random, log } = options;
  const untilStarted: Sleep = (milliseconds) => sleep(milliseconds, options.starting);
  const node = partsOf(options.node);
  const { leads, mayAct, status: cluster } = node;
  const cleanUp: { name: string; run: () => Promise<void> | void }[] = [];
  const stop = async () => {
    for (const step of cleanUp.splice(0).reverse()) {
      await Promise.resolve(step.run()).catch((error) =>
        log.error(`stopping ${step.name} failed`, { error: messageOf(error) }),
      );
    }
  };
  try {
    let { settings } = options.resolved;
    const counts = new Counts(clock.now());
    const startedAt = clock.monotonic();
    const uptimeMs = () => clock.monotonic() - startedAt;
    const trustedProxies = () => settings.trustedProxies;
    const faults = loggedFaults(options);
    const breaking = Promise.withResolvers<Error>();
    noteProblems(options.resolved, faults, log);
    const certificate = new ServerCertificate({ settings: () => settings, clock, log, faults, listener: () => api });

    const states = new FeedStates({ clock, faults, uptimeMs, settings: () => settings, cluster });
    const healthPort = async (name: FeedName, address: ListenAddress) => {
      const port = await HealthListener.start(name, address, healthApp(() => states.health(name)).fetch, faults);
      cleanUp.push({ name: `health port of ${name}`, run: () => port.stop() });
      return port;
    };
    const health = await healthPort("alerts", settings.alertHealth);
    const incidentHealth = await healthPort("incidents", settings.incidentHealth);

    const { store, stored, uploads, inForce } = await openData(options, {
      ...{ faults, sleep: untilStarted },
      onBroken: breaking.resolve,
      onOpen: (close) => cleanUp.push({ name: "store", run: close }),
    });
    settings = inForce.settings;
    options.onSettings?.(settings);
    await Promise.all([health.move(settings.alertHealth), incidentHealth.move(settings.incidentHealth)]);
    for (const step of store.migrated) log.info("schema step applied", { step });

    let logEnd = await store.events.end();
    store.events.onAppend((end, appended) => {
      logEnd = end;
      counts.appended(appended);
    });
    const keys = await KeyRing.load(store.admin, clock);
    cleanUp.push({ name: "key ring", run: () => keys.flushUses() });
    const intake = new Intake({ store, clock, defaultEntity: () => settings.defaultEntity, listener: counts });

    const feeds = new SyslogFeeds(settings, { store, clock, random, log, faults, uploads, mayAct });
    cleanUp.push({ name: "feeds", run: () => feeds.stop(clock.monotonic() + (mayAct() ? drainMs : 0)) });
    // The position of a new destination has to be stored before intake opens.
    const applyFeeds = (wait: Sleep) =>
      retryWhileBlocked(notYet, { faults, sleep: wait }, async () => {
        if (leads) await feeds.apply(settings);
      });
    await applyFeeds(untilStarted);
    const configureCorrelation = (wait: Sleep) =>
      retryWhileBlocked(
        { name: "correlation", what: "incidents cannot be formed yet" },
        { faults, sleep: wait },
        async () => {
          await store.incidents.configureCorrelation(options.correlate === false ? null : settings.correlation);
          // Actors left by an interrupted batch.
          while (leads && (await store.incidents.assessLeft(clock.now(), true)));
        },
      );
    await configureCorrelation(untilStarted);
    const dispatcher = new TicketDispatcher({
      ...{ store, clock, sleep, random, log, faults },
      defaultBaseUrl: () => certificate.linkUrl,
      ...{ mayAct, targetKey: () => stored.secrets.key("ticket targets") },
      userNames: () => access.accounts.list().map(({ name }) => name),
    });
    const stopping = new AbortController();
    const beginToStop = () => stopping.abort(new EdgeError("stopping", "the appliance is stopping"));
    const reloads = new Reloads({
      given: options.resolved,
      inForce,
      saved: () => readSaved(store.tickets),
      apply: async (next, signal) => {
        const wait: Sleep = (milliseconds) => sleep(milliseconds, signal);
        const sameCorrelation = JSON.stringify(settings.correlation) === JSON.stringify(next.settings.correlation);
        settings = next.settings;
        await applyFeeds(wait);
        if (!sameCorrelation) await configureCorrelation(wait);
        await access.ticketSettings.load(next);
        scheduler.wake();
        await Promise.all([health.move(settings.alertHealth), incidentHealth.move(settings.incidentHealth)]);
        options.onSettings?.(settings);
        return certificate.reloaded();
      },
      onEnd: (result) => counts.reloaded(result, clock.now()),
      destinations: () => feeds.status().length,
      ...{ clock, faults, log, stopping: stopping.signal, audit: () => access.audit },
    });
    const feedSettings = new FeedSettingsService({ store, clock, reloads, uploads });
    const destinations = controlOf(feeds, store);
    const search = new SearchUpkeep({ store, clock });
    const backups = await Backups.load({
      ...{ store, clock, log, faults, settings: () => settings, stopping: stopping.signal },
      configFolders: () => configFolders(settings.configDir),
    });
    cleanUp.push({ name: "backups", run: () => backups.ended() });
    const { dependencies: apiDependencies, ...access } = await createApi({
      ...{ store, clock, sleep, keys, log, settings, stored, counts, dispatcher, stopping: stopping.signal },
      loginClock: options.loginClock ?? clock,
      passwords: options.passwords ?? argon2id(),
      trustedProxies,
      defaultEntity: () => settings.defaultEntity,
      onAssets: () => scheduler.wake(),
      ...{ search, certificate, backups },
      running: {
        uptimeMs,
        status: (feed) => states.health(feed).status,
        destinations: () => feeds.status(),
        loops: () => scheduler.status(),
        faults: () => faults.list(),
        cluster,
        ...{ retentionDays: () => settings.retentionDays, auditRetentionDays: () => settings.auditRetentionDays },
        ...{ clockTrusted: () => storage.clockTrusted, heartbeats: () => feeds.heartbeats() },
      },
      logLevel: options.logLevel ?? null,
      sendHeartbeat: (feed, name) => feeds.sendHeartbeat(feed, name, clock.now()),
      ...{ feedSettings, inForce: () => reloads.inForce, reapply: () => reloads.again() },
      reloads: { last: () => reloads.lastReport, reload: options.reload ?? null },
      supportBundle: (author) => operations.supportBundle(author),
    });
    cleanUp.push({ name: "positions of pollers", run: () => access.close() });

    if (leads) await dispatcher.recover({ elsewhere: cluster() !== null });
    cleanUp.push({ name: "tickets", run: () => dispatcher.stop(3_000) });
    store.events.onAppend((_, counts) =>
      leads && (counts.incident_created ?? counts.incident_updated ?? 0) ? dispatcher.wake() : null,
    );
    const campaigns = new CampaignWatch({
      ...{ store, log },
      monotonic: () => clock.monotonic(),
      passed: () => dispatcher.wake(),
      stopping: stopping.signal,
    });
    const descriptors = new DescriptorWatch(faults, () => api.closeConnections());
    const storage = new StorageWatch({ store, clock, faults, settings: () => settings, writes: leads });
    const upkeep = createUpkeep({
      ...{ store, log },
      stopping: stopping.signal,
      settings: () => settings,
      onPruned: (events, expired) => counts.pruned(events, expired),
      recountQueues: () => feeds.recount(),
    });
    const outbreaks = new OutbreakWatch({ store, stopping: stopping.signal });
    store.events.onAppend((_, counts) => [campaigns, outbreaks].forEach((watch) => void watch.appended(counts)));
    const loops = createLoops({
      ...{ backups, feeds, upkeep, campaigns, outbreaks },
      descriptors,
      memory: new MemoryWatch({ memory: options.memory, store, clock }),
      ...{ storage, keys, dispatcher },
      ...{ search, access, certificate },
      listeners: () => [health, incidentHealth, api],
      alive: () => states.allRun() && options.onAlive?.(states.summary()),
      watchEveryMs: options.watchEveryMs ?? 0,
    });
    const scheduler = new Scheduler(leads ? loops : followerLoops(loops), { clock, sleep, log });
    states.running(feeds, scheduler, dispatcher.stuck);
    followDueTimes({ backups, dispatcher, outbreaks, campaigns, search }, scheduler);
    store.events.onAppend((_, counts) => search.wake(counts));
    const changing = { settings: () => settings, api: () => api, logEnd: () => logEnd };
    const parts = { clock, uptimeMs, store, intake, feeds, faults, scheduler, campaigns, search, storage, dispatcher };
    const metrics = new Metrics(metricSources({ ...parts, ...changing, backups, uploads, cluster }), counts);
    cleanUp.push({ name: "metrics", run: () => metrics.stop() });
    const operations = createOperations({
      ...{ clock, store, keys, intake, ...access, backups, destinations },
      wakeTickets: () => dispatcher.wake(),
      support: runningSupport({ ...access, reloads, metrics, clock, uploads, recentLog: options.recentLog }),
      ...(options.reload === undefined ? {} : { reload: options.reload }),
      running: () => runningState({ scheduler, feeds, faults, cluster }, uptimeMs(), states.health("alerts").status),
    });
    const control = await startControlServer(settings.dataDir, operations, node.elsewhere);
    cleanUp.push({ name: "control socket", run: () => control.stop(1_000) });

    const app = createApp({
      api: apiDependencies,
      console: createConsole({
        ...{ ...access, clock, settings, trustedProxies, keys },
        api: apiDependencies,
        feedDesk: new FeedDesk({ feedSettings, control: destinations, store, uploads, clock }),
        baseUrl: () => dispatcher.baseUrl,
        reading: store.reading,
        certificateEndsAt: () => certificate.inUse?.notAfter ?? null,
      }),
      ...{ intake, keys },
      closed: () => closedBy(faults),
      notReady: () => notReadyBecause(faults, node.elsewhere()),
      ...node.port(store),
      faults: () => faults.list(),
      metrics: (form) => metrics.text(form),
      counts,
      monotonic: () => clock.monotonic(),
      onDefect: (error, method, path) => log.error("request failed", { method, path, error: messageOf(error) }),
    });
    const api = await ApiListener.start(settings.listen, certificate, app.fetch, faults);
    cleanUp.push({ name: "API", run: () => api.stop() });
    // Event streams do not end by themselves.
    cleanUp.push({ name: "streams", run: () => beginToStop() });

    await access.ticketSettings.load(reloads.inForce);
    const touched = () => Promise.all([access.accounts.reload(), keys.reload()]);
    cleanUp.push({ name: "the cluster's log", run: node.follow({ store, faults, touched }) });
    scheduler.start();
    cleanUp.push({ name: "loops", run: () => scheduler.stop() });
    log.info("ready", {
      ...{ api: api.url, console: `${api.url}/`, health: health.url, incident_health: incidentHealth.url, version },
      destinations: feeds.status().length,
    });

    return {
      apiUrl: api.url,
      healthUrl: health.url,
      incidentHealthUrl: incidentHealth.url,
      operations,
      busy: () => whatIsBusy(scheduler, store, dispatcher),
      broken: breaking.promise,
      stop: async () => {
        // Anything that a reload started after the stop would not be stopped.
        beginToStop();
        await reloads.ended();
        await stop();
      },
      reload: (resolved, author = signal) => reloads.reload(resolved, author),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
