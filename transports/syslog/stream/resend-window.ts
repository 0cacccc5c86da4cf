/**
 * What a stream sender may have to write again. A TCP write does not confirm delivery: two kernels buffer
 * megabytes. So chunks are kept, whole messages and byte for byte, until they have been acknowledged by the peer's kernel and for
 * a while after, since the peer's program may die before it reads them.
 */
import { type Chunk, splitChunk } from "../framing.ts";

export interface WindowLimits {
  resendBytes: number;
  resendMs: number;
  resendAfterResetMs: number;
}

export interface WindowChunk extends Chunk {
  /** A kernel has taken it, on this connection or an earlier one. */
  handed: boolean;
  /** Called when that happens. */
  onHanded: () => void;
  /** Has been written on some connection. */
  attempted: boolean;
  /** Connections on which it was acknowledged and that the peer then closed in order. */
  left: number;
  /** Offset behind its last byte on the present connection. */
  end: number;
  /** Monotonic milliseconds. */
  writtenAt: number;
  /** It shares its memory with another chunk. */
  cut: boolean;
}

const takenInOrder = 3;

/** Chunks in order: written on the present connection, then those still to be written. */
export class ResendWindow {
  readonly #limits: WindowLimits;
  #chunks: WindowChunk[] = [];
  /** Index of the first chunk still to be written. */
  #next = 0;
  /** Bytes written on the present connection, and how many of them the peer's kernel has acknowledged. */
  #written = 0;
  #acknowledged = 0;
  #writtenBefore = 0;
  /** When data was last seen stuck, so that the age of what came before says nothing. */
  #stuckAt = Number.NEGATIVE_INFINITY;
  #bytes = 0;
  #messages = 0;
  /** Something was forgotten since the last `rewind`. */
  #forgotten = false;

  /** Called with the bytes of each chunk that is forgotten, unless it was cut. */
  readonly #onForgotten: (bytes: Buffer) => void;

  constructor(limits: WindowLimits, onForgotten: (bytes: Buffer) => void = () => {}) {
    this.#limits = limits;
    this.#onForgotten = onForgotten;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Messages in it, those not yet written included. */
  get messages(): number {
    return this.#messages;
  }

  append(chunk: Chunk, onHanded: () => void): void {
    const { bytes, ends } = chunk;
    this.#chunks.push({
      bytes,
      ends,
      handed: false,
      onHanded,
      attempted: false,
      left: 0,
      end: 0,
      writtenAt: 0,
      cut: false,
    });
    this.#bytes += chunk.bytes.length;
    this.#messages += chunk.ends.length;
  }

  /** The next chunk to write, or undefined when all are written. */
  next(): WindowChunk | undefined {
    return this.#chunks[this.#next];
  }

  /** Cuts the next chunk to at most `size` bytes (one message at least). */
  cutNext(size: number): void {
    const chunk = this.#chunks[this.#next];
    if (!chunk) return;
    const [head, tail] = splitChunk(chunk, size);
    if (!tail) return;
    this.#chunks.splice(
      this.#next,
      1,
      { ...chunk, ...head, cut: true, onHanded: () => {} },
      { ...chunk, ...tail, cut: true },
    );
  }

  /** Notes that `next()` is being written now. */
  wrote(now: number): void {
    const chunk = this.#chunks[this.#next];
    if (!chunk) return;
    this.#written += chunk.bytes.length;
    chunk.end = this.#written;
    chunk.writtenAt = now;
    chunk.attempted = true;
    this.#next++;
  }

  /** The peer's kernel has acknowledged `acknowledged` bytes of this connection: drops what no longer needs to be kept. */
  settle(acknowledged: number, now: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, acknowledged);
    if (this.#acknowledged < this.#writtenBefore) this.#stuckAt = now;
    this.#writtenBefore = this.#written;
    const oldest = this.#acknowledged - this.#limits.resendBytes;
    this.#forget(
      (chunk) => chunk.end - chunk.bytes.length < oldest || this.#aged(chunk, this.#limits.resendAfterResetMs, now),
    );
  }

  /**
   * The peer closed in order after its kernel had acknowledged `acknowledged` bytes. A message that went alone and has been taken
   * so on three connections counts as read: some receivers close after every message, and it would be repeated for ever.
   */
  leftInOrder(acknowledged: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, acknowledged);
    this.#forget((chunk) => chunk.ends.length === 1 && ++chunk.left >= takenInOrder);
  }

  /**
   * The connection broke: everything not yet safe is to be written again, in order.
   * @param settledMs what was acknowledged and is older than this has surely been read.
   * @returns whether anything written on the connection, or before, was given up as read while it lasted or now.
   */
  rewind(settledMs: number, now: number): boolean {
    this.#forget((chunk) => this.#aged(chunk, settledMs, now));
    const forgotten = this.#forgotten;
    this.#forgotten = false;
    this.#next = 0;
    this.#written = 0;
    this.#acknowledged = 0;
    this.#writtenBefore = 0;
    this.#stuckAt = Number.NEGATIVE_INFINITY;
    return forgotten;
  }

  /** When the oldest of what the peer's kernel has not acknowledged was written; null when it has acknowledged all. */
  unacknowledgedSince(): number | null {
    const oldest = this.#chunks.findIndex((chunk, index) => !this.#acknowledges(chunk, index));
    return oldest < 0 || oldest >= this.#next ? null : (this.#chunks[oldest]?.writtenAt ?? null);
  }

  #acknowledges(chunk: WindowChunk, index: number): boolean {
    return index < this.#next && chunk.end <= this.#acknowledged;
  }

  #aged(chunk: WindowChunk, age: number, now: number): boolean {
    return now - Math.max(chunk.writtenAt, this.#stuckAt) > age;
  }

  /** Drops chunks from the front that are acknowledged and for which `condition` holds. */
  #forget(condition: (chunk: WindowChunk) => boolean): void {
    let count = 0;
    for (const chunk of this.#chunks) {
      if (!this.#acknowledges(chunk, count) || !condition(chunk)) break;
      this.#bytes -= chunk.bytes.length;
      this.#messages -= chunk.ends.length;
      if (!chunk.cut) this.#onForgotten(chunk.bytes);
      count++;
    }
    this.#chunks.splice(0, count);
    this.#next -= count;
    if (count > 0) this.#forgotten = true;
  }
}
