/** Syslog over RELP: every message is acknowledged by the receiver, and what is not is sent again in a new session. */
import type { HeldMessages, SenderStatus, SyslogBytes, SyslogSender } from "../../../core/ports.ts";
import type { ConnectionEnd } from "../connection.ts";
import { CHUNK_BYTES } from "../framing.ts";
import { LinkState } from "../link-state.ts";
import type { SenderContext } from "../options.ts";
import { openRelpSession, type RelpSession } from "./relp-session.ts";

interface Batch {
  messages: readonly SyslogBytes[];
  /** Index of the first message not yet sent. */
  next: number;
  unacknowledged: number;
  resolve: () => void;
}

interface Entry {
  message: SyslogBytes;
  batch: Batch;
  txnr: number;
  attempted: boolean;
}

export class RelpSender implements SyslogSender {
  readonly #context: SenderContext;
  readonly #state: LinkState;
  #batches: Batch[] = [];
  /** Sent in this session and not acknowledged, in order. */
  #flight: Entry[] = [];
  /** Sent in an earlier session and not acknowledged, in order. */
  #again: Entry[] = [];
  #session: RelpSession | null = null;
  #connecting = false;
  #filling = false;
  #broken = false;
  #ackTimer: ReturnType<typeof setTimeout> | null = null;
  /** When the peer last acknowledged, or had nothing to acknowledge. */
  #progressAt = 0;

  constructor(context: SenderContext) {
    this.#context = context;
    this.#state = new LinkState(context);
  }

  connect(): void {
    if (!this.#session) void this.#connect();
  }

  send(messages: readonly SyslogBytes[]): Promise<void> {
    return this.#state.promise((resolve) => {
      if (messages.length === 0) return resolve();
      this.#batches.push({ messages, next: 0, unacknowledged: messages.length, resolve });
      this.#work();
    });
  }

  status(): SenderStatus {
    return this.#state.status();
  }

  /** Nothing depends on this process: `send` resolves on the receiver's acknowledgement. */
  held(): HeldMessages {
    return { messages: 0, atRisk: false };
  }

  onRisk(): void {}

  async close(): Promise<void> {
    if (this.#state.closed) return;
    this.#state.close();
    this.#stopAckTimer();
    this.#batches = [];
    this.#flight = [];
    this.#again = [];
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }

  #work(): void {
    if (this.#session) void this.#fill(this.#session);
    else void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#state.closed) return;
    this.#connecting = true;
    try {
      if (this.#broken) await this.#state.pause();
      const session = await this.#state.persist(() => openRelpSession(this.#context, this.#state.signal));
      if (this.#state.closed) return session.close();
      this.#broken = false;
      this.#session = session;
      this.#state.connected();
      if (this.#again.length === 0 && this.#batches.length === 0) this.#state.recovered();
      session.watch({
        onAcknowledged: (txnr) => this.#acknowledged(txnr),
        onAnswersRead: () => void this.#fill(session),
        onEnd: (end) => this.#ended(end),
      });
    } catch {
      return; // Closed: every pending call was rejected.
    } finally {
      this.#connecting = false;
    }
    this.#work();
  }

  /** Keeps the window full: every acknowledgement makes room at once (fill, wait, repeat would stall 40 ms a window). */
  async #fill(session: RelpSession): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    while (session === this.#session) {
      const frames = this.#nextFrames(session);
      if (frames.length === 0) break;
      await session.write(frames);
    }
    this.#filling = false;
    if (session !== this.#session && this.#session) void this.#fill(this.#session);
  }

  #nextFrames(session: RelpSession): Buffer[] {
    const frames: Buffer[] = [];
    let size = 0;
    while (this.#flight.length < this.#context.limits.relpWindow && size < CHUNK_BYTES) {
      const entry = this.#nextEntry();
      if (!entry) break;
      const { txnr, bytes } = session.frame(entry.message);
      if (entry.attempted) this.#state.resent++;
      entry.txnr = txnr;
      entry.attempted = true;
      if (this.#flight.length === 0) this.#progressAt = this.#context.clock.monotonic();
      this.#flight.push(entry);
      frames.push(bytes);
      size += bytes.length;
    }
    if (frames.length > 0) this.#startAckTimer(this.#context.limits.relpAckMs);
    return frames;
  }

  #nextEntry(): Entry | undefined {
    const again = this.#again.shift();
    const batch = this.#batches[0];
    if (again || !batch) return again;
    const message = batch.messages[batch.next++] as SyslogBytes;
    if (batch.next >= batch.messages.length) this.#batches.shift();
    return { message, batch, txnr: 0, attempted: false };
  }

  #acknowledged(txnr: number): void {
    // Servers answer in order; one that does not is understood as well.
    const index = this.#flight[0]?.txnr === txnr ? 0 : this.#flight.findIndex((entry) => entry.txnr === txnr);
    const [entry] = index < 0 ? [] : this.#flight.splice(index, 1);
    if (!entry) {
      this.#session?.fail("relp_protocol", `acknowledged message ${txnr}, which is not under way`);
      return;
    }
    this.#progressAt = this.#context.clock.monotonic();
    this.#state.written++;
    this.#state.progress();
    if (--entry.batch.unacknowledged === 0) entry.batch.resolve();
  }

  #ended({ error }: ConnectionEnd): void {
    this.#session = null;
    this.#stopAckTimer();
    this.#again = [...this.#flight, ...this.#again];
    this.#flight = [];
    if (error.code === "peer_closed" && this.#again.length === 0 && this.#batches.length === 0) {
      this.#state.disconnected(error.message);
      return;
    }
    this.#broken = true;
    this.#state.failed(error);
    this.connect();
  }

  #startAckTimer(milliseconds: number): void {
    if (this.#ackTimer !== null) return;
    this.#ackTimer = setTimeout(() => {
      this.#ackTimer = null;
      if (this.#flight.length === 0) return;
      const { relpAckMs } = this.#context.limits;
      const waited = this.#context.clock.monotonic() - this.#progressAt;
      if (waited >= relpAckMs) this.#session?.fail("timeout", `acknowledged nothing for ${relpAckMs / 1000} s`);
      else this.#startAckTimer(relpAckMs - waited);
    }, milliseconds);
  }

  #stopAckTimer(): void {
    if (this.#ackTimer !== null) clearTimeout(this.#ackTimer);
    this.#ackTimer = null;
  }
}
