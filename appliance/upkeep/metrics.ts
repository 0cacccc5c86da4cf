/** Prometheus metrics. Gauges and counters are read from the parts that own them at each request. */
import type { FeedName } from "../../core/feeds/feeds.ts";
import type { DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import { versionInfo } from "../runtime/version.ts";
import { type Labels, type Metric, MetricSet } from "./metric-text.ts";
import type { LoopStatus } from "./scheduler.ts";

export interface MetricSources {
  uptimeMs(): number;
  destinations(): readonly (DestinationStatus & { feed: FeedName })[];
  loops(): readonly LoopStatus[];
  faults(): readonly { name: string }[];
  logEnd(): number;
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

export function createMetrics(sources: MetricSources): Metrics {
  const metrics = new MetricSet();
  const read = (name: string, help: string, value: () => number) =>
    metrics.gauge({
      name,
      help,
      collect() {
        this.set({}, value());
      },
    });

  const { version, commit } = versionInfo();
  metrics.gauge({ name: "rhythmx_build_info", help: "What is running.", labelled: true }).set({ version, commit }, 1);
  read("rhythmx_uptime_seconds", "Seconds since start.", () => Math.floor(sources.uptimeMs() / 1000));
  read("rhythmx_event_log_end", "Sequence number of the newest event.", sources.logEnd);
  read("rhythmx_intake_pending_bytes", "Bytes of batches being taken in.", sources.pendingBytes);
  read("process_resident_memory_bytes", "Resident memory in bytes.", () => process.memoryUsage.rss());

  type Values = () => Iterable<readonly [labels: Labels, value: number]>;
  const labelled = (name: string, help: string, values: Values) => ({
    name,
    help,
    labelled: true,
    collect(this: Metric) {
      this.reset();
      for (const [labels, value] of values()) this.set(labels, value);
    },
  });
  const gauges = (name: string, help: string, values: Values) => metrics.gauge(labelled(name, help, values));
  const totals = (name: string, help: string, values: Values) => metrics.counter(labelled(name, help, values));
  const each = (value: (status: DestinationStatus) => number) => () =>
    sources.destinations().map((status) => [{ feed: status.feed, destination: status.name }, value(status)] as const);

  const connected = each((status) => (status.connected ? 1 : 0));
  gauges("rhythmx_syslog_connected", "1 while the destination is connected.", connected);
  const queued = each((status) => status.queued);
  gauges("rhythmx_syslog_queued", "Messages waiting.", queued);
  const sent = each((status) => status.sent);
  totals("rhythmx_syslog_written_total", "Messages handed to the transport.", sent);
  const resent = each((status) => status.resent);
  totals("rhythmx_syslog_resent_total", "Messages written again after a connection broke.", resent);
  const shrunk = each((status) => status.shrunk);
  totals("rhythmx_syslog_shrunk_total", "Messages shortened to fit.", shrunk);
  const errors = each((status) => status.errors);
  totals("rhythmx_syslog_errors_total", "Connections that failed or broke.", errors);

  const faults = () => sources.faults().map(({ name }) => [{ fault: name }, 1] as const);
  gauges("rhythmx_fault", "1 for each thing that is wrong at the moment.", faults);
  const failures = () => sources.loops().map(({ name, failures }) => [{ loop: name }, failures] as const);
  totals("rhythmx_loop_failures_total", "Turns of a loop that failed.", failures);

  metrics.gauge({
    name: "rhythmx_ticket_deliveries",
    help: "Deliveries to ticket systems that are not finished, by state.",
    labelled: true,
    async collect() {
      const deliveries = await sources.tickets.deliveries();
      this.reset();
      for (const { system, state, count } of deliveries) this.set({ system, state }, count);
    },
  });
  metrics.gauge({
    name: "rhythmx_tickets",
    help: "Tickets that are known: there, gone from their target, and those that could not be read when they were last tried.",
    labelled: true,
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
  totals("rhythmx_ticket_webhooks_total", "Webhooks by what became of them.", hooks);
  const found = () =>
    sources.tickets.syncs().flatMap(({ system, okAt }) => (okAt === null ? [] : [[{ system }, okAt / 1000] as const]));
  gauges("rhythmx_ticket_sync_timestamp_seconds", "When changed tickets were last found.", found);
  const prunedEvents = metrics.counter({
    name: "rhythmx_events_pruned_total",
    help: "Events that passed the retention limit.",
  });
  const expired = metrics.counter({
    name: "rhythmx_events_expired_total",
    help: "Deliveries that will not happen because the event passed the retention limit first.",
  });
  const answers = metrics.counter({
    name: "rhythmx_intake_requests_total",
    help: "Batches by HTTP status.",
    labelled: true,
  });
  const asked = metrics.counter({
    name: "rhythmx_api_requests_total",
    help: "Requests of the API by method and HTTP status.",
    labelled: true,
  });
  const reloads = metrics.counter({
    name: "rhythmx_config_reloads_total",
    help: "Reloads of the settings by what became of them.",
    labelled: true,
  });
  for (const outcome of ["taken", "refused", "failed"]) reloads.set({ outcome }, 0);
  const lastReload = metrics.gauge({
    name: "rhythmx_config_last_reload_successful",
    help: "1 unless the last reload refused something.",
  });
  lastReload.set({}, 1);
  return {
    reloaded: (outcome) => {
      reloads.add({ outcome });
      lastReload.set({}, outcome === "taken" ? 1 : 0);
    },
    text: () => metrics.text(),
    asked: (method, status) => asked.add({ method, status: String(status) }),
    pruned: (events, lost) => {
      prunedEvents.add({}, events);
      expired.add({}, lost);
    },
    ingested: (status) => answers.add({ status: String(status) }),
  };
}
