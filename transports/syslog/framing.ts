/** Message framing on a byte stream (RFC 6587, RFC 5425). */
import type { SyslogBytes } from "../../core/ports.ts";

export type Framing = "lf" | "octet";

/** Bytes of many messages per socket write: as fast as any sender in C, and short enough not to hold the event loop. */
export const CHUNK_BYTES = 64 * 1024;

const LF = 0x0a;

/** Whole framed messages in one buffer. */
export interface Chunk {
  bytes: Buffer;
  messages: number;
}

/**
 * Frames as many of `messages`, from index `from` on, as fit into one chunk; at least one, however long it is.
 *
 * - `octet`: `MSG-LEN SP SYSLOG-MSG`, MSG-LEN in octets, and nothing after it: a trailer ends the session at syslog-ng's `syslog()`.
 * - `lf`: `SYSLOG-MSG LF`; messages hold no LF of their own (they are one line of ASCII, CONTRACT 3).
 */
export function frameChunk(messages: readonly SyslogBytes[], from: number, framing: Framing): Chunk {
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
  const bytes = Buffer.allocUnsafe(size);
  let at = 0;
  for (let index = from; index < end; index++) {
    const message = messages[index] as SyslogBytes;
    at += bytes.write(headers[index - from] ?? "", at, "latin1");
    bytes.set(message, at);
    at += message.length;
    if (framing === "lf") bytes[at++] = LF;
  }
  return { bytes, messages: end - from };
}
