/**
 * RELP frames: `TXNR SP COMMAND SP DATALEN [SP DATA] LF`, as librelp speaks them (its doc/relp.md).
 */
import { DeliveryError } from "../../../core/errors.ts";

export const MAX_TXNR = 999_999_999;

/** Receivers answer with a code, a short text and their offers; anything longer is not RELP. */
const MAX_ANSWER_BYTES = 128 * 1024;
const MAX_HEADER_BYTES = 64;

const SP = 0x20;
const LF = 0x0a;

export interface RelpFrame {
  /** 1 to 999,999,999; 0 = unasked for. */
  txnr: number;
  command: string;
  data: Buffer;
}

export function encodeFrame(txnr: number, command: "open" | "syslog" | "close", data: Uint8Array): Buffer {
  const header = `${txnr} ${command} ${data.length}${data.length > 0 ? " " : ""}`;
  const frame = Buffer.allocUnsafe(header.length + data.length + 1);
  frame.write(header, "latin1");
  frame.set(data, header.length);
  frame[frame.length - 1] = LF;
  return frame;
}

/** The number after `txnr`. */
export function nextTxnr(txnr: number): number {
  return txnr === MAX_TXNR ? 1 : txnr + 1;
}

/** `CODE SP HUMANTEXT [LF DATA]`; the answer to `close` is empty and counts as 200. Untrusted: the text is made one short line of ASCII. */
export function parseAnswer(data: Buffer): { code: number; text: string; offers: string } {
  if (data.length === 0) return { code: 200, text: "", offers: "" };
  const lines = data.toString("latin1").split("\n");
  const [, code = "0", text = ""] = /^(\d{3})(?: (.*))?$/.exec(lines[0] ?? "") ?? [];
  return { code: Number(code), text: text.replace(/[^ -~]/g, "?").slice(0, 80), offers: lines.slice(1).join("\n") };
}

/** Takes bytes as they come and gives whole frames. */
export class RelpParser {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws DeliveryError `relp_protocol` when the bytes are not RELP. */
  push(bytes: Buffer): RelpFrame[] {
    const buffer = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: RelpFrame[] = [];
    let at = 0;
    for (;;) {
      const parsed = parseFrame(buffer, at);
      if (!parsed) break;
      frames.push(parsed.frame);
      at = parsed.end;
    }
    this.#rest = buffer.subarray(at);
    return frames;
  }
}

function parseFrame(buffer: Buffer, start: number): { frame: RelpFrame; end: number } | null {
  const header = buffer.toString("latin1", start, start + MAX_HEADER_BYTES);
  const match = /^(\d{1,9}) ([A-Za-z]{1,32}) (\d{1,9})([ \n])/.exec(header);
  if (!match) {
    if (header.length < MAX_HEADER_BYTES && !header.includes("\n")) return null;
    throw notRelp("what it sent is not a RELP frame; check that the port is a RELP input");
  }
  const [whole, txnr, command = "", length] = match;
  const size = Number(length);
  if (size > MAX_ANSWER_BYTES) throw notRelp(`it announced an answer of ${size} bytes`);
  const frame: RelpFrame = { txnr: Number(txnr), command, data: Buffer.alloc(0) };
  // With no data the line feed follows the length; some write the space all the same.
  const dataAt = start + whole.length - (buffer[start + whole.length - 1] === SP ? 0 : 1);
  const end = dataAt + size;
  if (buffer.length <= end) return null;
  if (buffer[end] !== LF) throw notRelp("a frame does not end where its length says");
  frame.data = buffer.subarray(dataAt, end);
  return { frame, end: end + 1 };
}

function notRelp(what: string): DeliveryError {
  return new DeliveryError("relp_protocol", `the receiver does not speak RELP: ${what}`, { retryable: true });
}
