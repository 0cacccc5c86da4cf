/** The cadence gate: decides whether tickets are sent a changed level now (CONTRACT 6). */
import { messageOf } from "../../core/errors.ts";
import { gateLine } from "../../core/tickets/cadence.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

/** The wait after an error of the database. */
const afterErrorMs = 1_000;

interface GateParts {
  store: Store;
  log: Log;
  /** Called when there is something to send. */
  passed(): void;
}

export class CadenceGate {
  readonly #parts: GateParts;
  /** Null before settings are applied. */
  #cadenceHours: number | null = null;
  #asking: Promise<void> | null = null;
  /** When the gate is next due; epoch milliseconds. */
  #nextAt = 0;
  #askedAt = 0;
  #again = false;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  apply(cadenceHours: number): void {
    this.#cadenceHours = cadenceHours;
    this.wake();
  }

  /** Call when a level may have changed: the next tick asks the gate. */
  wake(): void {
    if (this.#asking !== null) this.#again = true;
    else this.#nextAt = 0;
  }

  /** When the next tick has something to do (epoch milliseconds); Infinity: not until it is woken. */
  nextDueAt(now: number): number {
    if (this.#cadenceHours === null) return Number.POSITIVE_INFINITY;
    return this.#asking !== null ? now : Math.max(now, this.#nextAt);
  }

  isIdle(): boolean {
    return this.#asking === null;
  }

  async settled(): Promise<void> {
    await this.#asking;
  }

  tick(now: number): void {
    if (this.#cadenceHours === null || this.#asking !== null) return;
    // A clock that was set back must not make it wait for the old time.
    if (now < this.#nextAt && now >= this.#askedAt) return;
    this.#askedAt = now;
    this.#again = false;
    this.#asking = this.#ask(this.#cadenceHours, now).finally(() => {
      this.#asking = null;
      if (this.#again) this.#nextAt = 0;
    });
  }

  async #ask(cadenceHours: number, now: number): Promise<void> {
    const { store, log, passed } = this.#parts;
    try {
      const { outcomes, nextAt } = await store.tickets.passGate(cadenceHours, now);
      this.#nextAt = nextAt ?? Number.POSITIVE_INFINITY;
      for (const { incidentId, system, decision } of outcomes) {
        const line = gateLine(incidentId, decision);
        if (line !== null) log.info(line, { system });
      }
      if (outcomes.some(({ decision }) => decision.push)) passed();
    } catch (error) {
      this.#nextAt = now + afterErrorMs;
      log.error("changed levels cannot be read", { error: messageOf(error) });
    }
  }
}
