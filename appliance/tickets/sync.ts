/**
 * Tickets read back, so that their incidents keep up: a search at the schedule's times and webhooks say which, the database remembers them until
 * they are read, and each is read on its own. One that cannot be read holds no other up.
 */
import { DeliveryError, messageOf } from "../../core/errors.ts";
import type { Clock } from "../../core/ports.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { Circuit } from "../../core/tickets/circuit.ts";
import { analystOf } from "../../core/tickets/people.ts";
import { type RemotePerson, type Ticket, type TicketSystemName, ticketSystems } from "../../core/tickets/ticket.ts";
import { recordingExchanges } from "../../integrations/http.ts";
import type { Store } from "../../store/open-store.ts";
import type { Log } from "../runtime/log.ts";
import { noteFailure } from "./failures.ts";
import { commentsOf, isGone } from "./reading.ts";
import { Schedule } from "./schedule.ts";
import type { TicketSystems } from "./systems.ts";

/** So many tickets are read at each time of the schedule although nothing says that they have changed; where nothing can say so, so many. */
const staleAtATime = 20;
const staleUnsearched = 200;
/** So many that are due are looked at: some of them are under way, or are being written to. */
const mostListed = 20;

export interface SyncParts {
  store: Store;
  clock: Clock;
  log: Log;
  settings(): TicketSettings | null;
  systems(): TicketSystems | null;
  circuit(system: TicketSystemName): Circuit;
  /** Nothing may be asked of the system: it is down, or wants no request. */
  isQuiet(system: TicketSystemName): boolean;
  /** A delivery to this ticket is under way: what is read meanwhile may be what was there before it. */
  isWrittenTo(ticketId: number): boolean;
  /** How many more requests may be under way. */
  free(system: TicketSystemName): number;
  /** Writes down what the system has asked for, if anything. */
  keepThrottle(system: TicketSystemName): Promise<void>;
  /** There may be something to send. */
  wake(): void;
}

/** How the search for what has changed went. Epoch milliseconds. */
export interface SyncStatus {
  at: number | null;
  okAt: number | null;
  /** Why the last one failed; null = it did not. */
  error: string | null;
}

export class TicketSync {
  readonly #parts: SyncParts;
  readonly #schedules = new Map<TicketSystemName, Schedule>(ticketSystems.map((system) => [system, new Schedule()]));
  readonly #due = new Set<TicketSystemName>();
  readonly #searching = new Set<TicketSystemName>();
  readonly #reading = new Map<number, Ticket>();
  /** Systems of which something waits for a place. */
  readonly #waiting = new Set<TicketSystemName>();
  /** Tickets of which a webhook came while they were being read. */
  readonly #reread = new Set<number>();
  readonly #status = new Map<TicketSystemName, SyncStatus>();
  /** States that nobody knows, which have been said. */
  readonly #strange = new Set<string>();
  #turn: Promise<void> | null = null;
  #again = false;
  #stopping = false;

  constructor(parts: SyncParts) {
    this.#parts = parts;
  }

  apply({ syncSchedules }: TicketSettings): void {
    for (const [system, schedule] of this.#schedules) schedule.set(syncSchedules[system]);
  }

  tick(now: number): void {
    for (const [system, schedule] of this.#schedules) if (schedule.isDue(now)) this.#due.add(system);
    this.wake();
  }

  /** There may be something to read. */
  wake(): void {
    if (this.#stopping) return;
    this.#again = true;
    this.#turn ??= this.#run().finally(() => {
      this.#turn = null;
    });
  }

  stop(): void {
    this.#stopping = true;
  }

  /** Requests of it under way. */
  busy(system: TicketSystemName): number {
    const readings = [...this.#reading.values()].filter((one) => one.system === system).length;
    return readings + (this.#searching.has(system) ? 1 : 0);
  }

  /** Something of it waits for a place among the requests. */
  isWaiting(system: TicketSystemName): boolean {
    return this.#waiting.has(system);
  }

  isReading(ticketId: number): boolean {
    return this.#reading.has(ticketId);
  }

  get isBusy(): boolean {
    return this.#reading.size > 0 || this.#searching.size > 0;
  }

  status(system: TicketSystemName): SyncStatus {
    return this.#status.get(system) ?? { at: null, okAt: null, error: null };
  }

  /** A webhook says that this ticket has changed. False: it is none of ours. */
  async readSoon(system: TicketSystemName, remoteId: string): Promise<boolean> {
    const isOurs = await this.#parts.store.tickets.markForReading(system, remoteId, this.#parts.clock.now());
    for (const { id, remote, ...one } of this.#reading.values())
      if (one.system === system && remote?.id === remoteId) this.#reread.add(id);
    if (isOurs) this.wake();
    return isOurs;
  }

  /** Who somebody in the target is here. */
  async analystOf(person: RemotePerson, system: TicketSystemName): Promise<string> {
    const users = await this.#parts.store.admin.listUsers();
    const people = this.#parts.settings()?.people ?? new Map();
    return analystOf(
      people,
      person,
      system,
      users.map(({ name }) => name),
    );
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopping) {
      this.#again = false;
      for (const system of ticketSystems) {
        await this.#serve(system).catch((error: unknown) =>
          this.#parts.log.error("tickets to be read cannot be listed", { system, error: messageOf(error) }),
        );
      }
    }
  }

  async #serve(system: TicketSystemName): Promise<void> {
    const { store, clock, systems, isQuiet, isWrittenTo, free } = this.#parts;
    this.#waiting.delete(system);
    if (!systems()?.isEnabled(system) || isQuiet(system)) return;
    if (this.#due.has(system) && !this.#searching.has(system) && free(system) > 0) this.#begin(system);
    // Those under way are among those that are due.
    const due = await store.tickets.dueReadings(system, clock.now(), mostListed);
    const fresh = due.filter(({ id }) => !this.#reading.has(id) && !isWrittenTo(id));
    const room = Math.max(0, free(system));
    for (const ticket of fresh.slice(0, room)) this.#start(ticket);
    if (fresh.length > room || this.#due.has(system)) this.#waiting.add(system);
  }

  #begin(system: TicketSystemName): void {
    this.#due.delete(system);
    this.#searching.add(system);
    this.#search(system).finally(() => {
      this.#searching.delete(system);
      this.wake();
    });
  }

  /** Page by page to the end; the place is kept only when the end was reached, and what pages named is written down before. */
  async #search(system: TicketSystemName): Promise<void> {
    const { store, clock, log, systems } = this.#parts;
    const at = clock.now();
    const before = this.status(system);
    try {
      const since = await store.tickets.oldestTicket(system);
      const target = systems()?.of(system, "");
      if (since !== null && target?.searches === false) await store.tickets.markAllForReading(system, at);
      else if (since !== null && target !== undefined) {
        const cursor = await store.tickets.readCursor(system);
        let next = cursor;
        await this.#asking(system, async () => {
          for await (const page of target.changes(cursor, since)) {
            if (this.#stopping) throw new Error("stopping");
            await store.tickets.noteChanges(system, page.changes, clock.now());
            next = page.cursor;
          }
        });
        if (next !== null && next !== cursor) await store.tickets.saveCursor(system, next);
        // An index that has lost one, or a person who took its label away.
        await store.tickets.markStaleForReading(system, staleAtATime, at);
      }
      this.#status.set(system, { at, okAt: at, error: null });
      if (before.error !== null) log.info("changed tickets are found again", { system });
    } catch (error) {
      if (this.#stopping) return;
      this.#status.set(system, { at, okAt: before.okAt, error: messageOf(error) });
      if (before.error !== messageOf(error))
        log.warn("changed tickets cannot be looked for", { system, error: messageOf(error) });
      // It may not search: then each is read.
      if (error instanceof DeliveryError && !error.retryable)
        await store.tickets.markStaleForReading(system, staleUnsearched, at).catch(() => undefined);
    }
  }

