/** Intake's state, and the destinations of the two syslog feeds. */
import { counter, each, gauge, one } from "./families.ts";
import type { Family } from "./family.ts";
import type { MetricSources } from "./sources.ts";

export function deliveryFamilies(sources: MetricSources): Family[] {
  const { now, destinations, logEnd, pendingBytes, intakeOpen } = sources;
  const of = each(destinations, ({ feed, name }) => ({ feed, destination: name }));
  return [
    gauge("rhythmx_intake_open", "1 while intake takes batches.", one(intakeOpen() ? 1 : 0)),
    gauge("rhythmx_intake_pending_bytes", "Bytes of batches being taken in.", one(pendingBytes())),
    gauge("rhythmx_event_log_end", "Sequence number of the newest event.", one(logEnd())),
    gauge(
      "rhythmx_syslog_connected",
      "1 while the destination is connected.",
      of(({ connected }) => (connected ? 1 : 0)),
    ),
    gauge(
      "rhythmx_syslog_failing",
      "1 while the last attempt to reach the destination failed.",
      of(({ lastError }) => (lastError === null ? 0 : 1)),
    ),
    gauge(
      "rhythmx_syslog_queued",
      "Messages waiting.",
      of(({ queued }) => queued),
    ),
    gauge(
      "rhythmx_syslog_oldest_waiting_seconds",
      "How long ago the oldest message that waits was recorded; 0 while none waits.",
      of(({ waitingSince }) => (waitingSince === null ? 0 : Math.max(0, now() - waitingSince) / 1000)),
    ),
    gauge(
      "rhythmx_syslog_last_sent_timestamp_seconds",
      "When a message was last handed to the transport.",
      of(({ lastSent }) => (lastSent === null ? null : lastSent / 1000)),
    ),
    counter(
      "rhythmx_syslog_written_total",
      "Messages handed to the transport.",
      of(({ sent }) => sent),
    ),
    counter(
      "rhythmx_syslog_resent_total",
      "Messages written again after a connection broke.",
      of(({ resent }) => resent),
    ),
    counter(
      "rhythmx_syslog_shrunk_total",
      "Messages shortened to fit.",
      of(({ shrunk }) => shrunk),
    ),
    counter(
      "rhythmx_syslog_errors_total",
      "Connections that failed or broke.",
      of(({ errors }) => errors),
    ),
  ];
}
