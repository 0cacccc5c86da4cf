/** Syslog over TCP and TLS: at least once, as far as a protocol without acknowledgements allows. */
import { DeliveryError } from "../../../core/errors.ts";
import type { HeldMessages, SenderStatus, SyslogBytes, SyslogSender } from "../../../core/ports.ts";
import { type ConnectionEnd, openConnection, type StreamConnection } from "../connection.ts";
import { frameChunk } from "../framing.ts";
import { LinkState } from "../link-state.ts";
import type { SenderContext } from "../options.ts";
import { readSocketRow } from "../socket-row.ts";
import { AttendedTime } from "./attended-time.ts";
import { ChunkMemory } from "./chunk-memory.ts";
import { ExposureLimit } from "./exposure-limit.ts";
import { ResendWindow, type WindowChunk } from "./resend-window.ts";
import { type StallSample, StallWatch } from "./stall.ts";

/** How often the kernel is asked what has been acknowledged, while something is not; and between two ticks of the attended time. */
const SAMPLE_MS = 250;
/** After this many chunks in one go, timers and other sockets get their turn. */
const CHUNKS_PER_TURN = 16;

interface Batch {
  messages: readonly SyslogBytes[];
  /** Index of the first message not yet framed. */
  next: number;
  resolve: () => void;
}

export class StreamSender implements SyslogSender {
  readonly #context: SenderContext;
  readonly #state: LinkState;
  readonly #window: ResendWindow;
  readonly #chunkMemory = new ChunkMemory();
  readonly #exposureLimit: ExposureLimit;
  /** Not yet framed completely, in order. */
  #batches: Batch[] = [];
  #connection: StreamConnection | null = null;
  #stall: StallWatch;
  #connectedAt = 0;
  /** Bytes written since the exposure limit last made it wait. */
  #exposed = 0;
  #pumping = false;
  /** The last connection broke: the next attempt waits. */
  #broken = false;
  /** Messages of the window whose `send` has not resolved. */
  #unpromised = 0;
  /** The last sample found data that has been unacknowledged for too long, or the peer did not answer the close. */
  #overdue = false;
  #toldRisk = false;
  #onRisk: () => void = () => {};
  /** Bytes of this connection that had been written at the last sample. */
  #sampledUpTo = 0;
  #sampleTimer: ReturnType<typeof setTimeout> | null = null;
  readonly #attended = new AttendedTime(SAMPLE_MS);

  constructor(context: SenderContext) {
    this.#context = context;
    this.#state = new LinkState(context);
    this.#window = new ResendWindow(context.limits, (bytes) => this.#chunkMemory.giveBack(bytes));
    this.#exposureLimit = new ExposureLimit(context.limits);
    this.#stall = new StallWatch(context.limits, 0);
  }

  connect(): void {
    void this.#pump("connect");
  }

