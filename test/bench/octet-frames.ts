/** Octet-counted frames (RFC 6587 3.4.1) out of a byte stream, fast: a frame that lies whole in one part is not copied. */

export class OctetFrames {
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes to be skipped until the next frame begins. */
  #skip = 0;
  readonly #whole: boolean;
  readonly #onFrame: (length: number, message: Buffer | null) => void;

  /** `onFrame` gets each frame's message, or only its length where `whole` is false and the frame is counted alone. */
  constructor(whole: boolean, onFrame: (length: number, message: Buffer | null) => void) {
    this.#whole = whole;
    this.#onFrame = onFrame;
  }

  add(part: Buffer): void {
    let bytes = part;
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, part]);
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    while (at < bytes.length) {
      let length = 0;
      let digit = at;
      for (; digit < bytes.length && bytes[digit] !== 0x20; digit++) {
        const value = (bytes[digit] ?? 0) - 0x30;
        if (value < 0 || value > 9) throw new Error(`no digit where a frame's length belongs: byte ${bytes[digit]}`);
        length = length * 10 + value;
      }
      if (digit === bytes.length) break;
      const begin = digit + 1;
      const end = begin + length;
      if (this.#whole && end > bytes.length) break;
      this.#onFrame(length, end <= bytes.length ? bytes.subarray(begin, end) : null);
      at = Math.min(end, bytes.length);
      this.#skip = end - at;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : bytes.subarray(at);
  }
}
