/** The cadence gate: decides whether tickets are sent a changed level now (CONTRACT 6), and what becomes of the tickets of campaigns. */
import { messageOf } from "../../core/errors.ts";
import { gateLine } from "../../core/tickets/cadence.ts";
import { minuteMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

/** The longest time between two questions. */
const longestUnseenMs = minuteMs;
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
  /** The rules may have changed: all campaigns are looked at. */
  #review = true;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  apply(cadenceHours: number): void {
    this.#cadenceHours = cadenceHours;
    this.#review = true;
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
    // A clock that was set back must not make it wait for the old time; and in case nobody woke it.
    if (now < this.#nextAt && now >= this.#askedAt && now - this.#askedAt < longestUnseenMs) return;
    this.#askedAt = now;
    this.#again = false;
    this.#asking = this.#ask(this.#cadenceHours, now).finally(() => {
      this.#asking = null;
      if (this.#again) this.#nextAt = 0;
    });
  }

  async #ask(cadenceHours: number, now: number): Promise<void> {
    const { store, log, passed } = this.#parts;
    const review = this.#review;
    this.#review = false;
    try {
      const { outcomes, campaigns, nextAt } = await store.tickets.passGate(cadenceHours, now, review);
      this.#nextAt = nextAt ?? Number.POSITIVE_INFINITY;
      for (const { incidentId, system, decision } of outcomes) {
        const line = gateLine(incidentId, decision);
        if (line !== null) log.info(line, { system });
      }
      for (const { campaignId, error } of campaigns.failed)
        log.error("the tickets of a campaign cannot be decided: each of its incidents has its own", {
          campaign: campaignId,
          error,
        });
      if (campaigns.settled > 0 || outcomes.some(({ decision }) => decision.push)) passed();
    } catch (error) {
      this.#nextAt = now + afterErrorMs;
      this.#review ||= review;
      log.error("changed levels cannot be read", { error: messageOf(error) });
    }
  }
}
