/**
 * Has the search index follow what is written, behind intake: in steps of some milliseconds of the writer's time, with pauses between
 * them that leave intake 95 % of it while new alerts come in, and 90 % while the writer has something else to do. As long as short steps are enough
 * for new alerts, no request waits for a long one.
 */
import { EdgeError } from "../../core/errors.ts";
import type { AppendedCounts } from "../../core/event.ts";
import type { Clock } from "../../core/ports.ts";
import type { Store } from "../../store/open-store.ts";

/** The least time between two steps, in milliseconds: changes that come close together are one step. */
const shortestPauseMs = 150;
const leastPauseMs = 10;
/** Pauses, in lengths of the step before: while alerts come in, while repeats keep the writer busy, and while nothing does. */
const busyPause = 19;
const heldUpPause = 9;
const quietPause = 0.5;
/** A step that waited for its turn for longer than this has met a busy writer. */
const heldUpMs = 4;
/** Behind by more than this, it takes long steps also while alerts come in: they get through more. */
const farBehind = 1_000;

export class SearchUpkeep {
  readonly #store: Pick<Store, "admin">;
  readonly #clock: Clock;
  /** Epoch milliseconds; infinity = nothing to do until something is written. */
  #dueAt = 0;
  #behind = 0;
  #newestAlert = 0;
  /** Alerts came in between the last two steps. */
  #busy = false;
  #step: Promise<void> | null = null;
  #dueChanged = () => {};

  constructor({ store, clock }: { store: Pick<Store, "admin">; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Rows that the index does not know yet, as of the last step. */
  get behind(): number {
    return this.#behind;
  }

  onDueChanged(listener: () => void): void {
    this.#dueChanged = listener;
  }

  nextDueAt(): number {
    return this.#dueAt;
  }

  /** Something was written that may have to be found. */
  wake(counts: AppendedCounts): void {
    if (!Object.keys(counts).some((kind) => kind !== "alert_hourly")) return;
    this.#behind = Math.max(this.#behind, 1);
    if (this.#dueAt !== Number.POSITIVE_INFINITY) return;
    this.#dueAt = this.#clock.now() + shortestPauseMs;
    this.#dueChanged();
  }

  /** One step. @throws StoreError */
  async tick(): Promise<void> {
    this.#step ??= this.#index().finally(() => {
      this.#step = null;
    });
    await this.#step;
  }

  /** Before a search: indexes what has just been written, unless intake needs the writer. The search answers in any case. */
  async fresh(): Promise<void> {
    if (this.#behind === 0 || this.#busy) return;
    await this.tick().catch((error: unknown) => {
      if (!(error instanceof EdgeError)) throw error;
    });
  }

  async #index(): Promise<void> {
    const isShort = this.#busy && this.#behind <= farBehind;
    const begun = this.#clock.monotonic();
    const { indexed, behind, newestAlert, tookMs } = await this.#store.admin.indexSome(isShort);
    const isHeldUp = this.#clock.monotonic() - begun - tookMs > heldUpMs;
    this.#busy = this.#newestAlert > 0 && newestAlert - this.#newestAlert > 20;
    this.#newestAlert = newestAlert;
    this.#behind = behind;
    // What makes another short step need not wait for more.
    const shortest = isShort && behind >= indexed ? leastPauseMs : shortestPauseMs;
    const lengths = isHeldUp ? heldUpPause : quietPause;
    const pause = Math.ceil(this.#busy ? Math.max(shortest, tookMs * busyPause) : tookMs * lengths);
    // While it is busy another step follows in any case: only that tells when intake has ended.
    this.#dueAt =
      behind > 0 || this.#busy ? this.#clock.now() + Math.max(pause, leastPauseMs) : Number.POSITIVE_INFINITY;
  }
}
