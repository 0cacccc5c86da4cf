/** The loop that looks for outbreaks: when alerts came, and when one has been waited for long enough. */
import type { AppendedCounts } from "../../core/event.ts";
import type { Store } from "../../store/open-store.ts";

/**
 * While alerts keep coming in, a turn looks at those of so many milliseconds: its commit and the pages that it writes are for all of them. The
 * first after a rest are looked at at once.
 */
const leastBetweenMs = 1_000;

export class OutbreakWatch {
  readonly #store: Pick<Store, "campaigns">;
  readonly #stopping: AbortSignal;
  /** There are alerts that no turn has looked at: at the start those that came after the last turn of the process before. */
  #isBehind = true;
  #nextAt: number | null = null;
  #lastTurnAt = Number.NEGATIVE_INFINITY;
  #onDue: () => void = () => {};

  /** `stopping`: a turn consists of small steps; no further one is started once this is aborted. */
  constructor({ store, stopping }: { store: Pick<Store, "campaigns">; stopping: AbortSignal }) {
    this.#store = store;
    this.#stopping = stopping;
  }

  /** `listener` is called when the next turn is due earlier than was said. */
  onDueChanged(listener: () => void): void {
    this.#onDue = listener;
  }

  /** Called with what each commit appended. */
  appended(counts: AppendedCounts): void {
    if (this.#isBehind || (counts.alert_first ?? 0) === 0) return;
    this.#isBehind = true;
    this.#onDue();
  }

  /** Epoch milliseconds; Infinity: nothing before alerts come. */
  nextDueAt(now: number): number {
    if (!this.#isBehind) return this.#nextAt ?? Number.POSITIVE_INFINITY;
    const rested = this.#lastTurnAt + leastBetweenMs;
    // A clock that was set back must not make it wait.
    return rested > now && rested <= now + leastBetweenMs ? rested : now;
  }

  /** One turn at `now`, epoch milliseconds. */
  async tick(now: number): Promise<void> {
    this.#isBehind = false;
    this.#lastTurnAt = now;
    try {
      for (let more = true; more && !this.#stopping.aborted; ) {
        const step = await this.#store.campaigns.followOutbreaks(now);
        this.#nextAt = step.nextAt;
        more = step.more;
      }
    } catch (error) {
      this.#isBehind = true;
      throw error;
    }
  }
}
