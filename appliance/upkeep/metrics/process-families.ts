/** The process, its loops, and what is wrong. */
import { cpuSeconds, residentBytes, startedAtSeconds } from "../../runtime/process-figures.ts";
import { versionInfo } from "../../runtime/version.ts";
import { counter, each, gauge, one } from "./families.ts";
import type { Family } from "./family.ts";
import type { Gathered, MetricSources } from "./sources.ts";
import type { Distribution } from "./tally.ts";

export function processFamilies(sources: MetricSources, gathered: Gathered, lag: Distribution): Family[] {
  const { version, commit } = versionInfo();
  const { openFiles, openFilesLimit } = gathered;
  return [
    gauge("rhythmx_build_info", "What is running.", () => [[{ version, commit }, 1]]),
    gauge("rhythmx_uptime_seconds", "Seconds since start.", one(Math.floor(sources.uptimeMs() / 1000))),
    gauge("process_start_time_seconds", "Start of the process, since 1970.", one(startedAtSeconds())),
    counter("process_cpu_seconds_total", "Processor time of user and system.", one(cpuSeconds())),
    gauge("process_resident_memory_bytes", "Resident memory in bytes.", one(residentBytes())),
    gauge("process_open_fds", "Open files and connections.", one(openFiles)),
    gauge("process_max_fds", "The most files and connections that may be open.", one(openFilesLimit)),
    {
      name: "rhythmx_event_loop_lag_seconds",
      help: "How much later than wanted a timer came, twice a second.",
      type: "histogram",
      bounds: lag.bounds,
      read: () => lag.read(),
    },
    gauge("rhythmx_store_calls", "Calls of the database without an answer yet.", () =>
      Object.entries(sources.storeCalls()).map(([worker, count]) => [{ worker }, count]),
    ),
    gauge("rhythmx_fault", "1 for each thing that is wrong at the moment.", () =>
      sources.faults().map(({ name }) => [{ fault: name }, 1]),
    ),
    ...loopFamilies(sources),
  ];
}

function loopFamilies({ loops }: MetricSources): Family[] {
  const ofLoops = each(loops, ({ name }) => ({ loop: name }));
  return [
    counter(
      "rhythmx_loop_failures_total",
      "Turns of a loop that failed.",
      ofLoops(({ failures }) => failures),
    ),
    gauge(
      "rhythmx_loop_last_run_timestamp_seconds",
      "When a loop's last turn ended, well or not.",
      ofLoops(({ lastRun }) => (lastRun === null ? null : lastRun / 1000)),
    ),
    gauge(
      "rhythmx_loop_interval_seconds",
      "The longest time between two turns of a loop.",
      ofLoops(({ everyMs }) => everyMs / 1000),
    ),
    gauge(
      "rhythmx_loop_last_duration_seconds",
      "How long a loop's last turn took.",
      ofLoops(({ lastDurationMs }) => lastDurationMs / 1000),
    ),
  ];
}
