/**
 * One reader of the event log that sends what it reads to one syslog receiver: read → render → send → record the position.
 * A batch's position is on the disk before the next batch is sent, so a crash repeats at most one batch (RELP: those in flight).
 * While a connection is in trouble the position on the disk goes back behind what only the sender's memory is sure to have, so
 * that a crash then loses nothing.
 */
import { messageOf } from "../../core/errors.ts";
import type { AppendedCounts, EventKind, LoggedEvent } from "../../core/event.ts";
import type { Clock, EventLog, SenderStatus, SyslogBytes, SyslogSender } from "../../core/ports.ts";
import { Signal } from "./signal.ts";

export interface RenderedMessage {
  bytes: SyslogBytes;
  /** Shortened to fit the destination's largest message. */
  shrunk: boolean;
}

export interface DestinationOptions {
  /** As configured; shown in health. */
  name: string;
  /** Owner of the position in the event log. */
  reader: string;
  kinds: readonly EventKind[];
  batchSize: number;
  /** Batches handed to the sender before the first one's position is recorded: 1, or more where each is acknowledged. */
  inFlight: number;
  log: EventLog;
  sender: SyslogSender;
  clock: Clock;
  /** The message of an event; null = this destination does not want it. */
  render(event: LoggedEvent): RenderedMessage | null;
  /** Told when the log cannot be read or a position cannot be recorded, and null when it can again. */
  onStoreFault(message: string | null): void;
  /** Told of an event whose snapshot cannot be read; it is skipped. */
  onCorruptEvent(event: LoggedEvent, error: unknown): void;
}

export interface DestinationStatus {
  name: string;
  connected: boolean;
  /** Messages waiting. */
  queued: number;
  /** Messages the transport took, first time. */
  sent: number;
  resent: number;
  shrunk: number;
  errors: number;
  position: number;
  lastError: string | null;
  /** Epoch milliseconds; null before the first one. */
  lastSent: number | null;
}

interface Batch {
  lastSeq: number;
  events: number;
  messages: SyslogBytes[];
}

/** Everything up to `seq` was in the first `messages` messages that the sender took. */
interface Milestone {
  seq: number;
  messages: number;
}

/** After a failed read of the log. */
const storeRetryMs = 1000;

export class Destination {
  readonly #options: DestinationOptions;
  readonly #wake = new Signal();
  #stopAppend: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopping = false;
  /** Everything up to here has been sent. */
  #position = 0;
  /** The position on the disk. */
  #recorded = 0;
  /** The recordings before the next one. */
  #recording: Promise<void> = Promise.resolve();
  /** Messages that the sender has taken, those that are no events included. */
  #taken = 0;
  /** Ends of batches, from the newest that lies behind everything the sender holds. */
  #milestones: Milestone[] = [];
  /** Everything up to here has been read. */
  #cursor = 0;
  #queued = 0;
  #sent = 0;
  #shrunk = 0;
  #lastSent: number | null = null;
  #inFlight: Promise<void>[] = [];
  /** The last position could not be recorded. */
  #unsaved = false;
  /** Grows when the position is set from outside, so that batches read before it no longer move it. */
  #generation = 0;

