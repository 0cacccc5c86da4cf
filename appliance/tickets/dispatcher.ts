/** Runs the work for all ticket systems: a lane for each, the cadence gate, and probes of systems with parked deliveries. */

import type { Faults } from "../../core/faults.ts";
import type { Clock, Random, Sleep } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import { systemMeant } from "../../core/settings/ticket-settings.ts";
import { notLookedUp, type TicketSystemName, ticketSystems, unknownOutcome } from "../../core/tickets/ticket.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import type { TicketMetrics } from "../upkeep/metrics/sources.ts";
import { CadenceGate } from "./gate.ts";
import { Drafts } from "./lane/drafts.ts";
import type { LaneTools } from "./lane/jobs.ts";
import { Lane } from "./lane/lane.ts";
import type { SyncStatus } from "./lane/search-source.ts";
import { secondTicketWords } from "./lane/second-ticket-source.ts";
import { Throttles } from "./lane/throttles.ts";
import { ParkedProbes } from "./parked.ts";
import { retryStanding } from "./standing.ts";
import { waitsOf, warningsOf } from "./status.ts";
import { StuckDeliveries } from "./stuck.ts";
import { TicketSystems } from "./systems.ts";
import { Webhooks } from "./webhooks.ts";

const defaultCadenceHours = 24;
/** So many incidents with a second ticket are named in the fault; the ledger has all. */
const mostNamed = 5;
/** No request takes longer (`Target`). */
const longestRequestMs = 30_000;
/** What settings mend. Wrong credentials are none of it: tried too often, they lock an account. */
const settingCauses = [
  ...["fields_required", "rejected", "not_kept", "no_transition", "issue_type", "assignment_group"],
  ...["service_identifier", "not_configured", "ca_file"],
  // Also what could not be looked up while the system was switched off.
  ...[unknownOutcome, notLookedUp],
];

interface DispatcherParts {
  store: Store;
  clock: Clock;
  sleep: Sleep;
  random: Random;
  log: Log;
  faults: Faults;
  /** The address at which people open incidents, if none is configured. */
  defaultBaseUrl: () => string;
  /** See `Throttles`. */
  targetKey: () => Buffer;
  /** Whether requests may be sent; default: always. */
  mayAct?: () => boolean;
  /** User names, to match people in a ticket system. */
  userNames: () => readonly string[];
}

export class TicketDispatcher {
  readonly #parts: DispatcherParts;
  readonly #lanes: Readonly<Record<TicketSystemName, Lane>>;
  readonly #allLanes: readonly Lane[];
  readonly #gate: CadenceGate;
  readonly #probes: ParkedProbes;
  #settings: TicketSettings | null = null;
  #systems: TicketSystems | null = null;
  readonly #throttles: Throttles;
  readonly drafts: Drafts;
  readonly stuck: StuckDeliveries;
  readonly webhooks: Webhooks;
  readonly #stopping = new AbortController();
  #dueChanged: () => void = () => {};
  /** Nothing is sent before the stored Retry-After times have been read. */
  #recovered = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { store, clock, sleep, random, log, defaultBaseUrl, userNames } = parts;
    this.#throttles = new Throttles(parts);
    this.stuck = new StuckDeliveries({ store, log });
    this.drafts = new Drafts({ store, clock, settings: () => this.#settings, defaultBaseUrl });
    const tools: LaneTools = { store, clock, sleep, random, log, drafts: this.drafts, userNames };
    const laneOf = (system: TicketSystemName) =>
      new Lane(system, tools, this.#stopping.signal, {
        worked: () => this.#worked(),
        turned: () => this.#dueChanged(),
      });
    this.#lanes = { jira: laneOf("jira"), servicenow: laneOf("servicenow"), proactive: laneOf("proactive") };
    this.#allLanes = ticketSystems.map((system) => this.#lanes[system]);
    this.#gate = new CadenceGate({ store, log, passed: () => this.#wakeLanes() });
    this.#probes = new ParkedProbes({ store, clock, log, lanes: this.#allLanes });
    this.webhooks = new Webhooks({
      clock,
      secretOf: (system) => this.#settings?.webhookSecrets[system] ?? null,
      readSoon: (system, remoteId) => this.#lanes[system].readSoon(remoteId),
    });
  }

