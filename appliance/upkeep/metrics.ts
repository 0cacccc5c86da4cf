/**
 * Prometheus metrics. Gauges and counters are read from the parts that own them at each request. The library is loaded at the first one: it
 * takes five megabytes, which an appliance that nobody scrapes can do without.
 */
import type { Registry } from "prom-client";
import type { FeedName } from "../../core/feeds/feeds.ts";
import type { DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import { versionInfo } from "../runtime/version.ts";
import type { LoopStatus } from "./scheduler.ts";

export interface MetricSources {
  uptimeMs(): number;
  /** The last backup that succeeded, epoch milliseconds and bytes; null = there was none. Failures since the start. */
  backups(): { lastAt: number | null; lastBytes: number; failures: number };
  /** How often an incident could not be looked at for campaigns. */
  campaigns: { readonly failures: number };
  destinations(): readonly (DestinationStatus & { feed: FeedName })[];
  loops(): readonly LoopStatus[];
  faults(): readonly { name: string }[];
  logEnd(): number;
  /** Rows that the search does not know yet. */
  searchBehind(): number;
  pendingBytes(): number;
  tickets: TicketMetrics;
}

export interface TicketMetrics {
  /** Unfinished deliveries to ticket systems. */
  deliveries(): Promise<readonly { system: string; state: string; count: number }[]>;
  /** Known tickets by system. */
  counts(): Promise<readonly { system: string; count: number; gone: number; unreadable: number }[]>;
  webhooks(): readonly { system: string; outcome: string; count: number }[];
  /** When the last search for changed tickets succeeded, epoch milliseconds; null = not yet. */
  syncs(): readonly { system: string; okAt: number | null }[];
}

export interface Metrics {
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  /** Counts events removed by retention, and those of them that some destination had not sent. */
  pruned(events: number, expired: number): void;
  /** Counts an answer of intake. */
  ingested(status: number): void;
  /** Counts a reload: all settings applied, some refused, or failed. */
  reloaded(outcome: "taken" | "refused" | "failed"): void;
  /** Counts an answered request of the API. */
  asked(method: string, status: number): void;
}

/** A counter of the service itself, by labels. */
class Tally {
  readonly #counts = new Map<string, { labels: Readonly<Record<string, string>>; count: number }>();

  add(labels: Readonly<Record<string, string>>, more = 1): void {
    const key = Object.values(labels).join("\n");
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { labels, count: more });
    else known.count += more;
  }

  get values(): (readonly [labels: Readonly<Record<string, string>>, value: number])[] {
    return [...this.#counts.values()].map(({ labels, count }) => [labels, count]);
  }
}

interface Tallies {
  pruned: Tally;
  expired: Tally;
  answers: Tally;
  asked: Tally;
  reloads: Tally;
  lastReload: "taken" | "refused" | "failed";
}

export function createMetrics(sources: MetricSources): Metrics {
  const tallies: Tallies = {
    pruned: new Tally(),
    expired: new Tally(),
    answers: new Tally(),
    asked: new Tally(),
    reloads: new Tally(),
    lastReload: "taken",
  };
  for (const tally of [tallies.pruned, tallies.expired]) tally.add({}, 0);
  for (const outcome of ["taken", "refused", "failed"]) tallies.reloads.add({ outcome }, 0);
  let registry: Promise<Registry> | null = null;
  return {
    reloaded: (outcome) => {
      tallies.reloads.add({ outcome });
      tallies.lastReload = outcome;
    },
    async text() {
      registry ??= register(sources, tallies);
      return (await registry).metrics();
    },
    asked: (method, status) => tallies.asked.add({ method, status: String(status) }),
    pruned: (events, lost) => {
      tallies.pruned.add({}, events);
      tallies.expired.add({}, lost);
    },
    ingested: (status) => tallies.answers.add({ status: String(status) }),
  };
}

async function register(sources: MetricSources, tallies: Tallies): Promise<Registry> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const registers = [registry];
  const read = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });

  const { version, commit } = versionInfo();
  new Gauge({ name: "rhythmx_build_info", help: "What is running.", labelNames: ["version", "commit"], registers }).set(
    { version, commit },
    1,
  );
  read("rhythmx_uptime_seconds", "Seconds since start.", () => Math.floor(sources.uptimeMs() / 1000));
  read("rhythmx_event_log_end", "Sequence number of the newest event.", sources.logEnd);
  read("rhythmx_search_behind", "Rows that the search index does not know yet.", sources.searchBehind);
  read("rhythmx_intake_pending_bytes", "Bytes of batches being taken in.", sources.pendingBytes);
  read("process_resident_memory_bytes", "Resident memory in bytes.", () => process.memoryUsage.rss());

  type Values = () => Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>;
  const gauges = (name: string, help: string, labelNames: string[], values: Values) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of values()) this.set(labels, value);
      },
    });
  const totals = (name: string, help: string, labelNames: string[], values: Values) =>
    new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, value] of values()) this.inc(labels, value);
      },
    });
  const destination = ["feed", "destination"];
  const each = (value: (status: DestinationStatus) => number) => () =>
    sources.destinations().map((status) => [{ feed: status.feed, destination: status.name }, value(status)] as const);

  const connected = each((status) => (status.connected ? 1 : 0));
  gauges("rhythmx_syslog_connected", "1 while the destination is connected.", destination, connected);
  const queued = each((status) => status.queued);
  gauges("rhythmx_syslog_queued", "Messages waiting.", destination, queued);
  const sent = each((status) => status.sent);
  totals("rhythmx_syslog_written_total", "Messages handed to the transport.", destination, sent);
  const resent = each((status) => status.resent);
  totals("rhythmx_syslog_resent_total", "Messages written again after a connection broke.", destination, resent);
  const shrunk = each((status) => status.shrunk);
  totals("rhythmx_syslog_shrunk_total", "Messages shortened to fit.", destination, shrunk);
  const errors = each((status) => status.errors);
  totals("rhythmx_syslog_errors_total", "Connections that failed or broke.", destination, errors);

  const faults = () => sources.faults().map(({ name }) => [{ fault: name }, 1] as const);
  gauges("rhythmx_fault", "1 for each thing that is wrong at the moment.", ["fault"], faults);
  const unread = () => [[{}, sources.campaigns.failures] as const];
  totals("rhythmx_campaign_failures_total", "Looks at an incident for campaigns that failed.", [], unread);
  const failures = () => sources.loops().map(({ name, failures }) => [{ loop: name }, failures] as const);
  totals("rhythmx_loop_failures_total", "Turns of a loop that failed.", ["loop"], failures);

  new Gauge({
    name: "rhythmx_ticket_deliveries",
    help: "Deliveries to ticket systems that are not finished, by state.",
    labelNames: ["system", "state"],
    registers,
    async collect() {
      const deliveries = await sources.tickets.deliveries();
      this.reset();
      for (const { system, state, count } of deliveries) this.set({ system, state }, count);
    },
  });
  new Gauge({
    name: "rhythmx_tickets",
    help: "Tickets that are known: there, gone from their target, and those that could not be read when they were last tried.",
    labelNames: ["system", "state"],
    registers,
    async collect() {
      const counts = await sources.tickets.counts();
      this.reset();
      for (const { system, count, gone, unreadable } of counts) {
        this.set({ system, state: "there" }, count - gone);
        this.set({ system, state: "gone" }, gone);
        this.set({ system, state: "unreadable" }, unreadable);
      }
    },
  });
  const hooks = () => sources.tickets.webhooks().map(({ count, ...labels }) => [labels, count] as const);
  totals("rhythmx_ticket_webhooks_total", "Webhooks by what became of them.", ["system", "outcome"], hooks);
  const found = () =>
    sources.tickets.syncs().flatMap(({ system, okAt }) => (okAt === null ? [] : [[{ system }, okAt / 1000] as const]));
  gauges("rhythmx_ticket_sync_timestamp_seconds", "When changed tickets were last found.", ["system"], found);
  const { pruned, expired, answers, asked, reloads } = tallies;
  totals("rhythmx_events_pruned_total", "Events that passed the retention limit.", [], () => pruned.values);
  const lost = "Deliveries that will not happen because the event passed the retention limit first.";
  totals("rhythmx_events_expired_total", lost, [], () => expired.values);
  totals("rhythmx_intake_requests_total", "Batches by HTTP status.", ["status"], () => answers.values);
  const requests = "Requests of the API by method and HTTP status.";
  totals("rhythmx_api_requests_total", requests, ["method", "status"], () => asked.values);
  const reloaded = "Reloads of the settings by what became of them.";
  totals("rhythmx_config_reloads_total", reloaded, ["outcome"], () => reloads.values);
  const { backups } = sources;
  const backedUp = "When the last backup succeeded; 0 = there was none.";
  read("rhythmx_backup_last_success_timestamp_seconds", backedUp, () => (backups().lastAt ?? 0) / 1000);
  read("rhythmx_backup_last_size_bytes", "Its size.", () => backups().lastBytes);
  const unmade = () => [[{}, backups().failures] as const];
  totals("rhythmx_backup_failures_total", "Backups that failed.", [], unmade);
  read("rhythmx_config_last_reload_successful", "1 unless the last reload refused something.", () =>
    tallies.lastReload === "taken" ? 1 : 0,
  );
  return registry;
}