  constructor(options: DestinationOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  get reader(): string {
    return this.#options.reader;
  }

  /** Finds its place (a new reader starts at the end of the log) and starts to send. */
  async start(): Promise<void> {
    const { log, reader, kinds, sender } = this.#options;
    const known = await log.position(reader);
    this.#position = known ?? (await log.end());
    if (known === null) await log.savePosition(reader, this.#position);
    this.#startFrom(this.#position);
    sender.onRisk(() => void this.#record());
    this.#stopAppend = log.onAppend((_end, counts) => this.#appended(counts));
    this.#queued = await log.countAfter(this.#position, kinds);
    this.#running = this.#run();
  }

  /** Sends everything after `seq` again. */
  async rewind(seq: number): Promise<void> {
    const { log, reader, kinds } = this.#options;
    const rewinding = this.#recording.then(async () => {
      await log.savePosition(reader, seq);
      this.#generation++;
      this.#startFrom(seq);
    });
    this.#recording = rewinding.catch(() => {});
    await rewinding;
    this.#queued = await log.countAfter(seq, kinds);
    this.#wake.set();
  }

  /** Counts again what waits: retention has removed events, perhaps some that waited here. */
  async recount(): Promise<void> {
    const { log, kinds } = this.#options;
    for (let position = -1; position !== this.#position; ) {
      position = this.#position;
      this.#queued = await log.countAfter(position, kinds);
    }
  }

  /** Sends one message that is no event (a test, a heartbeat), in its place between the events. */
  async sendNow(bytes: SyslogBytes): Promise<void> {
    await this.#options.sender.send([bytes]);
    this.#taken++;
  }

  /**
   * Waits until nothing is queued, the receiver is away, or `deadlineMs` (monotonic) has come; then stops. What a receiver that
   * does not take its leave in order may not have read is sent again after the next start.
   */
  async stop(deadlineMs: number): Promise<void> {
    const { sender, clock } = this.#options;
    // Not connected, but no error either: it is just connecting.
    const away = ({ connected, lastError }: SenderStatus) => !connected && lastError !== null;
    while (this.#queued > 0 && !away(sender.status()) && clock.monotonic() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#stopping = true;
    this.#stopAppend();
    this.#wake.set();
    await sender.close();
    await this.#running;
    await this.#record();
  }

  status(): DestinationStatus {
    const { connected, resent, errors, lastError } = this.#options.sender.status();
    return {
      name: this.#options.name,
      connected,
      queued: this.#queued,
      sent: this.#sent,
      resent,
      shrunk: this.#shrunk,
      errors,
      position: this.#position,
      lastError,
      lastSent: this.#lastSent,
    };
  }

  #startFrom(seq: number): void {
    this.#position = seq;
    this.#cursor = seq;
    this.#recorded = seq;
    this.#milestones = [{ seq, messages: this.#taken }];
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const generation = this.#generation;
      const batch = await this.#nextBatch(generation);
      if (batch === null) continue;
      if (this.#inFlight.length >= this.#options.inFlight) await this.#inFlight[0];
      if (this.#stopping || generation !== this.#generation) continue;
      const previous = this.#inFlight.at(-1) ?? Promise.resolve();
      const settled = this.#deliver(batch, previous, generation).finally(() => {
        this.#inFlight.shift();
      });
      this.#inFlight.push(settled);
    }
    await Promise.all(this.#inFlight);
  }

  async #nextBatch(generation: number): Promise<Batch | null> {
    const { log, kinds, batchSize } = this.#options;
    this.#wake.clear();
    let events: LoggedEvent[];
    try {
      events = await log.read(this.#cursor, batchSize, kinds);
    } catch (error) {
      this.#options.onStoreFault(messageOf(error));
      await this.#wake.waitFor(storeRetryMs);
      return null;
    }
    if (!this.#unsaved) this.#options.onStoreFault(null);
    if (generation !== this.#generation) return null;
    const last = events.at(-1);
    if (last === undefined) {
      await this.#idle();
      return null;
    }
    this.#cursor = last.seq;
    const messages: SyslogBytes[] = [];
    for (const event of events) {
      const rendered = this.#render(event);
      if (rendered === null) continue;
      if (rendered.shrunk) this.#shrunk++;
      messages.push(rendered.bytes);
    }
    return { lastSeq: last.seq, events: events.length, messages };
  }

  /** Nothing to send: waits for more, and meanwhile tries again to record a position that could not be. */
  async #idle(): Promise<void> {
    if (!this.#unsaved) return this.#wake.wait();
    await this.#wake.waitFor(storeRetryMs);
    if (this.#inFlight.length === 0) await this.#record();
  }

  #render(event: LoggedEvent): RenderedMessage | null {
    try {
      return this.#options.render(event);
    } catch (error) {
      this.#options.onCorruptEvent(event, error);
      return null;
    }
  }

  /** Sends a batch, then records its position once the batches before it have recorded theirs. */
  async #deliver(batch: Batch, previous: Promise<void>, generation: number): Promise<void> {
    const { sender, clock } = this.#options;
    try {
      if (batch.messages.length > 0) await sender.send(batch.messages);
    } catch {
      return; // Closed: what was not sent keeps its place behind the position.
    }
    await previous;
    this.#taken += batch.messages.length;
    if (generation !== this.#generation) return;
    this.#position = batch.lastSeq;
    this.#pass({ seq: batch.lastSeq, messages: this.#taken });
    this.#queued = Math.max(0, this.#queued - batch.events);
    if (batch.messages.length > 0) {
      this.#sent += batch.messages.length;
      this.#lastSent = clock.now();
    }
    await this.#record();
  }

  #pass(milestone: Milestone): void {
    if (this.#milestones.at(-1)?.messages === milestone.messages) this.#milestones.pop();
    this.#milestones.push(milestone);
  }

  /** Everything up to here is sent and does not hang on this process. */
  #safePosition(): number {
    const { messages, atRisk } = this.#options.sender.held();
    const safe = this.#taken - messages;
    const passed = this.#milestones.findIndex((milestone) => milestone.messages > safe);
    this.#milestones.splice(0, (passed < 0 ? this.#milestones.length : passed) - 1);
    return atRisk ? (this.#milestones[0]?.seq ?? this.#position) : this.#position;
  }

  /** Records the position as it is when its turn comes; one at a time. Resolves when that is done. */
  #record(): Promise<void> {
    this.#recording = this.#recording.then(() => this.#recordNow());
    return this.#recording;
  }

  async #recordNow(): Promise<void> {
    const { log, reader, onStoreFault } = this.#options;
    const position = this.#safePosition();
    if (position === this.#recorded && !this.#unsaved) return;
    try {
      await log.savePosition(reader, position);
      this.#recorded = position;
      this.#unsaved = false;
      onStoreFault(null);
    } catch (error) {
      // Alerts go on even when the disk is full; it is tried again. A crash until then repeats messages, loses none.
      this.#unsaved = true;
      onStoreFault(messageOf(error));
      this.#wake.set();
    }
  }

  #appended(counts: AppendedCounts): void {
    let added = 0;
    for (const kind of this.#options.kinds) added += counts[kind] ?? 0;
    if (added === 0) return;
    this.#queued += added;
    this.#wake.set();
  }
}
