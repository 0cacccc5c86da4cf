/** The buffers of a destination's messages: as many as there are batches in flight, kept only while much is sent. */
import { MessageBuffer } from "../../../core/feeds/message-buffer.ts";

/** A hundred messages of alerts with room to spare. What does not fit gets memory of its own. */
const bufferBytes = 384 * 1024;
/** A batch that is smaller is not worth a buffer. */
const fewestMessages = 20;

export class MessageBuffers {
  #free: MessageBuffer[] = [];

  /** A buffer for so many messages; null if they are too few. */
  take(messages: number): MessageBuffer | null {
    if (messages < fewestMessages) return null;
    return this.#free.pop() ?? new MessageBuffer(bufferBytes);
  }

  /** The messages in it are no longer used. */
  giveBack(buffer: MessageBuffer | null): void {
    if (buffer === null) return;
    buffer.clear();
    this.#free.push(buffer);
  }

  /** There is nothing to send. */
  release(): void {
    this.#free = [];
  }
}
