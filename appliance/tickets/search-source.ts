/** The search for tickets that have changed, at the schedule's times: the database remembers what it finds until that is read. */
import { DeliveryError, messageOf } from "../../core/errors.ts";
import type { TicketSettings } from "../../core/settings/ticket-settings.ts";
import type { Due, JobSource, LaneView } from "./jobs.ts";
import { Schedule } from "./schedule.ts";

/** So many tickets are read at each time of the schedule although nothing says that they have changed; where nothing can say so, so many. */
const staleAtATime = 20;
const staleUnsearched = 200;

/** How the search for what has changed went. Epoch milliseconds. */
export interface SyncStatus {
  at: number | null;
  okAt: number | null;
  /** Why the last one failed; null = it did not. */
  error: string | null;
}

export class SearchSource implements JobSource {
  readonly reads = true;
  readonly #lane: LaneView;
  readonly #schedule = new Schedule();
  #isDue = false;
  #isSearching = false;
  #status: SyncStatus = { at: null, okAt: null, error: null };

  constructor(lane: LaneView) {
    this.#lane = lane;
  }

  get status(): SyncStatus {
    return this.#status;
  }

  apply({ syncSchedules }: TicketSettings): void {
    this.#schedule.set(syncSchedules[this.#lane.system]);
  }

  note(now: number): void {
    if (this.#schedule.isDue(now)) this.#isDue = true;
  }

  async due(): Promise<Due> {
    const nextAt = this.#schedule.nextAt;
    if (!this.#isDue || this.#isSearching) return { jobs: [], nextAt };
    const failure = { message: "a search for changed tickets stopped", detail: { system: this.#lane.system } };
    return { jobs: [{ ticketId: null, failure, run: () => this.#run() }], nextAt };
  }

  async #run(): Promise<void> {
    this.#isDue = false;
    this.#isSearching = true;
    try {
      await this.#search();
    } finally {
      this.#isSearching = false;
    }
  }

  /** Page by page to the end; the place is kept only when the end was reached, and what pages named is written down before. */
  async #search(): Promise<void> {
    const { system, tools, stopping } = this.#lane;
    const { store, clock, log } = tools;
    const at = clock.now();
    const before = this.#status;
    try {
      const since = await store.tickets.oldestTicket(system);
      const target = this.#lane.current?.target("");
      if (since !== null && target?.searches === false) await store.tickets.markAllForReading(system, at);
      else if (since !== null && target !== undefined) {
        const cursor = await store.tickets.readCursor(system);
        let next = cursor;
        await this.#lane.ask(async () => {
          for await (const page of target.changes(cursor, since)) {
            stopping.throwIfAborted();
            await store.tickets.noteChanges(system, page.changes, clock.now());
            next = page.cursor;
          }
        });
        if (next !== null && next !== cursor) await store.tickets.saveCursor(system, next);
        // An index that has lost one, or a person who took its label away.
        await store.tickets.markStaleForReading(system, staleAtATime, at);
      }
      this.#status = { at, okAt: at, error: null };
      if (before.error !== null) log.info("changed tickets are found again", { system });
    } catch (error) {
      if (stopping.aborted) return;
      this.#status = { at, okAt: before.okAt, error: messageOf(error) };
      if (before.error !== messageOf(error))
        log.warn("changed tickets cannot be looked for", { system, error: messageOf(error) });
      // It may not search: then each is read.
      if (error instanceof DeliveryError && !error.retryable)
        await store.tickets.markStaleForReading(system, staleUnsearched, at).catch(() => undefined);
    }
  }
}
