/** Splits a file of any size into batches for intake: lines are passed on as they are read, an array is read as a whole. */
import { EdgeError } from "../../../core/errors.ts";
import { foldedParts } from "../../../core/intake/engines/unfold.ts";
import { splitRecords } from "../../../core/intake/split.ts";
import { TextParts } from "../../../core/text/encoding.ts";

const recordsPerBatch = 1000;
const bytesPerBatch = 4 * 1024 * 1024;
/** A file that is one JSON array has to fit into memory. */
const largestArray = 512 * 1024 * 1024;
/** The same limit as for a batch over HTTP. */
const largestRecord = 16 * 1024 * 1024;

/** Converts UTF-8 or UTF-16 to batches of NDJSON in UTF-8, of at most 1,000 records and about 4 MiB each; an object with more records is divided. */
export async function* readBatches(stream: AsyncIterable<Buffer | string>): AsyncGenerator<Uint8Array> {
  const collector = new Collector();
  const decoder = new TextParts();
  let pending = "";
  let shape: "unknown" | "lines" | "whole" = "unknown";
  for await (const part of stream) {
    // A rotated log may start with more NULs than fit into memory.
    const text = decoder.decode(typeof part === "string" ? Buffer.from(part) : part).replace(/\0{3,}/g, "\0\0");
    if (text === "") continue;
    pending += text;
    // Wait for a line end: scanning a long line again for each of its parts would take too long.
    const more = pending.length === text.length || text.includes("\n");
    if (shape === "unknown" && more) shape = shapeOf(pending);
    if (shape !== "lines") {
      if (pending.length > largestArray)
        throw new EdgeError(
          "file_too_large",
          "is one JSON array of more than 512 MiB: write one object a line (jq -c '.[]')",
        );
      continue;
    }
    if (!more) continue;
    const end = pending.lastIndexOf("\n");
    if (end < 0) continue;
    for (const line of pending.slice(0, end).split("\n")) yield* collector.add(line);
    pending = pending.slice(end + 1);
  }
  pending += decoder.end();
  for (const record of splitRecords(pending, Number.MAX_SAFE_INTEGER))
    yield* collector.add(record.replaceAll("\n", " "));
  yield* collector.rest();
}

/** Treats the file as lines if the first line is a complete JSON value; otherwise it is read as a whole. */
function shapeOf(text: string): "unknown" | "lines" | "whole" {
  const start = text.replace(/^[\s\0\ufeff]+/, "");
  if (start === "") return "unknown";
  if (!start.startsWith("{")) return start.startsWith("[") ? "whole" : "lines";
  const newline = start.indexOf("\n");
  if (newline < 0) return "unknown";
  try {
    JSON.parse(start.slice(0, newline));
    return "lines";
  } catch {
    // A broken first line of NDJSON, or the first line of a pretty-printed object, which opens and does not close.
    return start.slice(0, newline).trim().endsWith("}") ? "lines" : "whole";
  }
}

class Collector {
  #lines: string[] = [];
  #records = 0;
  #length = 0;

  *add(line: string): Generator<Uint8Array> {
    // NULs from a rotated log, and byte order marks of concatenated files.
    const record = line.replace(/^[\s\0\ufeff]+/, "");
    if (record === "") return;
    for (const part of foldedParts(record, recordsPerBatch, bytesPerBatch)) {
      if (part.text.length > largestRecord) {
        yield* this.rest();
        throw new EdgeError(
          "record_too_large",
          "holds a record of more than 16 MiB: what stands before it is imported; take it out to import the rest",
        );
      }
      const full = this.#records + part.records > recordsPerBatch || this.#length + part.text.length > bytesPerBatch;
      if (full) yield* this.rest();
      this.#lines.push(part.text);
      this.#records += part.records;
      this.#length += part.text.length;
    }
  }

  *rest(): Generator<Uint8Array> {
    if (this.#lines.length === 0) return;
    yield new TextEncoder().encode(this.#lines.join("\n"));
    this.#lines = [];
    this.#records = 0;
    this.#length = 0;
  }
}