  send(messages: readonly SyslogBytes[]): Promise<void> {
    return this.#state.promise((resolve) => {
      if (messages.length === 0) return resolve();
      this.#batches.push({ messages, next: 0, resolve });
      void this.#pump();
    });
  }

  status(): SenderStatus {
    return this.#state.status();
  }

  held(): HeldMessages {
    const messages = Math.max(0, this.#window.messages - this.#unpromised);
    // After a break, messages are at risk until the whole window has been rewritten.
    return { messages, atRisk: messages > 0 && (this.#overdue || this.#window.next()?.attempted === true) };
  }

  onRisk(listener: () => void): void {
    this.#onRisk = listener;
  }

  async close(): Promise<void> {
    if (this.#state.closed) return;
    this.#state.close();
    this.#stopSampling();
    this.#batches = [];
    const connection = this.#connection;
    this.#connection = null;
    if (!connection) return;
    // A peer that closes in answer has read everything; otherwise that is unknown.
    this.#overdue = !(await connection.close(this.#context.limits.closeMs));
    if (this.#overdue) this.#window.rewind(this.#context.limits.resendAfterResetMs, this.#attendedUntil());
  }

  /** Writes until nothing is left to write, and connects for that, or in any case. One at a time. */
  async #pump(why: "write" | "connect" = "write"): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let chunks = 1; !this.#state.closed; chunks++) {
        if (!this.#nextChunk() && (why === "write" || this.#connection)) break;
        const connection = this.#connection ?? (await this.#connect());
        await this.#write(connection);
        if (chunks % CHUNKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      if (!this.#state.closed) throw error;
    } finally {
      this.#pumping = false;
    }
  }

  /** The next chunk of the window, filled up from the waiting batches when all of it has been written. */
  #nextChunk(): WindowChunk | undefined {
    const batch = this.#batches[0];
    if (this.#window.next() === undefined && batch) {
      const chunk = frameChunk(batch.messages, batch.next, this.#context.framing, (size) =>
        this.#chunkMemory.take(size),
      );
      batch.next += chunk.ends.length;
      const last = batch.next >= batch.messages.length;
      if (last) this.#batches.shift();
      this.#unpromised += chunk.ends.length;
      this.#window.append(chunk, last ? () => this.#resolve(batch) : () => {});
    }
    return this.#window.next();
  }

  #resolve(batch: Batch): void {
    this.#unpromised -= batch.messages.length;
    batch.resolve();
  }

  async #connect(): Promise<StreamConnection> {
    if (this.#broken) await this.#state.pause();
    const options = { signal: this.#state.signal, lateRefusal: true };
    const connection = await this.#state.persist(() => openConnection(this.#context, options));
    if (this.#state.closed) {
      connection.destroy();
      throw this.#state.closedError();
    }
    this.#broken = false;
    this.#connection = connection;
    this.#connectedAt = this.#context.clock.monotonic();
    this.#stall = new StallWatch(this.#context.limits, this.#connectedAt);
    this.#sampledUpTo = 0;
    this.#exposed = 0;
    this.#state.connected();
    if (!this.#nextChunk()) this.#state.recovered();
    connection.watch((end) => this.#ended(end));
    return connection;
  }

  async #write(connection: StreamConnection): Promise<void> {
    if (this.#exposureLimit.active) await this.#giveTime(connection);
    const chunk = this.#window.next();
    if (connection !== this.#connection || !chunk) return;
    this.#exposed += chunk.bytes.length;
    const again = chunk.attempted;
    if (again) this.#state.resent += chunk.ends.length;
    this.#window.wrote(this.#context.clock.monotonic());
    if (again) this.#tellRisk();
    const room = connection.write(chunk.bytes, () => this.#handed(chunk));
    this.#startSampling();
    if (!room) await connection.drained();
    // Before memory grows: ask what the peer's kernel has instead of waiting for the next sample, but not for every chunk.
    const { resendBytes } = this.#context.limits;
    const unsampled = connection.written - this.#sampledUpTo;
    if (this.#window.bytes > 2 * resendBytes && unsampled > resendBytes / 2) await this.#sample();
  }

  /** Lets a receiver that keeps breaking connections read what it has, before it is given more than the limit allows. */
  async #giveTime(connection: StreamConnection): Promise<void> {
    const { exposure, waitMs, lastsMs } = this.#exposureLimit;
    this.#window.cutNext(exposure);
    const size = this.#window.next()?.bytes.length ?? 0;
    if (this.#exposed === 0 || this.#exposed + size <= exposure) return;
    const age = this.#context.clock.monotonic() - this.#connectedAt;
    await connection.endsWithin(Math.max(0, Math.min(waitMs, lastsMs - age)));
    if (connection !== this.#connection) return;
    await this.#sample();
    this.#exposed = 0;
    const lasted = this.#context.clock.monotonic() - this.#connectedAt;
    if (lasted >= lastsMs) this.#exposureLimit.lasted(lasted);
  }

  #tellRisk(): void {
    const { atRisk } = this.held();
    if (atRisk || this.#toldRisk) this.#onRisk();
    this.#toldRisk = atRisk;
  }

  #handed(chunk: WindowChunk): void {
    if (this.#state.closed) return;
    if (!chunk.handed) {
      chunk.handed = true;
      this.#state.written += chunk.ends.length;
      chunk.onHanded();
    }
    if (this.#window.next() === undefined) this.#state.progress();
  }

  #ended({ error, inOrder, acknowledged }: ConnectionEnd): void {
    this.#connection = null;
    this.#stopSampling();
    const { resendMs, resendAfterResetMs, settleMs } = this.#context.limits;
    const now = this.#context.clock.monotonic();
    if (this.#exposureLimit.active && acknowledged !== null) this.#window.leftInOrder(acknowledged);
    // A reset is what the kernel of a receiver sends that had not read everything: the limit makes no exception for it.
    const readAfterMs = !inOrder ? resendAfterResetMs : this.#exposureLimit.active ? settleMs : resendMs;
    const settled = this.#window.rewind(readAfterMs, this.#attended.until(now));
    this.#overdue = false;
    this.#tellRisk();
    const lasted = now - this.#connectedAt;
    if (lasted >= this.#exposureLimit.lastsMs) this.#exposureLimit.lasted(lasted);
    else if (this.#window.next()) this.#exposureLimit.broke(settled);
    if (inOrder && this.#window.next() === undefined && this.#batches.length === 0) {
      this.#state.disconnected(error.message);
      return;
    }
    this.#broken = true;
    this.#state.failed(error);
    this.connect();
  }

  #startSampling(): void {
    if (this.#sampleTimer !== null) return;
    const now = this.#context.clock.monotonic();
    this.#attended.begin(now);
    this.#stall.rests(now);
    this.#sampleLater();
  }

  /** For as long as something is kept for a connection that breaks. */
  #sampleLater(): void {
    const timer = setTimeout(async () => {
      const now = this.#context.clock.monotonic();
      this.#attended.tick(now);
      if (this.#window.unacknowledgedSince() === null) {
        this.#window.settle(0, this.#attended.until(now));
        this.#stall.rests(now);
        if (this.#batches.length === 0) this.#chunkMemory.release();
      } else await this.#sample();
      if (this.#sampleTimer !== timer) return;
      if (this.#window.bytes > 0) this.#sampleLater();
      else this.#sampleTimer = null;
    }, SAMPLE_MS);
    this.#sampleTimer = timer;
  }

  #attendedUntil(): number {
    return this.#attended.until(this.#context.clock.monotonic());
  }

  #stopSampling(): void {
    if (this.#sampleTimer !== null) clearTimeout(this.#sampleTimer);
    this.#sampleTimer = null;
  }

  /** Samples what the peer's kernel has acknowledged. */
  async #sample(): Promise<void> {
    const connection = this.#connection;
    if (!connection?.addresses) return;
    const { handed } = connection;
    this.#sampledUpTo = connection.written;
    const row = await readSocketRow(connection.addresses);
    if (connection !== this.#connection) return;
    // Under TLS the kernel counts ciphertext, which is never less than the plain text: the estimate stays on the safe side.
    const acknowledged = row === null ? handed : Math.max(0, handed - row.unacknowledged);
    const outstanding = acknowledged < connection.written;
    const now = this.#attendedUntil();
    this.#window.settle(acknowledged, now);
    this.#overdue = now - (this.#window.unacknowledgedSince() ?? now) > this.#context.limits.riskMs;
    this.#tellRisk();
    // Without kernel data a slow reader looks like a dead one: use the longer time.
    this.#judge(connection, { acknowledged, outstanding, windowClosed: row?.windowClosed ?? true }, now);
  }

  #judge(connection: StreamConnection, sample: StallSample, now: number): void {
    const { host, port, limits } = this.#context;
    const verdict = this.#stall.judge(sample, now);
    const stalled = (what: string) =>
      connection.fail(new DeliveryError("stalled", `${host}:${port} ${what}; connecting again`, { retryable: true }));
    if (verdict === "dead") stalled(`has acknowledged nothing for ${limits.stallMs / 1000} s`);
    if (verdict === "hung") stalled(`has read nothing for ${limits.notReadingMs / 1000} s`);
    if (verdict === "not-reading") {
      this.#state.warn(`${host}:${port} is connected but has read nothing for ${limits.stallMs / 1000} s`);
    }
  }
}
