/** Where encoded messages go: into a buffer that is used again and again, so that a message costs no memory of its own. */

const utf8 = new TextEncoder();

/** A text, or its UTF-8. */
export type MessageBody = string | Uint8Array;

export function textOf(body: MessageBody): string {
  return typeof body === "string" ? body : Buffer.from(body).toString();
}

/** Gives the bytes of messages. */
export interface MessageBytes {
  /** `head`, a space and `body` as UTF-8. */
  encode(head: string, body: MessageBody): Uint8Array;
}

/** Each message gets bytes of its own. */
export const ownBytes: MessageBytes = { encode: (head, body) => utf8.encode(`${head} ${textOf(body)}`) };

/** The most bytes of UTF-8 that a UTF-16 unit takes. */
const bytesPerUnit = 3;

export class MessageBuffer implements MessageBytes {
  readonly #buffer: Buffer;
  /** The same memory; a part of it is made faster than one of a `Buffer`. */
  readonly #bytes: Uint8Array;
  #used = 0;

  /** `size`: bytes. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
    this.#bytes = new Uint8Array(this.#buffer.buffer);
  }

  /** The bytes are valid until `clear`, unless there was no more room: then they are the message's own. */
  encode(head: string, body: MessageBody): Uint8Array {
    const start = this.#used;
    const most = bytesPerUnit * (head.length + body.length) + 1;
    if (most > this.#bytes.length - start) return ownBytes.encode(head, body);
    const space = start + this.#buffer.write(head, start);
    this.#bytes[space] = 0x20;
    this.#used = space + 1 + this.#writeBody(body, space + 1);
    return this.#bytes.subarray(start, this.#used);
  }

  #writeBody(body: MessageBody, at: number): number {
    if (typeof body === "string") return this.#buffer.write(body, at);
    this.#bytes.set(body, at);
    return body.length;
  }

  /** What has been encoded is no longer needed. */
  clear(): void {
    this.#used = 0;
  }
}
