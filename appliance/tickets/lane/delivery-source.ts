/** The source of deliveries that are due: new ones and look-ups at their time, failed ones at times of the retry schedule. */
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import type { Delivery, RemotePerson } from "../../../core/tickets/ticket.ts";
import { WriteLimiter } from "../../../core/tickets/write-limiter.ts";
import { minuteMs } from "../../../core/time.ts";
import { carry } from "./carrier.ts";
import type { Due, Job, JobSource, LaneView } from "./jobs.ts";
import { Schedule } from "./schedule.ts";

export class DeliverySource implements JobSource {
  readonly reads = false;
  readonly #lane: LaneView;
  readonly #schedule = new Schedule();
  readonly #limiter = new WriteLimiter();
  /** Failed deliveries that were due at this time are sent again; epoch milliseconds. Null: at the start, all that are due. */
  #retriesUpTo: number | null = null;
  /** Deliveries whose work broke off, of which the ledger may say that they are being sent. */
  readonly #brokenOff = new Set<string>();
  /** The time of the last turn; epoch milliseconds. */
  #notedAt: number | null = null;
  /** Whether the clock may have been set back since waits were brought in line with it; so at the start. */
  #keepsWaits = true;
  /** When it was last seen to that nothing waits to be looked up in a system that is switched off; epoch milliseconds. */
  #parkedAt = Number.NEGATIVE_INFINITY;

  constructor(lane: LaneView) {
    this.#lane = lane;
  }

  apply({ retry }: TicketSettings): void {
    this.#parkedAt = Number.NEGATIVE_INFINITY;
    this.#schedule.set(retry.schedule);
  }

  async note(now: number): Promise<void> {
    const { throttle, system, isEnabled } = this.#lane;
    if (!isEnabled && Math.abs(now - this.#parkedAt) >= minuteMs) await this.#parkUnknown(now);
    const setBackBy = (this.#notedAt ?? now) - now;
    if (setBackBy > 0) throttle.until -= setBackBy;
    this.#keepsWaits ||= setBackBy > minuteMs;
    this.#notedAt = now;
    // A clock that was set back must not make every failed delivery due at once.
    const before = Math.min(this.#retriesUpTo ?? now, now);
    this.#retriesUpTo = this.#schedule.isDue(now) ? Math.max(before, this.#schedule.last(now)) : before;
    if (!this.#keepsWaits) return;
    const { store, log } = this.#lane.tools;
    const changed = await store.tickets.keepWaits(system, now);
    if (changed > 0)
      log.warn("the clock was set back: what it had planned goes by the present time", { system, changed });
    this.#keepsWaits = false;
  }

  /** Makes all failed deliveries due, without waiting for the schedule, after an outage. Epoch milliseconds. */
  retryAll(now: number): void {
    this.#retriesUpTo = now;
  }

  async due(now: number, most: number): Promise<Due> {
    const { store, clock } = this.#lane.tools;
    const { system } = this.#lane;
    for (const id of this.#brokenOff) {
      await store.tickets.recoverDelivery(id, now);
      this.#brokenOff.delete(id);
    }
    const heldUntil = this.#lane.current?.circuit.credentials.heldUntil(now) ?? now;
    // What may not be looked up yet must not fill the list: what follows is sent, and says by its refusal what is wrong.
    const looks = heldUntil <= now;
    const found = await store.tickets.dueDeliveries(system, now, this.#retriesUpTo ?? now, most, looks);
    const times = [found.nextAt ?? Number.POSITIVE_INFINITY];
    if (!looks) times.push(heldUntil);
    if (found.nextRetryAt !== null) times.push(this.#schedule.notBefore(Math.max(found.nextRetryAt, now + 1)));
    const jobs: Job[] = [];
    const timer = clock.monotonic();
    for (const delivery of found.due) {
      const wait = this.#limiter.nextAt(delivery.ticketId, timer) - timer;
      if (wait <= 0) jobs.push(this.#job(delivery));
      else times.push(clock.now() + wait);
    }
    return { jobs, nextAt: Math.min(...times) };
  }

  /** What may have arrived in a system that was switched off since is nobody's but a person's. */
  async #parkUnknown(now: number): Promise<void> {
    const { system, tools } = this.#lane;
    this.#parkedAt = now;
    const parked = await tools.store.tickets.parkUnknown(system, now);
    if (parked > 0) tools.log.warn("a ticket system that is switched off may have what was sent", { system, parked });
  }

  #job(delivery: Delivery): Job {
    const lane = this.#lane;
    return {
      ticketId: delivery.ticketId,
      failure: { message: "a delivery stopped", detail: { delivery: delivery.id } },
      run: async () => {
        // It was listed before its work broke off.
        if (lane.current === null || this.#brokenOff.has(delivery.id)) return;
        const { settings, circuit, target } = lane.current;
        this.#limiter.wrote(delivery.ticketId, lane.tools.clock.monotonic());
        const { store, clock, random, log, drafts } = lane.tools;
        const analystOf = (person: RemotePerson) => lane.analystOf(person);
        const parts = { store, clock, random, log, drafts, settings, circuit, analystOf, lane };
        try {
          await carry(delivery, () => target(delivery.entity), parts);
        } catch (error) {
          this.#brokenOff.add(delivery.id);
          throw error;
        }
      },
    };
  }
}
