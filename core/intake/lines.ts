/**
 * The records of a batch's bytes. One record a line, by far the most usual, is read line by line and never as one text: a single letter beyond
 * ASCII would make all of it wide, and every record would keep all of it in memory.
 */
import { encodingOf } from "../text/encoding.ts";
import { endOfObject } from "../text/loose-json.ts";
import { decodeBatch, splitRecords } from "./split.ts";

interface BatchRecords {
  /** What `splitRecords` makes of the batch's text. */
  records: string[];
  /** Whether bytes that are not UTF-8 became U+FFFD. */
  repaired: boolean;
  /** The batch's text, put together again where it was read by the line. */
  text(): string;
}

const newline = 10;

/** The texts of all records, at most `limit` + 1. */
export function recordsOf(body: Uint8Array, limit: number): BatchRecords {
  const lines = recordLines(body, limit);
  if (lines !== null) return { ...lines, text: () => lines.records.join("\n") };
  const { text, repaired } = decodeBatch(body);
  return { records: splitRecords(text, limit), repaired, text: () => text };
}

type Lines = Pick<BatchRecords, "records" | "repaired">;

/** Those of UTF-8 without NULs whose first line is an object; null for any other batch. */
function recordLines(body: Uint8Array, limit: number): Lines | null {
  if (encodingOf(body) !== "utf-8" || body.includes(0)) return null;
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const lines: Lines = { records: [], repaired: false };
  for (let start = 0; start < bytes.length && lines.records.length <= limit; ) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found;
    const record = lineOf(bytes, start, end, lines).trim();
    // More than a line, or an array.
    if (lines.records.length === 0 && record !== "" && !isWhole(record)) return null;
    if (record !== "") lines.records.push(record);
    start = end + 1;
  }
  return lines.records.length === 0 ? null : lines;
}

function lineOf(bytes: Buffer, start: number, end: number, lines: Lines): string {
  const line = bytes.toString("utf8", start, end);
  // The sign itself may have been sent.
  if (!line.includes("\ufffd")) return line;
  const part = bytes.subarray(start, end);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(part);
  } catch {
    lines.repaired = true;
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(part);
  }
}

function isWhole(record: string): boolean {
  return record.startsWith("{") && endOfObject(record, 0, true).state === "closed";
}
