/** Message framing on a byte stream (RFC 6587, RFC 5425). */
import type { SyslogBytes } from "../../core/ports.ts";

export type Framing = "lf" | "octet";

/** Bytes of many messages per socket write: as fast as any sender in C, and short enough not to hold the event loop. */
export const CHUNK_BYTES = 64 * 1024;

const LF = 0x0a;

/** Whole framed messages in one buffer. */
export interface Chunk {
  bytes: Buffer;
  /** Offset behind each message. */
  ends: number[];
}

/** Cuts a chunk in two: at most `size` bytes in the first, but one message at least. The second is null when nothing is left. */
export function splitChunk({ bytes, ends }: Chunk, size: number): [Chunk, Chunk | null] {
  const over = ends.findIndex((end) => end > size);
  if (over < 0 || ends.length === 1) return [{ bytes, ends }, null];
  const count = Math.max(1, over);
  const cut = ends[count - 1] ?? 0;
  return [
    { bytes: bytes.subarray(0, cut), ends: ends.slice(0, count) },
    { bytes: bytes.subarray(cut), ends: ends.slice(count).map((end) => end - cut) },
  ];
}

/**
 * Frames as many of `messages`, from index `from` on, as fit into one chunk; at least one, however long it is.
 *
 * - `octet`: `MSG-LEN SP SYSLOG-MSG`, MSG-LEN in octets, and nothing after it: a trailer ends the session at syslog-ng's `syslog()`.
 * - `lf`: `SYSLOG-MSG LF`; messages hold no LF of their own (they are one line of ASCII, CONTRACT 3).
 *
 * `allocate`: gives a buffer of exactly that size.
 */
export function frameChunk(
  messages: readonly SyslogBytes[],
  from: number,
  framing: Framing,
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): Chunk {
  const headers: string[] = [];
  let size = 0;
  let end = from;
  for (; end < messages.length; end++) {
    const length = (messages[end] as SyslogBytes).length;
    const header = framing === "octet" ? `${length} ` : "";
    const framed = framing === "octet" ? header.length + length : length + 1;
    if (end > from && size + framed > CHUNK_BYTES) break;
    headers.push(header);
    size += framed;
  }
  const bytes = allocate(size);
  const ends: number[] = [];
  let at = 0;
  for (let index = from; index < end; index++) {
    const message = messages[index] as SyslogBytes;
    at += bytes.write(headers[index - from] ?? "", at, "latin1");
    bytes.set(message, at);
    at += message.length;
    if (framing === "lf") bytes[at++] = LF;
    ends.push(at);
  }
  return { bytes, ends };
}
