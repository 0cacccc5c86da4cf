/** Watches a start that waits for the disk: a node that leads meanwhile keeps the others from it. */

interface Fault {
  name: string;
  message: string;
}

/** Faults of a start that waits. */
const blocking: readonly string[] = ["store_open", "destinations", "correlation"];

export class BlockedStart {
  readonly #others: (faults: readonly Fault[]) => void;
  /** By the monotonic clock. */
  #since = Number.POSITIVE_INFINITY;
  #why = "";

  /** `others`: who is told of the faults as well. */
  constructor(others: (faults: readonly Fault[]) => void = () => {}) {
    this.#others = others;
  }

  /** To be called with the present faults whenever they change. */
  readonly noted = (faults: readonly Fault[]): void => {
    const fault = faults.find(({ name }) => blocking.includes(name));
    if (fault === undefined) this.#since = Number.POSITIVE_INFINITY;
    else {
      this.#since = Math.min(this.#since, performance.now());
      this.#why = fault.message;
    }
    this.#others(faults);
  };

  /** What it has waited for, for at least so long; null: it does not. */
  because(milliseconds: number): string | null {
    return performance.now() - this.#since >= milliseconds ? this.#why : null;
  }
}
