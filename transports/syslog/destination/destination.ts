/**
 * One reader of the event log that sends what it reads to one syslog receiver: read → render → send → record the position.
 * A batch's position is on the disk before the next batch is sent, so a crash repeats at most one batch (RELP: those in flight).
 * How the position on the disk stays behind what is at risk: `recorded-position.ts`.
 */
import { messageOf } from "../../../core/errors.ts";
import type { AppendedCounts, EventKind, LoggedEvent } from "../../../core/event.ts";
import { type MessageBuffer, type MessageBytes, ownBytes } from "../../../core/feeds/message-buffer.ts";
import type { Clock, EventLog, SenderStatus, SyslogBytes, SyslogSender } from "../../../core/ports.ts";
import { MessageBuffers } from "./message-buffers.ts";
import { ReadAhead } from "./read-ahead.ts";
import { RecordedPosition } from "./recorded-position.ts";
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
  /** Whether messages may be sent now; default: always. */
  mayAct?: () => boolean;
  /** The message of an event, its bytes given by `into`; null = this destination does not want it. */
  render(event: LoggedEvent, into: MessageBytes): RenderedMessage | null;
  /** Called when the log cannot be read or a position cannot be recorded, and with null when it can again. */
  onStoreFault(message: string | null): void;
  /** Called for an event whose snapshot cannot be read; it is skipped. */
  onCorruptEvent(event: LoggedEvent, error: unknown): void;
}

export interface DestinationStatus {
  name: string;
  connected: boolean;
  /** Messages waiting. */
  queued: number;
  /** Messages the transport took, first time; and how many of each kind of event. */
  sent: number;
  sentByKind: Readonly<Partial<Record<EventKind, number>>>;
  resent: number;
  shrunk: number;
  errors: number;
  position: number;
  lastError: string | null;
  /** Epoch milliseconds; null before the first one. */
  lastSent: number | null;
  /** When the oldest message that waits was recorded, epoch milliseconds; null = none waits. */
  waitingSince: number | null;
}

interface Batch {
  lastSeq: number;
  /** When the event of the first message was recorded, epoch milliseconds; null = no message. */
  since: number | null;
  events: number;
  messages: SyslogBytes[];
  kinds: EventKind[];
  /** Where the messages are, to be given back; null if each has bytes of its own. */
  buffer: MessageBuffer | null;
}

/** After a failed read of the log. */
const storeRetryMs = 1000;
/** How soon it is looked again whether messages may be sent. */
const heldRetryMs = 100;

export class Destination {
  readonly #options: DestinationOptions;
  readonly #events: ReadAhead;
  readonly #wake = new Signal();
  #stopAppend: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #stopping = false;
  readonly #position: RecordedPosition;
  readonly #buffers = new MessageBuffers();
  /** Everything up to here has been read. */
  #cursor = 0;
  #queued = 0;
  #sent = 0;
  readonly #sentByKind: Partial<Record<EventKind, number>> = {};
  #shrunk = 0;
  #lastSent: number | null = null;
  #inFlight: Promise<void>[] = [];
  /** Batches that were read and are not sent, oldest first. */
  readonly #unsent = new Set<Batch>();
  /** Grows when the position is set from outside, so that batches read before it no longer move it. */
  #generation = 0;

