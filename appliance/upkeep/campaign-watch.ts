/** The loop that finds campaigns: after incidents were made or changed, and now and then for those that only go on. */
import type { AppendedCounts } from "../../core/event.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

interface Parts {
  store: Pick<Store, "campaigns" | "reading">;
  log: Log;
  /** Called when incidents have been looked at: what waited for that may go on. */
  passed?(): void;
  /** Milliseconds that only grow; default: they stand still, and a turn ends when there is nothing more to do. */
  monotonic?(): number;
  /** A turn consists of small steps; no further one is started once this is aborted. */
  stopping: AbortSignal;
}

/** Where very many incidents come at once, intake goes before: a turn takes so many milliseconds of each second. */
const turnMs = 100;

export class CampaignWatch {
  readonly #parts: Parts;
  /** There are events that no turn has looked at: at the start those that came after the last turn of the process before. */
  #isBehind = true;
  #isUsed = false;
  #failures = 0;
  #onDue: () => void = () => {};

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `listener` is called when the next turn is due earlier than was said. */
  onDueChanged(listener: () => void): void {
    this.#onDue = listener;
  }

  /** Called with what each commit appended. */
  appended(counts: AppendedCounts): void {
    if (this.#isBehind || (counts.incident_created ?? counts.incident_updated ?? counts.incident_scored ?? 0) === 0)
      return;
    this.#isBehind = true;
    this.#onDue();
  }

  /** Epoch milliseconds; Infinity: nothing before incidents change. */
  nextDueAt(now: number): number {
    return this.#isBehind ? now : Number.POSITIVE_INFINITY;
  }

  /** How often an incident's evidence could not be looked at, since the start. */
  get failures(): number {
    return this.#failures;
  }

  /** One turn at `now`, epoch milliseconds. */
  async tick(now: number): Promise<void> {
    const { store, log, stopping, passed, monotonic = () => 0 } = this.#parts;
    const end = monotonic() + turnMs;
    this.#isBehind = false;
    try {
      this.#isUsed ||= await store.campaigns.hasIncidents();
      if (!this.#isUsed) return;
      for (let goesOn = true; goesOn && !stopping.aborted; ) {
        if (monotonic() >= end) {
          this.#isBehind = true;
          return;
        }
        const { step, more } = await store.reading.campaignStep(now);
        goesOn = more;
        if (step === null) continue;
        await store.campaigns.joinIncidents(step, now);
        passed?.();
        this.#failures += step.failed.length;
        for (const { incidentId, message } of step.failed)
          log.error("an incident was not looked at for campaigns", { incident: incidentId, error: message });
      }
    } catch (error) {
      this.#isBehind = true;
      throw error;
    }
  }
}
