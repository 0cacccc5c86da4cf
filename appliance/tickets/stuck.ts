/** The number of deliveries that wait for a person, for health: counted from time to time, and available at any time. */
import { messageOf } from "../../core/errors.ts";
import type { StuckTickets } from "../../core/feeds/health.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

export class StuckDeliveries {
  readonly #parts: { store: Store; log: Log };
  #counts: StuckTickets = { parked: 0, dead: 0 };
  #counting = false;

  constructor(parts: { store: Store; log: Log }) {
    this.#parts = parts;
  }

  get counts(): StuckTickets {
    return this.#counts;
  }

  tick(): void {
    if (this.#counting) return;
    this.#counting = true;
    void this.#count();
  }

  async #count(): Promise<void> {
    const { store, log } = this.#parts;
    try {
      const counted = await store.tickets.countDeliveries();
      const of = (state: string) =>
        counted.filter((one) => one.state === state).reduce((sum, one) => sum + one.count, 0);
      this.#counts = { parked: of("parked"), dead: of("dead") };
    } catch (error) {
      log.warn("deliveries cannot be counted", { error: messageOf(error) });
    } finally {
      this.#counting = false;
    }
  }
}
