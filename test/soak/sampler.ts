/** What is looked at every ten seconds while a soak runs: memory, descriptors, queues, and how late the event loop is. */
import { readdirSync } from "node:fs";
import { residentBytes } from "../bench/machine.ts";
import { parseMetrics, type Scrape } from "../harness/metrics.ts";
import type { Trend } from "./trend.ts";
import { trendOf } from "./trend.ts";

const lag = "rhythmx_event_loop_lag_seconds_bucket";

interface Sample {
  /** Hours since the load began. */
  at: number;
  residentBytes: number;
  descriptors: number;
  /** Messages that wait, by destination. */
  queued: ReadonlyMap<string, number>;
  /** Deliveries that are not finished. */
  tickets: number;
}

export class Sampler {
  readonly samples: Sample[] = [];
  readonly #url: string;
  readonly #pid: number;
  readonly #begin = performance.now();
  #first: Scrape | null = null;
  #last: Scrape | null = null;

  constructor(url: string, pid: number) {
    this.#url = `${url}/metrics`;
    this.#pid = pid;
  }

  async look(): Promise<Sample> {
    const scrape = parseMetrics(await (await fetch(this.#url, { signal: AbortSignal.timeout(60_000) })).text());
    this.#first ??= scrape;
    this.#last = scrape;
    const named = scrape.series.filter(({ name }) => name === "rhythmx_syslog_queued");
    const sample: Sample = {
      at: (performance.now() - this.#begin) / 3_600_000,
      residentBytes: residentBytes(this.#pid),
      descriptors: readdirSync(`/proc/${this.#pid}/fd`).length,
      queued: new Map(named.map(({ labels, value }) => [labels.destination ?? "?", value])),
      tickets: scrape.series
        .filter(({ name }) => name === "rhythmx_ticket_deliveries")
        .reduce((sum, { value }) => sum + value, 0),
    };
    this.samples.push(sample);
    return sample;
  }

  /** The event loop's lateness of which a share of all is not worse, in milliseconds: the upper bound of the histogram's bucket. */
  lagMs(share: number): number {
    const bucketsOf = (scrape: Scrape | null) =>
      (scrape?.series ?? [])
        .filter(({ name }) => name === lag)
        .map(
          ({ labels, value }) => [Number(labels.le === "+Inf" ? Number.POSITIVE_INFINITY : labels.le), value] as const,
        )
        .sort(([a], [b]) => a - b);
    const before = new Map(bucketsOf(this.#first));
    const after = bucketsOf(this.#last).map(([upTo, count]) => [upTo, count - (before.get(upTo) ?? 0)] as const);
    const all = after.at(-1)?.[1] ?? 0;
    return (after.find(([, count]) => count >= all * share)?.[0] ?? Number.NaN) * 1000;
  }

  /** Of memory after so many hours, in MB an hour; null for fewer than ten samples. */
  memoryTrend(afterHours: number): Trend | null {
    const points = this.samples.filter(({ at }) => at >= afterHours);
    return trendOf(points.map(({ at, residentBytes: bytes }) => ({ at, value: bytes / 1e6 })));
  }
}
