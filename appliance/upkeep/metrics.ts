/** Prometheus metrics. Gauges and counters are read from the parts that own them at each request. */
import { Counter, Gauge, Registry } from "prom-client";
import type { FeedName } from "../../core/feeds/feeds.ts";
import type { DestinationStatus } from "../../transports/syslog/destination/destination.ts";
import { versionInfo } from "../runtime/version.ts";
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
  const failures = () => sources.loops().map(({ name, failures }) => [{ loop: name }, failures] as const);
  totals("rhythmx_loop_failures_total", "Turns of a loop that failed.", ["loop"], failures);

  new Gauge({
    name: "rhythmx_ticket_deliveries",
    help: "Deliveries to ticket systems that are not finished, by state.",
    labelNames: ["system", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { system, state, count } of await sources.tickets.deliveries()) this.set({ system, state }, count);
    },
  });
  new Gauge({
    name: "rhythmx_tickets",
    help: "Tickets that are known: there, gone from their target, and those that could not be read when they were last tried.",
    labelNames: ["system", "state"],
    registers,
    async collect() {
      this.reset();
      for (const { system, count, gone, unreadable } of await sources.tickets.counts()) {
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
  const prunedEvents = new Counter({
    name: "rhythmx_events_pruned_total",
    help: "Events that passed the retention limit.",
    registers,
  });
  const expired = new Counter({
    name: "rhythmx_events_expired_total",
    help: "Deliveries that will not happen because the event passed the retention limit first.",
    registers,
  });
  const answers = new Counter({
    name: "rhythmx_intake_requests_total",
    help: "Batches by HTTP status.",
    labelNames: ["status"],
    registers,
  });
  const asked = new Counter({
    name: "rhythmx_api_requests_total",
    help: "Requests of the API by method and HTTP status.",
    labelNames: ["method", "status"],
    registers,
  });
  const reloads = new Counter({
    name: "rhythmx_config_reloads_total",
    help: "Reloads of the settings by what became of them.",
    labelNames: ["outcome"],
    registers,
  });
  for (const outcome of ["taken", "refused", "failed"]) reloads.inc({ outcome }, 0);
  const lastReload = new Gauge({
    name: "rhythmx_config_last_reload_successful",
    help: "1 unless the last reload refused something.",
    registers,
  });
  lastReload.set(1);
  return {
    reloaded: (outcome) => {
      reloads.inc({ outcome });
      lastReload.set(outcome === "taken" ? 1 : 0);
    },
    text: () => registry.metrics(),
    asked: (method, status) => asked.inc({ method, status: String(status) }),
    pruned: (events, lost) => {
      prunedEvents.inc(events);
      expired.inc(lost);
    },
    ingested: (status) => answers.inc({ status: String(status) }),
  };
}
