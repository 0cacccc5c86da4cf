/**
 * Reads the event log ahead of what is sent, in larger steps than it is sent: the store works while the batch before is rendered, and a
 * call to its Worker is made for several batches. A batch stays what is sent between two records of the position.
 */
import type { EventKind, LoggedEvent } from "../../../core/event.ts";
import { unpackBodies } from "../../../core/feeds/packed-events.ts";
import type { EventLog } from "../../../core/ports.ts";

/** Batches read at a time while the log is full of events, … */
const batchesPerStep = 4;
/** … as long as their texts stay below this many characters. */
const charactersPerStep = 1024 * 1024;

interface Ahead {
  after: number;
  limit: number;
  events: Promise<LoggedEvent[]>;
}

/** Memory for the logs of a step; what does not fit comes as text. */
const sharedBytes = 1024 * 1024;

export class ReadAhead {
  readonly #log: Pick<EventLog, "read" | "readInto">;
  readonly #batchSize: number;
  readonly #kinds: readonly EventKind[];
  #ahead: Ahead | null = null;
  /** What has been read and not been taken; all of it lies behind `#after`. */
  #read: LoggedEvent[] = [];
  #after = -1;
  /** Events of the next step. */
  #step: number;
  /** Taken in turns: the events of one step are still being sent while the next is read. */
  #shared: [SharedArrayBuffer, SharedArrayBuffer] | null = null;

  constructor(log: Pick<EventLog, "read" | "readInto">, batchSize: number, kinds: readonly EventKind[]) {
    this.#log = log;
    this.#batchSize = batchSize;
    this.#kinds = kinds;
    this.#step = batchSize;
  }

  /**
   * The next batch of events after `after`, whose bodies may be bytes that are valid until the next call. Rejects as the log does; an empty
   * answer is never older than the call.
   */
  async read(after: number): Promise<LoggedEvent[]> {
    if (this.#after !== after || this.#read.length === 0) await this.#refill(after);
    const batch = this.#read.splice(0, this.#batchSize);
    this.#after = batch.at(-1)?.seq ?? -1;
    return batch;
  }

  /** Drops what has been read and not been taken: the log has changed. */
  forget(): void {
    this.#read = [];
    this.#ahead = null;
  }

  async #refill(after: number): Promise<void> {
    this.#read = [];
    const ahead = this.#ahead?.after === after ? this.#ahead : null;
    this.#ahead = null;
    let step = ahead ?? this.#start(after);
    let events = await step.events;
    if (events.length === 0 && ahead !== null) {
      step = this.#start(after);
      events = await step.events;
    }
    this.#read = events;
    this.#after = after;
    const last = events.at(-1);
    // A step that is not full is the end of the log.
    if (last === undefined || events.length < step.limit) {
      this.#step = this.#batchSize;
      this.#shared = null;
    } else {
      this.#shared ??= [new SharedArrayBuffer(sharedBytes), new SharedArrayBuffer(sharedBytes)];
      this.#step = this.#nextStep(events);
      this.#ahead = this.#start(last.seq);
    }
  }

  /** As many as allowed, judged by the size of these. */
  #nextStep(events: readonly LoggedEvent[]): number {
    let characters = 0;
    for (const { data, body, bodyBytes } of events) characters += data.length + (bodyBytes ?? body ?? "").length;
    const fitting = Math.floor((charactersPerStep * events.length) / Math.max(1, characters));
    return Math.max(this.#batchSize, Math.min(batchesPerStep * this.#batchSize, fitting));
  }

  #start(after: number): Ahead {
    const events = this.#readStep(after);
    // The rejection is reported to the caller that takes this step.
    events.catch(() => {});
    return { after, limit: this.#step, events };
  }

  async #readStep(after: number): Promise<LoggedEvent[]> {
    // Few events are not worth the memory.
    if (this.#shared === null) return this.#log.read(after, this.#step, this.#kinds);
    const [shared, other] = this.#shared;
    this.#shared = [other, shared];
    return unpackBodies(await this.#log.readInto(shared, after, this.#step, this.#kinds), shared);
  }
}
