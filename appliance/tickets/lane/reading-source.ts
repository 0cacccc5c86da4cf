/** The source of tickets to read back, so that incidents follow them. Each is read by itself, so that a failure affects no other ticket. */
import { DeliveryError, EdgeError, messageOf } from "../../../core/errors.ts";
import type { Ticket } from "../../../core/tickets/ticket.ts";
import type { Due, Job, JobSource, LaneView } from "./jobs.ts";
import { commentsOf, expectOurs, whereIs } from "./reading.ts";

export class ReadingSource implements JobSource {
  readonly reads = true;
  readonly #lane: LaneView;
  readonly #reading = new Map<number, Ticket>();
  /** Tickets for which a webhook arrived while they were being read. */
  readonly #reread = new Set<number>();
  /** Unknown states that have already been logged. */
  readonly #unknownStates = new Set<string>();

  constructor(lane: LaneView) {
    this.#lane = lane;
  }

  note(): void {}

  async due(now: number, most: number): Promise<Due> {
    const { system, tools } = this.#lane;
    const { due, nextAt } = await tools.store.tickets.dueReadings(system, now, most);
    return { jobs: due.map((ticket) => this.#job(ticket)), nextAt: nextAt ?? Number.POSITIVE_INFINITY };
  }

  /** Makes a ticket be read soon, after a webhook. Returns false if it is none of ours. @throws StoreError */
  async readSoon(remoteId: string): Promise<boolean> {
    const { system, tools } = this.#lane;
    const isOurs = await tools.store.tickets.markForReading(system, remoteId, tools.clock.now());
    for (const { id, remote } of this.#reading.values()) if (remote?.id === remoteId) this.#reread.add(id);
    if (isOurs) this.#lane.wake();
    return isOurs;
  }

  #job(ticket: Ticket): Job {
    return {
      ticketId: ticket.id,
      failure: { message: "a ticket stopped being read", detail: { ticket: ticket.remote?.key ?? "" } },
      run: async () => {
        this.#reading.set(ticket.id, ticket);
        try {
          await this.#read(ticket);
        } finally {
          this.#reading.delete(ticket.id);
        }
      },
    };
  }

  async #read(ticket: Ticket): Promise<void> {
    const { store, clock, log } = this.#lane.tools;
    const { system, incidentId: incident, remote: known } = ticket;
    try {
      await this.#lane.ask(() => this.#synchronise(ticket));
    } catch (error) {
      if (!(error instanceof DeliveryError) && !isSetting(error)) throw error;
      log.warn("a ticket cannot be read", { system, incident, ticket: known?.key, error: messageOf(error) });
      await store.tickets.recordFailedReading(ticket.id, clock.now());
    }
    if (this.#reread.delete(ticket.id)) await store.tickets.markForReading(system, known?.id ?? "", clock.now());
  }

  async #synchronise(ticket: Ticket): Promise<void> {
    const { tools, current } = this.#lane;
    const { store, clock, log } = tools;
    const { system, incidentId: incident } = ticket;
    if (ticket.remote === null || current === null) return;
    const target = current.target(ticket.entity);
    await expectOurs(ticket, target);
    const remote = await target.read(ticket.remote.id);
    if (remote === null) {
      if ((await whereIs(ticket, target, tools)) !== "gone")
        await store.tickets.recordFailedReading(ticket.id, clock.now());
      return;
    }
    const wantsNotes = current.settings.policies[system].notes === "two_way";
    const comments = wantsNotes ? await commentsOf(ticket, target, store) : [];
    const analyst = remote.assignee === null ? null : this.#lane.analystOf(remote.assignee);
    const outcome = await store.tickets.applyReading({ ticketId: ticket.id, remote, analyst, comments }, clock.now());
    if (outcome === null) return;
    const { changed, unapplied, overruled } = outcome;
    if (remote.isStrange === true && !this.#unknownStates.has(remote.status)) {
      this.#unknownStates.add(remote.status);
      log.warn("a ticket has a state that nobody knows: it changes nothing", { system, state: remote.status });
    }
    if (changed.length > 0)
      log.info("incident follows its ticket", { system, incident, ticket: remote.key, changed: changed.join(", ") });
    if (overruled > 0) log.info("the ticket wins", { system, incident, ticket: remote.key, overruled });
    for (const one of unapplied)
      log.info("ticket changed, the incident stays", { system, incident, ticket: remote.key, ...one });
  }
}

/** Whether the error comes from missing or invalid settings. */
function isSetting(error: unknown): boolean {
  return error instanceof EdgeError && ["not_configured", "ca_file"].includes(error.code);
}
