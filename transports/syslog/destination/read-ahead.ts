/** Reads the event log one batch ahead, so that the store works while the batch before is rendered and sent. */
import type { EventKind, LoggedEvent } from "../../../core/event.ts";
import type { EventLog } from "../../../core/ports.ts";

interface Ahead {
  after: number;
  events: Promise<LoggedEvent[]>;
}

export class ReadAhead {
  readonly #log: Pick<EventLog, "read">;
  readonly #batchSize: number;
  readonly #kinds: readonly EventKind[];
  #ahead: Ahead | null = null;

  constructor(log: Pick<EventLog, "read">, batchSize: number, kinds: readonly EventKind[]) {
    this.#log = log;
    this.#batchSize = batchSize;
    this.#kinds = kinds;
  }

  /** The events after `after`. Rejects as the log does; an empty answer is never older than the call. */
  async read(after: number): Promise<LoggedEvent[]> {
    const ahead = this.#ahead?.after === after ? await this.#take(this.#ahead) : [];
    const events = ahead.length > 0 ? ahead : await this.#start(after);
    const last = events.at(-1);
    // A batch that is not full is the end of the log.
    if (last !== undefined && events.length === this.#batchSize)
      this.#ahead = { after: last.seq, events: this.#start(last.seq) };
    return events;
  }

  #take({ events }: Ahead): Promise<LoggedEvent[]> {
    this.#ahead = null;
    return events;
  }

  #start(after: number): Promise<LoggedEvent[]> {
    const events = this.#log.read(after, this.#batchSize, this.#kinds);
    // The rejection is reported to the caller that takes this batch.
    events.catch(() => {});
    return events;
  }
}
