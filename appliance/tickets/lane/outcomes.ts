/** How requests for deliveries to one system ended since the start, for metrics. */
import type { DeliveryOutcome } from "../../../store/outbox/delivery-outcomes.ts";

export class Outcomes {
  #confirmed = 0;
  #failed = 0;
  #confirmedAt: number | null = null;

  get confirmed(): number {
    return this.#confirmed;
  }

  get failed(): number {
    return this.#failed;
  }

  /** When a delivery was last confirmed by the system; epoch milliseconds, null = not yet. */
  get confirmedAt(): number | null {
    return this.#confirmedAt;
  }

  /** An outcome was stored at `now`. One without a request says nothing of the system. */
  note({ state, attempt }: Pick<DeliveryOutcome, "state" | "attempt">, now: number): void {
    if (attempt === null) return;
    if (state === "confirmed") {
      this.#confirmed++;
      this.#confirmedAt = now;
    } else this.#failed++;
  }
}
