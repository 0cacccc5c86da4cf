/** Systems that refused something are tried again by reading; what that lets go goes by itself. */
import { messageOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import { endedCauses, nextProbe } from "../../core/tickets/probes.ts";
import { type TestStep, type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";

/** How often it is looked whether a probe is due. */
const lookEveryMs = 60_000;

export interface ParkedParts {
  store: Store;
  clock: Clock;
  log: Log;
  isEnabled(system: TicketSystemName): boolean;
  /** Reads only. */
  test(system: TicketSystemName): Promise<TestStep[]>;
  wake(): void;
}

export class ParkedProbes {
  readonly #parts: ParkedParts;
  #lookAt = 0;
  #looking: Promise<void> | null = null;

  constructor(parts: ParkedParts) {
    this.#parts = parts;
  }

  tick(now: number): void {
    if (this.#looking !== null || now < this.#lookAt || !ticketSystems.some(this.#parts.isEnabled)) return;
    this.#lookAt = now + lookEveryMs;
    this.#looking = this.#look(now)
      .catch((error: unknown) => this.#parts.log.error("parked deliveries cannot be read", { error: messageOf(error) }))
      .finally(() => {
        this.#looking = null;
      });
  }

  async #look(now: number): Promise<void> {
    const letters = await this.#parts.store.reading.listDeadLetters(null);
    for (const system of ticketSystems.filter(this.#parts.isEnabled)) {
      const parked = letters.filter((one) => one.system === system && one.state === "parked");
      const before = await this.#parts.store.tickets.readProbe(system);
      if (parked.length === 0) {
        if (before !== null) await this.#parts.store.tickets.saveProbe(system, null);
        continue;
      }
      const due = nextProbe(parked, before);
      if (due === null || now < due) continue;
      await this.#probe(system);
    }
  }

  async #probe(system: TicketSystemName): Promise<void> {
    const { store, clock, log, test, wake } = this.#parts;
    const steps = await test(system).catch((error: unknown) => [
      { name: "Settings", ok: false, detail: messageOf(error) },
    ]);
    const failed = steps.find(({ ok }) => !ok);
    const ok = failed === undefined;
    const before = await store.tickets.readProbe(system);
    const resumed = await store.tickets.retryDeliveries(
      { system, state: "parked", causes: endedCauses(before, ok) },
      clock.now(),
    );
    await store.tickets.saveProbe(system, { count: (before?.count ?? 0) + 1, last: clock.now(), ok });
    log.info("a system with parked deliveries was tried", {
      system,
      answer: failed === undefined ? "ok" : `${failed.name}: ${failed.detail}`,
      resumed,
    });
    if (resumed > 0) wake();
  }
}
