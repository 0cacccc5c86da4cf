/** Prometheus metrics. Gauges and counters are read from the parts that own them when somebody asks. */
import { Counter, Gauge, Registry } from "prom-client";
import type { DestinationStatus } from "../transports/syslog/destination.ts";
import type { LoopStatus } from "./scheduler.ts";
import { versionInfo } from "./version.ts";

export interface MetricSources {
  uptimeMs(): number;
  destinations(): readonly DestinationStatus[];
  loops(): readonly LoopStatus[];
  faults(): readonly { name: string }[];
  logEnd(): number;
  pendingBytes(): number;
}

export interface Metrics {
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  /** Counts events taken out of the log by retention, and those that some destination had not had. */
  pruned(events: number, expired: number): void;
  /** Counts what intake answered. */
  ingested(status: number): void;
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

  const perDestination = (suffix: string, help: string, value: (status: DestinationStatus) => number) =>
    new Gauge({
      name: `rhythmx_syslog_${suffix}`,
      help,
      labelNames: ["destination"],
      registers,
      collect() {
        this.reset();
        for (const status of sources.destinations()) this.set({ destination: status.name }, value(status));
      },
    });
  perDestination("connected", "1 while the destination is connected.", ({ connected }) => (connected ? 1 : 0));
  perDestination("queued", "Messages waiting.", ({ queued }) => queued);
  perDestination("written_total", "Messages handed to the transport.", ({ sent }) => sent);
  perDestination("resent_total", "Messages written again after a connection broke.", ({ resent }) => resent);
  perDestination("shrunk_total", "Messages shortened to fit.", ({ shrunk }) => shrunk);
  perDestination("errors_total", "Connections that failed or broke.", ({ errors }) => errors);

  new Gauge({
    name: "rhythmx_fault",
    help: "1 for each thing that is wrong at the moment.",
    labelNames: ["fault"],
    registers,
    collect() {
      this.reset();
      for (const { name } of sources.faults()) this.set({ fault: name }, 1);
    },
  });
  new Gauge({
    name: "rhythmx_loop_failures_total",
    help: "Turns of a loop that failed.",
    labelNames: ["loop"],
    registers,
    collect() {
      for (const { name, failures } of sources.loops()) this.set({ loop: name }, failures);
    },
  });

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
  return {
    text: () => registry.metrics(),
    pruned: (events, lost) => {
      prunedEvents.inc(events);
      expired.inc(lost);
    },
    ingested: (status) => answers.inc({ status: String(status) }),
  };
}
