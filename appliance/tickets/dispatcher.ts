/** Decides what is carried to ticket systems and when: some at a time, one per ticket, nothing while a system is down. */
import { messageOf } from "../../core/errors.ts";
import type { Clock, Random } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { systemMeant } from "../../core/settings/ticket-settings.ts";
import { gateLine } from "../../core/tickets/cadence.ts";
import { Circuit } from "../../core/tickets/circuit.ts";
import {
  type Delivery,
  type RemotePerson,
  type TestStep,
  type TicketSystemName,
  ticketSystems,
} from "../../core/tickets/ticket.ts";
import { WriteLimiter } from "../../core/tickets/write-limiter.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import type { TicketMetrics } from "../upkeep/metrics.ts";
import { carry } from "./carrier.ts";
import { Drafts } from "./drafts.ts";
import { ParkedProbes } from "./parked.ts";
import { Schedule } from "./schedule.ts";
import { warningsOf } from "./status.ts";
import { TicketSync } from "./sync.ts";
import { noThrottles, TicketSystems } from "./systems.ts";
import { Webhooks } from "./webhooks.ts";

/** Requests at the same time to one system. */
const atATime = 4;

interface DispatcherParts {
  store: Store;
  clock: Clock;
  random: Random;
  log: Log;
  /** Where people open incidents, if no address is set. */
  defaultBaseUrl: () => string;
}

