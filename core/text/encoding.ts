/** Bytes of exports as text: Windows PowerShell writes UTF-16, with a byte order mark or without. */

export type TextEncoding = "utf-8" | "utf-16le" | "utf-16be";

/** Bytes needed to detect an encoding. */
const sniffedBytes = 1024;

/**
 * The encoding of a text that begins with these bytes: by its byte order mark, else by where the NULs of ASCII characters stand, since
 * JSON has mostly ASCII at its beginning. Runs of NULs, as in a rotated log, are ignored.
 */
export function encodingOf(bytes: Uint8Array): TextEncoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  // What follows looks for NULs.
  if (!bytes.includes(0)) return "utf-8";
  const opening = openingEncoding(bytes);
  if (opening !== null) return opening;
  let pairs = 0;
  let little = 0;
  let big = 0;
  for (let at = 0; at + 1 < bytes.length && pairs < sniffedBytes / 2; at += 2) {
    const [even, odd] = [bytes[at], bytes[at + 1]];
    if (even === 0 && odd === 0) continue;
    pairs++;
    if (odd === 0) little++;
    else if (even === 0) big++;
  }
  if (little > pairs / 2 && big * 20 < pairs) return "utf-16le";
  if (big > pairs / 2 && little * 20 < pairs) return "utf-16be";
  return "utf-8";
}

/**
 * By the first two characters of JSON, an opening bracket and another of ASCII, behind NULs: what follows may have any script. UTF-8
 * has no NUL behind an opening bracket.
 */
function openingEncoding(bytes: Uint8Array): TextEncoding | null {
  let at = 0;
  while (at + 3 < bytes.length && bytes[at] === 0 && bytes[at + 1] === 0) at += 2;
  const [a, b, c, d] = bytes.subarray(at, at + 4);
  const isOpening = (byte: number | undefined) => byte === 0x7b || byte === 0x5b;
  if (isOpening(a) && b === 0 && c !== 0 && d === 0) return "utf-16le";
  if (a === 0 && isOpening(b) && c === 0 && d !== 0) return "utf-16be";
  return null;
}

/** Decodes a text that comes in parts. The byte order mark is taken away; what cannot be decoded becomes U+FFFD. */
export class TextParts {
  #encoding: TextEncoding | null = null;
  #decoder = new TextDecoder();
  #held: Uint8Array = new Uint8Array(0);

  /** The text of the next part, "" while too little has come to tell the encoding or the last character is not complete. */
  decode(part: Uint8Array): string {
    const bytes = this.#held.length === 0 ? part : Buffer.concat([this.#held, part]);
    this.#held = new Uint8Array(0);
    if (this.#encoding === null) {
      if (bytes.length < sniffedBytes) {
        this.#held = bytes;
        return "";
      }
      this.#encoding = encodingOf(bytes);
      this.#decoder = new TextDecoder(this.#encoding === "utf-8" ? "utf-8" : "utf-16le");
    }
    return this.#decode(bytes, true);
  }

  /** What was held back. A single byte at the end of UTF-16 is no character and is left out. */
  end(): string {
    const rest = this.#held;
    this.#held = new Uint8Array(0);
    if (this.#encoding === null) {
      this.#encoding = encodingOf(rest);
      this.#decoder = new TextDecoder(this.#encoding === "utf-8" ? "utf-8" : "utf-16le");
      return this.#decode(this.#encoding === "utf-8" ? rest : rest.subarray(0, rest.length & ~1), false);
    }
    return this.#decoder.decode();
  }

  #decode(bytes: Uint8Array, more: boolean): string {
    if (this.#encoding === "utf-8") return this.#decoder.decode(bytes, { stream: more });
    const whole = bytes.subarray(0, bytes.length & ~1);
    if (more) this.#held = bytes.subarray(whole.length);
    return this.#decoder.decode(this.#encoding === "utf-16be" ? swapped(whole) : whole, { stream: more });
  }
}

/** UTF-16 of the other byte order. */
export function swapped(bytes: Uint8Array): Uint8Array {
  return Buffer.from(bytes).swap16();
}
