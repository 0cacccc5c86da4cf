/** A soak in a table for docs/benchmarks.md. */
import type { Summary } from "./latencies.ts";
import type { SoakReport } from "./soak.ts";

/** Memory settles for so long: what it grows by after that is judged, if there are at least ten minutes more. */
const settlingHours = 20 / 60;
const judgedHours = 10 / 60;
/** Memory may grow by so much, and health may take so long. */
const mostMegabytesAnHour = 1;
const mostHealthMs = 100;

const whole = (value: number) => Math.round(value).toLocaleString("en");
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
const quantiles = ({ p50, p99 }: Summary) => `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`;

/** Aims of runs that are long enough to be held to them; each that is missed is one line. */
export function aimsOf(report: SoakReport, minutes: number): string[] {
  if (minutes / 60 < settlingHours + judgedHours) return [];
  const missed: string[] = [];
  const trend = report.sampler.memoryTrend(settlingHours);
  // What chance alone may explain is no growth.
  if (trend !== null && trend.slope - 2 * trend.error > mostMegabytesAnHour)
    missed.push(`memory grows by ${trend.slope.toFixed(1)} ± ${trend.error.toFixed(1)} MB/h`);
  const health = report.watcher.latencies.health?.p99 ?? Number.NaN;
  if (!(health <= mostHealthMs)) missed.push(`health answers in ${health.toFixed(0)} ms, p99`);
  return missed;
}

export function tableOf(report: SoakReport, minutes: number, seed: string): string {
  const { traffic, watcher, sampler, site } = report;
  const last = sampler.samples.at(-1);
  const from = minutes / 60 >= settlingHours + judgedHours ? settlingHours : (last?.at ?? 0) / 2;
  const trend = sampler.memoryTrend(from);
  const highest = (of: (sample: (typeof sampler.samples)[number]) => number) => Math.max(...sampler.samples.map(of));
  const rows: [string, string][] = [
    [
      "run",
      `${minutes} min, seed ${seed}, ${[...report.faults.values()].reduce((sum, n) => sum + n, 0)} faults of ${report.faults.size} kinds`,
    ],
    [
      "capacity, load",
      `${whole(report.capacity)}/s, ${whole(report.loadRecords / report.loadSeconds)}/s; ${whole(traffic.skipped)} records left out`,
    ],
    [
      "detections",
      `${whole(traffic.accepted)} accepted, ${whole(traffic.duplicates)} known, ${whole(traffic.rejected)} refused, ${whole(traffic.replayed)} batches sent again`,
    ],
    ["alerts, incidents, alarms", `${whole(traffic.subjects)}, ${whole(report.incidents)}, ${whole(traffic.alarms)}`],
    [
      "tickets in Jira, ServiceNow",
      `${whole(report.tickets[0])}, ${whole(report.tickets[1])}; ${report.changes} changes by people, ${report.identified} identified, ${report.again} made again`,
    ],
    ...site.destinations.map(({ transport, told, receiver }): [string, string] => [
      `messages over ${transport}`,
      `${whole(told.messages)}, ${whole(told.repeated)} of them repeated after ${Math.max(0, receiver.accepted() - 1)} breaks${transport === "udp" ? `, ${whole(told.skipped)} occurrences skipped` : ""}`,
    ]),
    [
      "pollers, stream",
      `${Object.values(watcher.given)
        .map(({ length }) => whole(length))
        .join(", ")} incidents; ${watcher.streams} streams`,
    ],
    ["intake, batches, p50 / p99", quantiles(traffic.batches)],
    ["intake, one at a time, p50 / p99", quantiles(traffic.singles)],
    ...Object.entries(watcher.latencies).map(([kind, of]): [string, string] => [`${kind}, p50 / p99`, quantiles(of)]),
    ["event loop late, p99, p99.9", `≤ ${sampler.lagMs(0.99)} ms, ≤ ${sampler.lagMs(0.999)} ms`],
    [
      "memory, first, highest, last",
      [sampler.samples[0]?.residentBytes ?? 0, highest((one) => one.residentBytes), last?.residentBytes ?? 0]
        .map(megabytes)
        .join(", "),
    ],
    [
      `memory from minute ${(from * 60).toFixed(0)}`,
      trend === null
        ? "too short to be said"
        : `${trend.slope >= 0 ? "+" : ""}${trend.slope.toFixed(1)} ± ${trend.error.toFixed(1)} MB/h`,
    ],
    [
      "descriptors, first, highest, last",
      [sampler.samples[0]?.descriptors ?? 0, highest((one) => one.descriptors), last?.descriptors ?? 0].join(", "),
    ],
    [
      "most waiting: messages, deliveries",
      `${whole(highest(({ queued }) => Math.max(0, ...queued.values())))}, ${whole(highest((one) => one.tickets))}`,
    ],
    ["database", megabytes(report.databaseBytes)],
    ["violations", String(report.violations.length)],
  ];
  return ["| figure | |", "|---|---|", ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
}