  constructor(options: DestinationOptions) {
    this.#options = options;
    this.#events = new ReadAhead(options.log, options.batchSize, options.kinds);
    const { log, reader, sender, onStoreFault } = options;
    this.#position = new RecordedPosition({
      log,
      reader,
      sender,
      onSaved: () => onStoreFault(null),
      onUnsaved: (message) => {
        onStoreFault(message);
        this.#wake.set();
      },
    });
  }

  /** Loads its position (a new reader starts at the end of the log) and starts to send. */
  async start(): Promise<void> {
    const { log, reader, kinds, sender } = this.#options;
    const known = await log.position(reader);
    const position = known ?? (await log.end());
    if (known === null) await log.savePosition(reader, position);
    this.#position.startFrom(position);
    this.#cursor = position;
    sender.onRisk(() => void this.#position.record());
    this.#stopAppend = log.onAppend((_end, counts) => this.#appended(counts));
    this.#queued = await log.countAfter(position, kinds);
    sender.connect();
    this.#running = this.#run();
  }

  /** Sends everything after `seq` again. */
  async rewind(seq: number): Promise<void> {
    const { log, kinds } = this.#options;
    await this.#position.moveTo(seq, () => {
      this.#generation++;
      this.#cursor = seq;
    });
    this.#queued = await log.countAfter(seq, kinds);
    this.#wake.set();
  }

  /** Counts again what waits: retention has removed events, perhaps some that waited here. */
  async recount(): Promise<void> {
    const { log, kinds } = this.#options;
    this.#events.forget();
    for (let position = -1; position !== this.#position.sent; ) {
      position = this.#position.sent;
      this.#queued = await log.countAfter(position, kinds);
    }
  }

  /** Sends one message that is no event (a test, a heartbeat), in its place between the events. */
  async sendNow(bytes: SyslogBytes): Promise<void> {
    await this.#options.sender.send([bytes]);
    this.#position.took(1);
  }

  /**
   * Waits until nothing is queued, the receiver is away, or `deadlineMs` (monotonic) has come; then stops. What a receiver that
   * does not close in order may not have read is sent again after the next start.
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
    await this.#position.record();
  }

  status(): DestinationStatus {
    const { connected, resent, errors, lastError } = this.#options.sender.status();
    return {
      name: this.#options.name,
      connected,
      queued: this.#queued,
      sent: this.#sent,
      sentByKind: this.#sentByKind,
      resent,
      shrunk: this.#shrunk,
      errors,
      position: this.#position.sent,
      lastError,
      lastSent: this.#lastSent,
      waitingSince: this.#unsent.values().find(({ since }) => since !== null)?.since ?? null,
    };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const generation = this.#generation;
      const batch = await this.#nextBatch(generation);
      if (batch === null) continue;
      this.#unsent.add(batch);
      if (this.#inFlight.length >= this.#options.inFlight) await this.#inFlight[0];
      while (this.#options.mayAct?.() === false && !this.#stopping) {
        this.#wake.clear();
        await this.#wake.waitFor(heldRetryMs);
      }
      if (this.#stopping || generation !== this.#generation) {
        this.#unsent.delete(batch);
        this.#buffers.giveBack(batch.buffer);
        continue;
      }
      const previous = this.#inFlight.at(-1) ?? Promise.resolve();
      const settled = this.#deliver(batch, previous, generation).finally(() => {
        this.#inFlight.shift();
        this.#unsent.delete(batch);
      });
      this.#inFlight.push(settled);
    }
    await Promise.all(this.#inFlight);
  }

  async #nextBatch(generation: number): Promise<Batch | null> {
    this.#wake.clear();
    let events: LoggedEvent[];
    try {
      events = await this.#events.read(this.#cursor);
    } catch (error) {
      this.#options.onStoreFault(messageOf(error));
      await this.#wake.waitFor(storeRetryMs);
      return null;
    }
    if (!this.#position.unsaved) this.#options.onStoreFault(null);
    if (generation !== this.#generation) return null;
    const last = events.at(-1);
    if (last === undefined) {
      await this.#idle();
      return null;
    }
    this.#cursor = last.seq;
    const messages: SyslogBytes[] = [];
    let since: number | null = null;
    const kinds: EventKind[] = [];
    const buffer = this.#buffers.take(events.length);
    for (const event of events) {
      const rendered = this.#render(event, buffer ?? ownBytes);
      if (rendered === null) continue;
      if (rendered.shrunk) this.#shrunk++;
      messages.push(rendered.bytes);
      since ??= event.at;
      kinds.push(event.kind);
    }
    return { lastSeq: last.seq, since, events: events.length, messages, kinds, buffer };
  }

  /** Nothing to send: waits for more, and meanwhile tries again to record a position that could not be. */
  async #idle(): Promise<void> {
    this.#buffers.release();
    if (!this.#position.unsaved) return this.#wake.wait();
    await this.#wake.waitFor(storeRetryMs);
    if (this.#inFlight.length === 0) await this.#position.record();
  }

  #render(event: LoggedEvent, into: MessageBytes): RenderedMessage | null {
    try {
      return this.#options.render(event, into);
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
      return; // Closed: unsent events stay after the position.
    }
    this.#buffers.giveBack(batch.buffer);
    await previous;
    this.#position.took(batch.messages.length);
    if (generation !== this.#generation) return;
    this.#position.pass(batch.lastSeq);
    this.#queued = Math.max(0, this.#queued - batch.events);
    if (batch.messages.length > 0) {
      this.#sent += batch.messages.length;
      for (const kind of batch.kinds) this.#sentByKind[kind] = (this.#sentByKind[kind] ?? 0) + 1;
      this.#lastSent = clock.now();
    }
    await this.#position.record();
  }

  #appended(counts: AppendedCounts): void {
    let added = 0;
    for (const kind of this.#options.kinds) added += counts[kind] ?? 0;
    if (added === 0) return;
    this.#queued += added;
    this.#wake.set();
  }
}
