/** Runs all work for one ticket system: a few jobs at a time, one for each ticket, none while the system is down or accepts no requests. */
import { messageOf } from "../../../core/errors.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import { answerOf, Circuit } from "../../../core/tickets/circuit.ts";
import { analystOf } from "../../../core/tickets/people.ts";
import type { RemotePerson, TicketSystemName } from "../../../core/tickets/ticket.ts";
import type { TestStep } from "../../../core/tickets/ticket-system.ts";
import { minuteMs } from "../../../core/time.ts";
import { recordingExchanges } from "../../../integrations/exchanges.ts";
import type { Throttle } from "../../../integrations/throttle.ts";
import { retryStanding } from "../standing.ts";
import type { TicketSystems } from "../systems.ts";
import { DeliverySource } from "./delivery-source.ts";
import { noteFailure } from "./failures.ts";
import type { Job, JobSource, LaneListeners, LaneSettings, LaneTools, LaneView } from "./jobs.ts";
import { Outcomes } from "./outcomes.ts";
import { ReadingSource } from "./reading-source.ts";
import { SearchSource, type SyncStatus } from "./search-source.ts";
import { SecondTicketSource } from "./second-ticket-source.ts";

/** Jobs at the same time, and those of them that only read. */
const [slots, slotsForReading] = [4, 2];
/** How many due jobs are fetched besides those in progress; some of them may have to wait. */
const mostListed = 16;
/** The wait after an error on our side, such as a database that cannot be read. */
const afterErrorMs = 1_000;
/** The longest time between two turns, in case nobody woke the lane. */
const longestUnseenMs = minuteMs;

export class Lane implements LaneView {
  readonly system: TicketSystemName;
  readonly tools: LaneTools;
  readonly stopping: AbortSignal;
  readonly outcomes = new Outcomes();
  readonly #deliveries = new DeliverySource(this);
  readonly #searches = new SearchSource(this);
  readonly #readings = new ReadingSource(this);
  readonly secondTickets = new SecondTicketSource(this);
  /** Reading comes first: it has few slots, and deliveries must not delay it. */
  readonly #sources: readonly JobSource[] = [this.#searches, this.#readings, this.secondTickets, this.#deliveries];
  readonly #underWay = new Map<Job, { reads: boolean; done: Promise<void> }>();
  readonly #listeners: LaneListeners;
  #current: LaneSettings | null = null;
  #systems: TicketSystems | null = null;
  /** Nothing is sent before the stored Retry-After times have been read. */
  #open = false;
  #turn: Promise<void> | null = null;
  #again = false;
  #probe: Promise<void> | null = null;
  /** Jobs that are in `pause`. */
  #pausing = 0;
  /** When work is next due, and when the last turn started; epoch milliseconds. */
  #dueAt = 0;
  #seenAt = 0;
  #errorAt: number | null = null;

  constructor(system: TicketSystemName, tools: LaneTools, stopping: AbortSignal, listeners: LaneListeners) {
    this.system = system;
    this.tools = tools;
    this.stopping = stopping;
    this.#listeners = listeners;
  }

  get current(): LaneSettings | null {
    return this.#current;
  }

  /** Of the target that the settings in force name. */
  get throttle(): Throttle {
    return this.#systems?.throttleOf(this.system) ?? { name: this.system, until: 0 };
  }

  get isEnabled(): boolean {
    return this.#systems?.isEnabled(this.system) ?? false;
  }

  /** True while the circuit is open: nothing is sent until the system answers again. */
  get isDown(): boolean {
    return this.#current?.circuit.isOpen ?? false;
  }

  get syncStatus(): SyncStatus {
    return this.#searches.status;
  }

  apply(settings: TicketSettings, systems: TicketSystems): void {
    const circuit = new Circuit(settings.retry.baseDelaySeconds);
    this.#systems = systems;
    this.#current = { settings, circuit, target: (entity) => systems.of(this.system, entity) };
    this.#deliveries.apply(settings);
    this.#searches.apply(settings);
  }

  /** Makes what has failed due at once: the settings name another target. */
  retryAll(): void {
    this.#deliveries.retryAll(this.tools.clock.now());
  }

  /** Allows turns from now on. */
  open(): void {
    this.#open = true;
  }

