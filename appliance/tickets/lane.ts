/** Everything that is asked of one ticket system: so many requests at a time, one per ticket, nothing while the system is down or wants none. */
import { messageOf } from "../../core/errors.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { Circuit } from "../../core/tickets/circuit.ts";
import { analystOf } from "../../core/tickets/people.ts";
import type { RemotePerson, TestStep, TicketSystemName } from "../../core/tickets/ticket.ts";
import { minuteMs } from "../../core/time.ts";
import { recordingExchanges, type Throttle } from "../../integrations/http.ts";
import { DeliverySource } from "./delivery-source.ts";
import { noteFailure } from "./failures.ts";
import type { Job, JobSource, LaneSettings, LaneTools, LaneView } from "./jobs.ts";
import { ReadingSource } from "./reading-source.ts";
import { SearchSource, type SyncStatus } from "./search-source.ts";
import type { TicketSystems } from "./systems.ts";

/** Requests at the same time. */
const slots = 4;
const slotsForReading = slots / 2;
/** So many that are due are looked at besides those under way: some may have to wait. */
const mostListed = 16;
/** After an error of ours, such as a database that cannot be read. */
const afterErrorMs = 1_000;
/** Something that nobody told of is found after so long. */
const longestUnseenMs = minuteMs;

interface LaneListeners {
  /** A job or a probe has ended, which may have changed anything. */
  worked(): void;
  /** A turn has ended, so that the lane may be due at another time. */
  turned(): void;
}

export class Lane implements LaneView {
  readonly system: TicketSystemName;
  readonly tools: LaneTools;
  readonly throttle: Throttle;
  readonly stopping: AbortSignal;
  readonly #deliveries = new DeliverySource(this);
  readonly #searches = new SearchSource(this);
  readonly #readings = new ReadingSource(this);
  /** What is to be read goes first: it has few slots, and is never kept waiting by what is sent. */
  readonly #sources: readonly JobSource[] = [this.#searches, this.#readings, this.#deliveries];
  readonly #underWay = new Map<Job, { reads: boolean; done: Promise<void> }>();
  readonly #listeners: LaneListeners;
  #current: LaneSettings | null = null;
  #systems: TicketSystems | null = null;
  /** Before this nothing is sent: what the last process was told is not known yet. */
  #open = false;
  #turn: Promise<void> | null = null;
  #again = false;
  #probe: Promise<void> | null = null;
  /** Jobs that wait for time to pass. */
  #pausing = 0;
  /** What the last turn learnt; epoch milliseconds. */
  #dueAt = 0;
  #seenAt = 0;
  /** Something went wrong here, not there. */
  #errorAt: number | null = null;

  constructor(
    system: TicketSystemName,
    tools: LaneTools,
    throttle: Throttle,
    stopping: AbortSignal,
    listeners: LaneListeners,
  ) {
    this.system = system;
    this.tools = tools;
    this.throttle = throttle;
    this.stopping = stopping;
    this.#listeners = listeners;
  }

  get current(): LaneSettings | null {
    return this.#current;
  }

  get isEnabled(): boolean {
    return this.#systems?.isEnabled(this.system) ?? false;
  }

  /** Nothing is sent to the system until it answers again. */
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

  /** From now on there are turns. */
  open(): void {
    this.#open = true;
  }

  /** The first moment at which a turn may find something to do (epoch ms): never too late. Infinity: nothing until it is woken. */
  nextDueAt(now: number): number {
    if (!this.#mayTurn() || !this.isEnabled) return Number.POSITIVE_INFINITY;
    if (this.#turn !== null) return now;
    // A probe that ends is followed by another turn.
    if (this.#probe !== null) return Number.POSITIVE_INFINITY;
    const againAt = this.#errorAt === null ? Number.POSITIVE_INFINITY : this.#errorAt + afterErrorMs;
    const probeAt = this.#current?.circuit.nextProbeAt(now) ?? null;
    return Math.max(now, probeAt ?? Math.min(this.#dueAt, againAt), this.throttle.until);
  }

  /** No turn, request or write is under way, and none is about to be. */
  isIdle(): boolean {
    return this.#turn === null && this.#probe === null && this.#underWay.size === this.#pausing;
  }

  /** Takes a turn when it is time. Epoch milliseconds. */
  tick(now: number): void {
    const isUnseen = now - this.#seenAt >= longestUnseenMs || now < this.#seenAt;
    if (isUnseen || this.nextDueAt(now) <= now) this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    if (!this.#mayTurn()) return;
    this.#again = true;
    this.#turn ??= this.#takeTurns().finally(() => {
      this.#turn = null;
      if (this.#again) this.wake();
      else this.#listeners.turned();
    });
  }

  /** Resolves when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all([this.#turn, this.#probe, ...[...this.#underWay.values()].map(({ done }) => done)]);
  }

  /** A webhook says that this ticket has changed. False: it is none of ours. @throws StoreError */
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
      return (await this.#current?.target("").test()) ?? [];
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
    for (const source of this.#sources) source.note(clock.now());
    // What cannot be looked for now is looked for as soon as it can be.
    this.#dueAt = 0;
    if (!this.isEnabled || !this.#mayAsk()) return;
    let dueAt = Number.POSITIVE_INFINITY;
    for (const source of this.#sources) {
      // A job that ends is followed by another turn.
      if (this.#free(source) <= 0) continue;
      const { jobs, nextAt } = await source.due(clock.now(), mostListed + this.#underWay.size);
      if (!this.#mayAsk()) return;
      for (const job of jobs) if (this.#free(source) > 0 && !this.#isBusy(job)) this.#start(job, source.reads);
      dueAt = Math.min(dueAt, nextAt);
    }
    this.#dueAt = dueAt;
  }

  /** False: the system is down, or wants no request. Then a probe asks whether it answers again, when it is time for one. */
  #mayAsk(): boolean {
    const now = this.tools.clock.now();
    const circuit = this.#current?.circuit;
    if (circuit === undefined || !this.#mayTurn() || now < this.throttle.until) return false;
    const decision = circuit.decide(now);
    if (decision === "probe") this.#probe ??= this.#tryWhetherItAnswers(circuit);
    return decision === "send";
  }

  #free({ reads }: JobSource): number {
    const free = slots - this.#underWay.size;
    const reading = [...this.#underWay.values()].filter((one) => one.reads).length;
    return reads ? Math.min(free, slotsForReading - reading) : free;
  }

  /** What is read of a ticket while it is written to may be what was there before. */
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
        // What failed is not tried at once again.
        if (isDone) this.wake();
        else this.#errorAt = clock.now();
      });
    this.#underWay.set(job, { reads, done });
  }

  /** Reads only. */
  async #tryWhetherItAnswers(circuit: Circuit): Promise<void> {
    const { store, clock, log } = this.tools;
    const { system } = this;
    try {
      const steps = await this.test().catch(() => []);
      const answers = steps.length > 0 && steps.slice(0, 2).every(({ ok }) => ok);
      if (answers) {
        // What used its retries up while the target was down.
        const dead = { system, state: "dead" as const };
        const revived = circuit.isOutage ? await store.tickets.retryDeliveries(dead, clock.now()) : 0;
        if (revived > 0) log.info("dead letters go again after an outage", { system, deliveries: revived });
        circuit.succeeded();
        this.#deliveries.retryAll(clock.now());
      } else circuit.failed(clock.now());
      log.info(answers ? "ticket system answers again" : "ticket system does not answer", { system });
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
    const { until } = this.throttle;
    if (until > this.tools.clock.now()) await this.tools.store.tickets.saveThrottle(this.system, until);
  }
}
