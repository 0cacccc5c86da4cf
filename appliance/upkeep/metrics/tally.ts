/** Counters and histograms of the service itself. They begin at 0 with the process. */
import type { Counted, Labels, Sample } from "./family.ts";

/** A counter by labels, whose values must be few and known: never what a sender chose. */
export class Tally {
  readonly #counts = new Map<string, { labels: Labels; count: number }>();

  /** `known`: series that are there from the start with 0, so that the first step of a counter is seen. */
  constructor(known: readonly Labels[] = []) {
    for (const labels of known) this.add(labels, 0);
  }

  add(labels: Labels, more = 1): void {
    const key = Object.values(labels).join("\n");
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { labels, count: more });
    else known.count += more;
  }

  read(): Sample[] {
    return [...this.#counts.values()].map(({ labels, count }) => [labels, count]);
  }
}

/** A histogram by labels. */
export class Distribution {
  readonly #series = new Map<string, { labels: Labels; counts: number[]; sum: number }>();

  /** `bounds`: upper bounds of the buckets, rising, in seconds. */
  constructor(
    readonly bounds: readonly number[],
    known: readonly Labels[] = [],
  ) {
    for (const labels of known) this.#of(labels);
  }

  /** Counts one that took so many milliseconds. */
  took(milliseconds: number, labels: Labels = {}): void {
    const seconds = Math.max(0, milliseconds) / 1000;
    const series = this.#of(labels);
    const index = this.bounds.findIndex((bound) => seconds <= bound);
    const bucket = index === -1 ? this.bounds.length : index;
    series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
    series.sum += seconds;
  }

  read(): Counted[] {
    return [...this.#series.values()];
  }

  #of(labels: Labels): { counts: number[]; sum: number } {
    const key = Object.values(labels).join("\n");
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const made = { labels, counts: this.bounds.map(() => 0).concat(0), sum: 0 };
    this.#series.set(key, made);
    return made;
  }
}
