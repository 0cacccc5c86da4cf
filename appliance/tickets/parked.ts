/** Probes systems with deliveries that stand still by reading; deliveries whose cause has ended are resumed. */
import { messageOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { countAfter, endedCauses, isProbedFor, nextProbe, throttled } from "../../core/tickets/probes.ts";
import type { TicketSystemName } from "../../core/tickets/ticket.ts";
import { minuteMs } from "../../core/time.ts";
import type { Store } from "../../store/open-store.ts";
import type { DeadLetters } from "../../store/outbox/dead-letters.ts";
import type { Log } from "../runtime/log.ts";
import type { Lane } from "./lane/lane.ts";
import { retryStanding } from "./standing.ts";

/** The shortest time between two checks whether a probe is due. */
const lookEveryMs = minuteMs;

interface ParkedParts {
  store: Store;
  clock: Clock;
  log: Log;
  lanes: readonly Lane[];
}

export class ParkedProbes {
  readonly #parts: ParkedParts;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** When the next probe is due, as far as known; epoch milliseconds. */
  #nextAt = 0;
  #looking: Promise<void> | null = null;
  #again = false;

  constructor(parts: ParkedParts) {
    this.#parts = parts;
  }

  /** Call when deliveries may have been parked. */
  wake(): void {
    this.#again = true;
  }

  /** When the next check is due (epoch ms); Infinity: not until a delivery is parked. */
  nextDueAt(now: number): number {
    if (!this.#parts.lanes.some(({ isEnabled }) => isEnabled)) return Number.POSITIVE_INFINITY;
    if (this.#looking !== null) return now;
    const nextAt = this.#again ? Math.min(this.#nextAt, this.#lookedAt + lookEveryMs) : this.#nextAt;
    // A clock that was set back must not make it wait for the old time.
    return now < this.#lookedAt ? now : Math.max(now, nextAt);
  }

  isIdle(): boolean {
    return this.#looking === null;
  }

  async settled(): Promise<void> {
    await this.#looking;
  }

  tick(now: number): void {
    if (this.#looking !== null || this.nextDueAt(now) > now) return;
    this.#lookedAt = now;
    this.#again = false;
    this.#looking = this.#look(now)
      .then((nextAt) => {
        this.#nextAt = Math.max(nextAt, now + lookEveryMs);
      })
      .catch((error: unknown) => {
        this.#nextAt = now + lookEveryMs;
        this.#parts.log.error("parked deliveries cannot be read", { error: messageOf(error) });
      })
      .finally(() => {
        this.#looking = null;
      });
  }

  /** Makes due probes; returns when the next one is due, Infinity = none. */
  async #look(now: number): Promise<number> {
    const letters = await this.#parts.store.reading.listDeadLetters(null);
    const parked = letters.filter(isProbedFor);
    let nextAt = Number.POSITIVE_INFINITY;
    for (const lane of this.#parts.lanes.filter(({ isEnabled }) => isEnabled)) {
      const ofLane = parked.filter(({ system }) => system === lane.system);
      let due = await this.#dueAt(lane.system, ofLane);
      if (due !== null && due <= now) {
        await this.#probe(lane, ofLane);
        due = await this.#dueAt(lane.system, ofLane);
      }
      nextAt = Math.min(nextAt, due ?? Number.POSITIVE_INFINITY);
    }
    return nextAt;
  }

  async #dueAt(system: TicketSystemName, parked: readonly DeadLetters[]): Promise<number | null> {
    const { tickets } = this.#parts.store;
    const before = await tickets.readProbe(system);
    if (parked.length > 0) return nextProbe(parked, before, this.#parts.clock.now());
    if (before !== null) await tickets.saveProbe(system, null);
    return null;
  }

  async #probe(lane: Lane, parked: readonly DeadLetters[]): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { system } = lane;
    const steps = await lane
      .test()
      .catch((error: unknown) => [{ name: "Settings", ok: false, detail: messageOf(error) }]);
    const failed = steps.find(({ ok }) => !ok);
    const ok = failed === undefined;
    const before = await store.tickets.readProbe(system);
    const again = (state: "parked" | "dead", causes: readonly string[]) =>
      causes.length === 0 ? 0 : retryStanding(store.tickets, { system, state, causes }, clock.now());
    const resumed = (await again("parked", endedCauses(before, ok))) + (await again("dead", ok ? [throttled] : []));
    await store.tickets.saveProbe(system, { count: countAfter(parked, before), last: clock.now(), ok });
    log.info("a system with parked deliveries was tried", {
      system,
      answer: failed === undefined ? "ok" : `${failed.name}: ${failed.detail}`,
      resumed,
    });
    if (resumed > 0) lane.wake();
  }
}