  async apply(settings: TicketSettings): Promise<void> {
    const { store, clock, log } = this.#parts;
    this.#settings = settings;
    for (const system of ticketSystems)
      for (const warning of warningsOf(settings, system)) log.warn(warning, { system });
    const { mayAct = () => true } = this.#parts;
    const throttles = this.#throttles.of(settings);
    this.#systems = new TicketSystems(settings, { now: () => clock.now(), mayAct }, throttles);
    for (const lane of this.#allLanes) lane.apply(settings, this.#systems);
    this.#gate.apply(settings.cadenceHours);
    await store.tickets.configureTickets({
      push: settings.autoPush,
      policies: settings.policies,
      campaigns: settings.campaigns,
    });
    while (await store.tickets.applyServiceLevels(settings.sla));
    for (const lane of this.#allLanes) await this.#noteTarget(lane, settings, throttles[lane.system].name);
    this.#dueChanged();
  }

  /** Another address or account is asked at once, for what waits or stands still because of the former one too. */
  async #noteTarget(lane: Lane, settings: TicketSettings, name: string): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { system } = lane;
    // Commands apply settings, too, and send nothing.
    if (settings[system] === null || this.#stopping.signal.aborted) return;
    const lookUpBy = clock.now() + Math.max(0, ...settings.retry.lookupDelaysSeconds) * 1000;
    if (!(await store.tickets.noteTarget(system, name, clock.now(), lookUpBy))) return;
    lane.retryAll();
    const resumed = await retryStanding(store.tickets, { system, state: "parked" }, clock.now());
    log.info("the settings name another address or account of a ticket system", { system, resumed });
  }

  /** Files with the authorities that ticket systems' certificates are checked against. */
  caFiles(): { system: TicketSystemName; file: string }[] {
    return ticketSystems.flatMap((system) => {
      const file = this.#settings?.[system]?.caFile ?? null;
      return file === null || !this.#lanes[system].isEnabled ? [] : [{ system, file }];
    });
  }

  /** `RHYTHMX_BASE_URL`; null = not set. */
  get baseUrl(): string | null {
    return this.#settings?.baseUrl ?? null;
  }

  get systems(): TicketSystems | null {
    return this.#systems;
  }

  /** Plans the look-up of requests that the last process was sending; `elsewhere`: it was another node's, and what it sends may still be under way. */
  async recover({ elsewhere }: { elsewhere: boolean }): Promise<void> {
    const { store, clock, log } = this.#parts;
    await this.#throttles.load();
    const waitMs = elsewhere ? longestRequestMs : 0;
    const left = await store.tickets.recoverDeliveries(clock.now(), { waitMs, elsewhere });
    const looks = await store.tickets.listSecondLooks();
    for (const lane of this.#allLanes) lane.secondTickets.expect(looks.filter(({ system }) => system === lane.system));
    this.#nameSecondTickets();
    // Settings of the environment change with a restart only.
    await retryStanding(store.tickets, { state: "parked", causes: settingCauses }, clock.now());
    this.#recovered = true;
    for (const lane of this.#allLanes) lane.open();
    this.#dueChanged();
    if (left > 0) log.info("deliveries are looked up after a restart", { deliveries: left });
  }

  /** Starts everything that is due at `now` (epoch milliseconds), without waiting for it. */
  tick(now: number): void {
    if (!this.#isActive) return;
    this.#probes.tick(now);
    this.#gate.tick(now);
    for (const lane of this.#allLanes) lane.tick(now);
  }

  /** Call when there may be something to do. */
  wake(): void {
    this.#worked();
    this.#wakeLanes();
  }

  /** The earliest time at which a tick may find something to do (epoch ms). Infinity: nothing until it is woken. */
  nextDueAt(now: number): number {
    if (!this.#isActive) return Number.POSITIVE_INFINITY;
    return Math.min(...[this.#gate, this.#probes, ...this.#allLanes].map((one) => one.nextDueAt(now)));
  }

  /** Calls `listener` whenever `nextDueAt` may have changed. */
  onDueChanged(listener: () => void): void {
    this.#dueChanged = listener;
  }

  /** True if no turn, request or write is in progress or about to start: nothing happens before `nextDueAt` or until it is woken. */
  isIdle(): boolean {
    return [this.#gate, this.#probes, ...this.#allLanes].every((one) => one.isIdle());
  }

  /** Waits for requests in progress; those without an answer by then are looked up at the next start. */
  async stop(milliseconds: number): Promise<void> {
    this.#stopping.abort(new Error("the appliance is stopping"));
    if (this.isIdle()) return;
    const settled = new AbortController();
    const all = Promise.all([this.#gate, this.#probes, ...this.#allLanes].map((one) => one.settled()));
    const limit = this.#parts.sleep(milliseconds, settled.signal).catch(() => undefined);
    await Promise.race([all, limit]).finally(() => settled.abort());
  }

  /** True while the circuit is open: nothing is sent until the system answers again. */
  isDown(system: TicketSystemName): boolean {
    return this.#lanes[system].isDown;
  }

  /** Ends what refused credentials held back, after a test that succeeded. */
  credentialsAccepted(system: TicketSystemName): void {
    this.#lanes[system].current?.circuit.credentials.accepted();
  }

  /** Until when a system is not asked as usual, for people; empty: it is. */
  waits(system: TicketSystemName): string[] {
    const now = this.#parts.clock.now();
    const heldUntil = this.#lanes[system].current?.circuit.credentials.heldUntil(now) ?? now;
    return waitsOf(this.#lanes[system].throttle.until, heldUntil, now);
  }

  syncStatus(system: TicketSystemName): SyncStatus {
    return this.#lanes[system].syncStatus;
  }

  get cadenceHours(): number {
    return this.#settings?.cadenceHours ?? defaultCadenceHours;
  }

  /** `servicenow` stands for the Proactive Case API if that is configured. */
  systemMeant(named: TicketSystemName): TicketSystemName {
    return systemMeant(named, this.#settings?.enabled.proactive ?? false);
  }

  metrics(): TicketMetrics {
    return {
      webhooks: () => this.webhooks.counts(),
      systems: () =>
        ticketSystems.map((system) => {
          const { isEnabled, isDown, outcomes, syncStatus, secondTickets } = this.#lanes[system];
          const { confirmed, failed, confirmedAt } = outcomes;
          const second = secondTickets.found.reduce((sum, { others }) => sum + others.length, 0);
          return { system, isEnabled, isDown, confirmed, failed, confirmedAt, second, syncedAt: syncStatus.okAt };
        }),
    };
  }

  get #isActive(): boolean {
    return this.#recovered && !this.#stopping.signal.aborted && this.#systems !== null;
  }

  #wakeLanes(): void {
    for (const lane of this.#allLanes) lane.wake();
  }

  /** Call when levels may have changed or deliveries may have been parked. */
  #worked(): void {
    this.#gate.wake();
    this.#probes.wake();
    this.#nameSecondTickets();
    this.#dueChanged();
  }

  #nameSecondTickets(): void {
    const { faults } = this.#parts;
    const found = this.#allLanes.flatMap(({ secondTickets }) => secondTickets.found);
    if (found.length === 0) faults.clear("second_tickets");
    else faults.set("second_tickets", found.slice(0, mostNamed).map(secondTicketWords).join("; "));
  }
}