export class TicketDispatcher {
  readonly #parts: DispatcherParts;
  readonly #schedule = new Schedule();
  readonly #probes: ParkedProbes;
  #settings: TicketSettings | null = null;
  #systems: TicketSystems | null = null;
  /** What each target has asked for; kept in the database, so that a restart does not forget it. */
  readonly #throttles = noThrottles();
  readonly #circuits = new Map<TicketSystemName, Circuit>();
  readonly #limiter = new WriteLimiter();
  readonly drafts: Drafts;
  readonly sync: TicketSync;
  readonly webhooks: Webhooks;
  /** Deliveries under way. */
  readonly #busy = new Map<string, Pick<Delivery, "system" | "ticketId">>();
  #running: Promise<void> | null = null;
  #gate: Promise<void> | null = null;
  #again = false;
  /** Failed deliveries are looked for at the schedule's times, and once at the start. */
  readonly #retriesDue = new Set<TicketSystemName>(ticketSystems);
  #stopping = false;
  /** Before this nothing is sent: what the last process was told is not known yet. */
  #recovered = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#probes = new ParkedProbes({
      ...parts,
      isEnabled: (system) => this.#systems?.isEnabled(system) ?? false,
      test: (system) => this.#test(system),
      wake: () => this.wake(),
    });
    const { store, clock, log, defaultBaseUrl } = parts;
    this.drafts = new Drafts({ store, clock, settings: () => this.#settings, defaultBaseUrl });
    this.sync = new TicketSync({
      store,
      clock,
      log,
      settings: () => this.#settings,
      systems: () => this.#systems,
      circuit: (system) => this.#circuit(system),
      isQuiet: (system) => clock.now() < this.#throttles[system].until || this.isDown(system) || !this.#recovered,
      // Half the places at most: reading holds up nothing that is to be sent.
      free: (system) => Math.min(atATime / 2 - this.sync.busy(system), atATime - this.#busyWith(system)),
      keepThrottle: (system) => this.#keepThrottle(system),
      isWrittenTo: (ticketId) => [...this.#busy.values()].some((one) => one.ticketId === ticketId),
      wake: () => this.wake(),
    });
    this.webhooks = new Webhooks({
      clock,
      secretOf: (system) => this.#settings?.webhookSecrets[system] ?? null,
      readSoon: (system, remoteId) => this.sync.readSoon(system, remoteId),
    });
  }

  async apply(settings: TicketSettings): Promise<void> {
    const { store, clock } = this.#parts;
    this.#settings = settings;
    for (const system of ticketSystems)
      for (const warning of warningsOf(settings, system)) this.#parts.log.warn(warning, { system });
    this.#systems = new TicketSystems(settings, () => clock.now(), this.#throttles);
    this.#circuits.clear();
    this.#schedule.set(settings.retry.schedule);
    this.sync.apply(settings);
    await store.tickets.configureTickets({ push: settings.autoPush, policies: settings.policies });
  }

  get systems(): TicketSystems | null {
    return this.#systems;
  }

  /** What the last process has left half done is looked up first. */
  async recover(): Promise<void> {
    for (const { system, until } of await this.#parts.store.tickets.listThrottles())
      this.#throttles[system].until = until;
    const left = await this.#parts.store.tickets.recoverDeliveries(this.#parts.clock.now());
    this.#recovered = true;
    if (left > 0) this.#parts.log.info("deliveries are looked up after a restart", { deliveries: left });
  }

  tick(now: number): void {
    if (this.#schedule.isDue(now)) for (const system of ticketSystems) this.#retriesDue.add(system);
    if (!this.#stopping && this.#recovered) {
      this.#probes.tick(now);
      this.sync.tick(now);
      this.#gate ??= this.#passGate(now).finally(() => {
        this.#gate = null;
      });
    }
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#stopping || !this.#recovered || this.#systems === null) return;
    this.#again = true;
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  /** Waits for requests under way; what is not answered then is looked up at the next start. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopping = true;
    this.sync.stop();
    const end = performance.now() + milliseconds;
    while ((this.#busy.size > 0 || this.sync.isBusy) && performance.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Nothing is sent to the system until it answers again. */
  isDown(system: TicketSystemName): boolean {
    return this.#circuits.get(system)?.isOpen ?? false;
  }

  get cadenceHours(): number {
    return this.#settings?.cadenceHours ?? 24;
  }

  /** ServiceNow is the Proactive Case API where that is used. */
  systemMeant(named: TicketSystemName): TicketSystemName {
    return systemMeant(named, this.#settings?.enabled.proactive ?? false);
  }

  metrics(): TicketMetrics {
    const { tickets } = this.#parts.store;
    return {
      deliveries: () => tickets.countDeliveries(),
      counts: () => tickets.countTickets(),
      webhooks: () => this.webhooks.counts(),
      syncs: () => ticketSystems.map((system) => ({ system, okAt: this.sync.status(system).okAt })),
    };
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopping) {
      this.#again = false;
      for (const system of ticketSystems) {
        await this.#serve(system).catch((error: unknown) =>
          this.#parts.log.error("deliveries cannot be read", { system, error: messageOf(error) }),
        );
      }
    }
  }

  async #serve(system: TicketSystemName): Promise<void> {
    const { store, clock } = this.#parts;
    if (!this.#systems?.isEnabled(system)) return;
    if (clock.now() < this.#throttles[system].until) return;
    const circuit = this.#circuit(system);
    const decision = circuit.decide(clock.now());
    if (decision === "wait" || (decision === "probe" && !(await this.#probe(system, circuit)))) return;
    // What waits to be read is not kept waiting by what is sent.
    const room = atATime - this.#busyWith(system) - (this.sync.isWaiting(system) ? 1 : 0);
    if (room <= 0) return;
    const busy = this.#busy.size;
    const retries = this.#retriesDue.has(system);
    // Those under way are among those that are due.
    const due = await store.tickets.dueDeliveries(system, clock.now(), retries, 4 * atATime + busy);
    const now = clock.now();
    const free = due.filter(
      ({ id, ticketId }) =>
        !this.#busy.has(id) && !this.sync.isReading(ticketId) && this.#limiter.mayWrite(ticketId, now),
    );
    const fresh = free.slice(0, room);
    if (retries && due.length === 0) this.#retriesDue.delete(system);
    for (const delivery of fresh) this.#start(delivery, circuit);
  }

  /** Requests under way, whoever makes them. */
  #busyWith(system: TicketSystemName): number {
    return [...this.#busy.values()].filter((one) => one.system === system).length + this.sync.busy(system);
  }

  /** Levels that have changed: whether their tickets are told now (CONTRACT 6). */
  async #passGate(now: number): Promise<void> {
    const { store, log } = this.#parts;
    if (this.#settings === null) return;
    try {
      const outcomes = await store.tickets.passGate(this.#settings.cadenceHours, now);
      for (const { incidentId, system, decision } of outcomes) {
        const line = gateLine(incidentId, decision);
        if (line !== null) log.info(line, { system });
      }
      if (outcomes.some(({ decision }) => decision.push)) this.wake();
    } catch (error) {
      log.error("changed levels cannot be read", { error: messageOf(error) });
    }
  }

  #start(delivery: Delivery, circuit: Circuit): void {
    const { settings, systems } = { settings: this.#settings, systems: this.#systems };
    if (settings === null || systems === null) return;
    const { store, clock, random, log } = this.#parts;
    this.#busy.set(delivery.id, delivery);
    this.#limiter.wrote(delivery.ticketId, clock.now());
    const parts = {
      store,
      clock,
      random,
      log,
      settings,
      circuit,
      drafts: this.drafts,
      throttle: this.#throttles[delivery.system],
      isStopping: () => this.#stopping,
      analystOf: (person: RemotePerson, system: TicketSystemName) => this.sync.analystOf(person, system),
    };
    carry(delivery, () => systems.of(delivery.system, delivery.entity), parts).then(
      () => {
        this.#busy.delete(delivery.id);
        this.wake();
        this.sync.wake();
      },
      (error: unknown) => {
        // Not at once again: the next turn of the loop looks.
        this.#busy.delete(delivery.id);
        log.error("a delivery stopped", { delivery: delivery.id, error: messageOf(error) });
      },
    );
  }

  /** Reads only; true when the target answers again. */
  async #probe(system: TicketSystemName, circuit: Circuit): Promise<boolean> {
    const { clock, log } = this.#parts;
    const steps = await this.#test(system).catch(() => []);
    const answers = steps.length > 0 && steps.slice(0, 2).every(({ ok }) => ok);
    const { tickets } = this.#parts.store;
    if (answers) {
      // What used its retries up while the target was down.
      const revived = circuit.isOutage ? await tickets.retryDeliveries({ system, state: "dead" }, clock.now()) : 0;
      if (revived > 0) log.info("dead letters go again after an outage", { system, deliveries: revived });
      circuit.succeeded();
      this.#retriesDue.add(system);
    } else circuit.failed(clock.now());
    log.info(answers ? "ticket system answers again" : "ticket system does not answer", { system });
    return answers;
  }

  /** Reads only. @throws EdgeError not_configured, ca_file */
  async #test(system: TicketSystemName): Promise<TestStep[]> {
    try {
      return (await this.#systems?.of(system, "").test()) ?? [];
    } finally {
      await this.#keepThrottle(system);
    }
  }

  async #keepThrottle(system: TicketSystemName): Promise<void> {
    const { until } = this.#throttles[system];
    if (until > this.#parts.clock.now()) await this.#parts.store.tickets.saveThrottle(system, until);
  }

  #circuit(system: TicketSystemName): Circuit {
    const known = this.#circuits.get(system) ?? new Circuit(this.#settings?.retry.baseDelaySeconds ?? 60);
    this.#circuits.set(system, known);
    return known;
  }
}