  #start(ticket: Ticket): void {
    this.#reading.set(ticket.id, ticket);
    this.#read(ticket).then(
      () => {
        this.#reading.delete(ticket.id);
        this.wake();
        this.#parts.wake();
      },
      (error: unknown) => {
        // Not at once again: the next turn of the loop looks.
        this.#reading.delete(ticket.id);
        this.#parts.log.error("a ticket stopped being read", { ticket: ticket.remote?.key, error: messageOf(error) });
      },
    );
  }

  async #read(ticket: Ticket): Promise<void> {
    const { store, clock, log } = this.#parts;
    const { system, incidentId: incident, remote: known } = ticket;
    try {
      await this.#asking(system, () => this.#bringIn(ticket));
    } catch (error) {
      if (!(error instanceof DeliveryError) && !isSetting(error)) throw error;
      log.warn("a ticket cannot be read", { system, incident, ticket: known?.key, error: messageOf(error) });
      await store.tickets.recordFailedReading(ticket.id, clock.now());
    }
    if (this.#reread.delete(ticket.id)) await store.tickets.markForReading(system, known?.id ?? "", clock.now());
  }

  async #bringIn(ticket: Ticket): Promise<void> {
    const { store, clock, log, systems, settings } = this.#parts;
    const { system, incidentId: incident } = ticket;
    const target = systems()?.of(system, ticket.entity);
    if (ticket.remote === null || target === undefined) return;
    const remote = await target.read(ticket.remote.id);
    if (remote === null) {
      if (!(await isGone(ticket, target, this.#parts))) await store.tickets.recordFailedReading(ticket.id, clock.now());
      return;
    }
    const wantsNotes = settings()?.policies[system].notes === "two_way";
    const comments = wantsNotes ? await commentsOf(ticket, target, store) : [];
    const analyst = remote.assignee === null ? null : await this.analystOf(remote.assignee, system);
    const outcome = await store.tickets.applyReading({ ticketId: ticket.id, remote, analyst, comments }, clock.now());
    if (outcome === null) return;
    const { changed, unapplied, overruled } = outcome;
    if (remote.isStrange === true && !this.#strange.has(remote.status)) {
      this.#strange.add(remote.status);
      log.warn("a ticket has a state that nobody knows: it changes nothing", { system, state: remote.status });
    }
    if (changed.length > 0)
      log.info("incident follows its ticket", { system, incident, ticket: remote.key, changed: changed.join(", ") });
    if (overruled > 0) log.info("the ticket wins", { system, incident, ticket: remote.key, overruled });
    for (const one of unapplied)
      log.info("ticket changed, the incident stays", { system, incident, ticket: remote.key, ...one });
  }

  /** What is asked says how the target is. */
  async #asking<T>(system: TicketSystemName, work: () => Promise<T>): Promise<T> {
    const { clock, circuit, keepThrottle } = this.#parts;
    return recordingExchanges(async (exchanges) => {
      try {
        const value = await work();
        circuit(system).succeeded();
        return value;
      } catch (error) {
        noteFailure(circuit(system), error, exchanges.answered, clock.now());
        await keepThrottle(system);
        throw error;
      }
    });
  }
}

/** Not configured, or not readable: a matter of settings. */
function isSetting(error: unknown): boolean {
  return error instanceof Error && ["not_configured", "ca_file"].includes(String((error as { code?: unknown }).code));
}
