/**
 * The memory of chunks, used again when the resend window has forgotten them. Otherwise a sender at full speed gets and gives back
 * megabytes of fresh pages a second, which costs more than framing and writing.
 */
import { CHUNK_BYTES } from "../framing.ts";

/** A smaller chunk would waste most of a whole chunk's memory while the window keeps it. */
const smallestShare = 0.75;
/** Free chunks kept; the resend window forgets up to half of what it holds at once. */
const mostFree = 128;

export class ChunkMemory {
  #free: ArrayBuffer[] = [];

  /** A buffer of `size` bytes with any content. */
  take(size: number): Buffer {
    if (size > CHUNK_BYTES || size < CHUNK_BYTES * smallestShare) return Buffer.allocUnsafe(size);
    return Buffer.from(this.#free.pop() ?? new ArrayBuffer(CHUNK_BYTES), 0, size);
  }

  /** Nobody uses this buffer of `take` any more. */
  giveBack({ buffer, length }: Buffer): void {
    const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === CHUNK_BYTES;
    if (isWhole && length >= CHUNK_BYTES * smallestShare && this.#free.length < mostFree) this.#free.push(buffer);
  }

  /** Nothing is being sent. */
  release(): void {
    this.#free = [];
  }
}
