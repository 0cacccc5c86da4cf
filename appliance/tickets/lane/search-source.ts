/** The source of searches for changed tickets, at the times of the schedule. Found tickets are marked in the database until they are read. */
import { DeliveryError, messageOf } from "../../../core/errors.ts";
import type { TicketSettings } from "../../../core/settings/ticket-settings.ts";
import type { Due, JobSource, LaneView } from "./jobs.ts";
import { Schedule } from "./schedule.ts";

/** Tickets read at each time of the schedule although no search found them; the second limit applies if the account cannot search. */
const staleAtATime = 20;
const staleUnsearched = 200;

/** The result of the last search for changed tickets. Epoch milliseconds. */
export interface SyncStatus {
  at: number | null;
  okAt: number | null;
  /** Why the last one failed; null = it did not. */
  error: string | null;
  /** The next one by the schedule; Infinity = never. */
  nextAt: number;
}

export class SearchSource implements JobSource {
  readonly reads = true;
  readonly #lane: LaneView;
  readonly #schedule = new Schedule();
  #isDue = false;
  #isSearching = false;
  #status: Omit<SyncStatus, "nextAt"> = { at: null, okAt: null, error: null };

  constructor(lane: LaneView) {
    this.#lane = lane;
  }

  get status(): SyncStatus {
    return { ...this.#status, nextAt: this.#schedule.nextAt };
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

  /** Reads all pages. Changes on a page are stored at once; the cursor is stored only after the last page. */
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
        // The index may have lost a ticket, or a person may have removed its label.
        await store.tickets.markStaleForReading(system, staleAtATime, at);
      }
      this.#status = { at, okAt: at, error: null };
      if (before.error !== null) log.info("changed tickets are found again", { system });
    } catch (error) {
      if (stopping.aborted) return;
      this.#status = { at, okAt: before.okAt, error: messageOf(error) };
      if (before.error !== messageOf(error))
        log.warn("changed tickets cannot be looked for", { system, error: messageOf(error) });
      // The account may not search, so tickets are read one by one.
      if (error instanceof DeliveryError && !error.retryable)
        await store.tickets.markStaleForReading(system, staleUnsearched, at).catch(() => undefined);
    }
  }
}