  /** The earliest time at which a turn may find something to do (epoch ms). Infinity: nothing until it is woken. */
  nextDueAt(now: number): number {
    if (!this.#mayTurn() || !this.isEnabled) return Number.POSITIVE_INFINITY;
    if (this.#turn !== null) return now;
    // The end of the probe starts another turn.
    if (this.#probe !== null) return Number.POSITIVE_INFINITY;
    const againAt = this.#errorAt === null ? Number.POSITIVE_INFINITY : this.#errorAt + afterErrorMs;
    const probeAt = this.#current?.circuit.nextProbeAt(now) ?? null;
    return Math.max(now, probeAt ?? Math.min(this.#dueAt, againAt), this.throttle.until);
  }

  /** True if no turn, request or write is in progress or about to start. */
  isIdle(): boolean {
    return this.#turn === null && this.#probe === null && this.#underWay.size === this.#pausing;
  }

  /** Starts a turn if one is due at `now` (epoch milliseconds). */
  tick(now: number): void {
    const isUnseen = now - this.#seenAt >= longestUnseenMs || now < this.#seenAt;
    if (isUnseen || this.nextDueAt(now) <= now) this.wake();
  }

  /** Call when there may be something to do. */
  wake(): void {
    if (!this.#mayTurn()) return;
    this.#again = true;
    this.#turn ??= this.#takeTurns().finally(() => {
      this.#turn = null;
      if (this.#again) this.wake();
      else this.#listeners.turned();
    });
  }

  /** Resolves when nothing is in progress any more. */
  async settled(): Promise<void> {
    await Promise.all([this.#turn, this.#probe, ...[...this.#underWay.values()].map(({ done }) => done)]);
  }

  /** Makes a ticket be read soon, after a webhook. Returns false if it is none of ours. @throws StoreError */
  readSoon(remoteId: string): Promise<boolean> {
    return this.#readings.readSoon(remoteId);
  }

  analystOf(person: RemotePerson): string {
    const people = this.#current?.settings.people ?? new Map();
    return analystOf(people, person, this.system, this.tools.userNames());
  }

  async ask<T>(work: () => Promise<T>): Promise<T> {
    const circuit = this.#current?.circuit;
    return recordingExchanges(async (exchanges) => {
      try {
        const value = await work();
        circuit?.succeeded();
        return value;
      } catch (error) {
        if (circuit !== undefined) noteFailure(circuit, error, exchanges.answered, this.tools.clock.now());
        await this.#keepThrottle();
        throw error;
      }
    });
  }

  async pause(milliseconds: number): Promise<void> {
    this.#pausing++;
    try {
      await this.tools.sleep(milliseconds, this.stopping);
    } catch {
      // Stopped.
    } finally {
      this.#pausing--;
    }
  }

  /** Reads only. @throws EdgeError not_configured, ca_file */
  async test(): Promise<TestStep[]> {
    try {
      const steps = (await this.#current?.target("").test()) ?? [];
      if (steps.length > 0 && steps.every(({ ok }) => ok)) this.#current?.circuit.credentials.accepted();
      return steps;
    } finally {
      await this.#keepThrottle();
    }
  }

  #mayTurn(): boolean {
    return this.#open && !this.stopping.aborted && this.#current !== null;
  }

  async #takeTurns(): Promise<void> {
    const { clock, log } = this.tools;
    while (this.#again && this.#mayTurn()) {
      this.#again = false;
      this.#errorAt = null;
      this.#seenAt = clock.now();
      await this.#takeTurn().catch((error: unknown) => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.#errorAt = clock.now();
        log.error("work for a ticket system cannot be read", { system: this.system, error: messageOf(error) });
      });
    }
  }

  async #takeTurn(): Promise<void> {
    const { clock } = this.tools;
    for (const source of this.#sources) await source.note(clock.now());
    // If nothing may be requested now, look for work as soon as it may.
    this.#dueAt = 0;
    if (!this.isEnabled || !this.#mayAsk()) return;
    let dueAt = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) {
      // The end of a job starts another turn.
      if (this.#free(source) <= 0) continue;
      const heldUntil = this.#current?.circuit.credentials.heldUntil(clock.now()) ?? 0;
      if (source.reads && heldUntil > clock.now()) {
        dueAt = Math.min(dueAt, heldUntil);
        continue;
      }
      const { jobs, nextAt } = await source.due(clock.now(), mostListed + this.#underWay.size);
      if (!this.#mayAsk()) return;
      for (const job of jobs) if (this.#free(source) > 0 && !this.#isBusy(job)) this.#start(job, source.reads);
      dueAt = Math.min(dueAt, nextAt);
    }
    this.#dueAt = dueAt;
  }

  /** False while the system is down or accepts no requests. Starts a probe if one is due. */
  #mayAsk(): boolean {
    const now = this.tools.clock.now();
    const circuit = this.#current?.circuit;
    if (circuit === undefined || !this.#mayTurn() || now < this.throttle.until) return false;
    const decision = circuit.decide(now);
    if (decision === "probe") this.#probe ??= this.#probeSystem(circuit);
    return decision === "send";
  }

  #free({ reads }: JobSource): number {
    const free = slots - this.#underWay.size;
    const reading = [...this.#underWay.values()].filter((one) => one.reads).length;
    return reads ? Math.min(free, slotsForReading - reading) : free;
  }

  /** One job per ticket: a reading during a write could return the old state. */
  #isBusy({ ticketId }: Job): boolean {
    return ticketId !== null && [...this.#underWay.keys()].some((one) => one.ticketId === ticketId);
  }

  #start(job: Job, reads: boolean): void {
    const { clock, log } = this.tools;
    const done = job
      .run()
      .then(
        () => true,
        (error: unknown) => {
          const { message, detail } = job.failure;
          log.error(message, { ...detail, error: messageOf(error) });
          return false;
        },
      )
      .then((isDone) => {
        this.#underWay.delete(job);
        this.#listeners.worked();
        // Do not retry a failed job at once.
        if (isDone) this.wake();
        else this.#errorAt = clock.now();
      });
    this.#underWay.set(job, { reads, done });
  }

  async #probeSystem(circuit: Circuit): Promise<void> {
    const { store, clock, log, system } = { ...this.tools, system: this.system };
    try {
      const answer = answerOf(await this.test().catch(() => []));
      if (answer !== null) {
        // Deliveries that used up their retries while the target was down.
        const dead = { system, state: "dead" } as const;
        const revived = circuit.isOutage ? await retryStanding(store.tickets, dead, clock.now()) : 0;
        if (revived > 0) log.info("dead letters go again after an outage", { system, deliveries: revived });
        circuit[answer]();
        this.#deliveries.retryAll(clock.now());
      } else circuit.failed(clock.now());
      log.info(answer !== null ? "ticket system answers again" : "ticket system does not answer", { system });
    } catch (error) {
      this.#errorAt = clock.now();
      log.error("deliveries cannot be read", { system, error: messageOf(error) });
    } finally {
      this.#probe = null;
    }
    this.#listeners.worked();
    if (this.#errorAt === null) this.wake();
  }

  async #keepThrottle(): Promise<void> {
    const [{ name, until }, now] = [this.throttle, this.tools.clock.now()];
    if (until > now) await this.tools.store.tickets.saveThrottle(name, until, now);
  }
}
