/** Milliseconds in buckets that grow by 2 %: however long a run is, they take the same memory. */
const growth = Math.log(1.02);
/** Microseconds are the smallest bucket. */
const smallest = 0.001;

export class Latencies {
  readonly #buckets: number[] = [];
  count = 0;

  add(milliseconds: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(smallest, milliseconds) / smallest) / growth));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.count++;
  }

  /** The value that a share of all does not exceed, at most 2 % too high; NaN without any. */
  quantile(share: number): number {
    let seen = 0;
    for (const [bucket, count] of this.#buckets.entries()) {
      seen += count ?? 0;
      if (seen > 0 && seen >= this.count * share) return smallest * Math.exp(bucket * growth);
    }
    return Number.NaN;
  }

  /** All 0 without any: JSON has no NaN. */
  summary(): Summary {
    const of = (share: number) => (this.count === 0 ? 0 : this.quantile(share));
    return { count: this.count, p50: of(0.5), p99: of(0.99), max: of(1) };
  }
}

/** Milliseconds. */
export interface Summary {
  count: number;
  p50: number;
  p99: number;
  max: number;
}
