/** A batch's bytes as text, and its text as records. What a record holds is judged later, one by one. */
import { encodingOf, swapped } from "../text/encoding.ts";
import { skipSpace } from "../text/json-scan.ts";
import { endOfObject } from "../text/loose-json.ts";

export interface BatchText {
  text: string;
  /** Whether bytes that are not UTF-8 became U+FFFD. */
  repaired: boolean;
}

/**
 * UTF-8, or UTF-16 where a byte order mark or its NULs show it, without the mark; what cannot be decoded becomes U+FFFD. Runs of NULs
 * between records, as a log has them that was cut while its writer went on, become a line end and one NUL (`splitRecords`).
 */
export function decodeBatch(bytes: Uint8Array): BatchText {
  const { text, repaired } = decoded(bytes);
  return { text: text.includes("\0") ? shortNulRuns(text) : text, repaired };
}

function decoded(bytes: Uint8Array): BatchText {
  const encoding = encodingOf(bytes);
  if (encoding !== "utf-8") {
    const whole = bytes.subarray(0, bytes.length & ~1);
    const text = new TextDecoder("utf-16le").decode(encoding === "utf-16be" ? swapped(whole) : whole);
    return { text, repaired: !text.isWellFormed() || text.includes("\ufffd") };
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), repaired: false };
  } catch {
    return { text: new TextDecoder("utf-8").decode(bytes), repaired: true };
  }
}

const maybeEnd = "\r\n}],[";
const maybeStart = "\r\n{[\ufeff";

/** A single NUL counts only where both sides are a border: within a string it is a fault of that record, which is named. */
function shortNulRuns(text: string): string {
  return text.replace(/\0+/g, (run, at: number) => {
    const end = at + run.length;
    const afterRecord = at === 0 || maybeEnd.includes(text.charAt(at - 1));
    const beforeRecord = end === text.length || maybeStart.includes(text.charAt(end));
    return (run.length > 1 ? afterRecord || beforeRecord : afterRecord && beforeRecord) ? "\n\0" : run;
  });
}

/**
 * The text of every record, unreadable ones included, so that the index in the result is the `index` of the answer; at most
 * `limit` + 1, by which the caller sees that there are too many. Blank lines and lines of NULs are not records; a record that follows
 * NULs begins with one of them. The shape decides, whatever the Content-Type said: an array, one object over several lines, several of
 * them one after another, or one record a line.
 */
export function splitRecords(text: string, limit: number): string[] {
  // Files that were put together begin with several byte order marks.
  const start = nextMatch(/[^\s\0\ufeff]/g, text, 0);
  if (text.charAt(start) === "[" || isSpread(text, start)) return splitValues(text, 0, limit);
  return splitLines(text, limit);
}

/** Whether the first record goes on beyond its line and is sound, as pretty-printed JSON is. */
function isSpread(text: string, start: number): boolean {
  if (text.charAt(start) !== "{") return false;
  const lineEnd = text.indexOf("\n", start);
  if (lineEnd < 0) return false;
  const object = endOfObject(text, start, true);
  return object.state === "closed" && object.end > lineEnd;
}

function splitLines(text: string, limit: number): string[] {
  const records: string[] = [];
  let at = 0;
  let nul = "";
  while (at < text.length && records.length <= limit) {
    const newline = text.indexOf("\n", at);
    const end = newline < 0 ? text.length : newline;
    const line = text.slice(at, end).trim();
    const record = line.charCodeAt(0) === 0 ? line.replace(/^[\0\s]+/, "") : line;
    if (record.length < line.length) nul = "\0";
    if (record !== "") {
      records.push(nul + record);
      nul = "";
    }
    at = end + 1;
  }
  return records;
}

/** Between records: white space, commas, and the brackets of the array (or of several, as paged exports leave them). */
const separators = /[\s\0,[\]]*/y;
/** Where something that is no object stops being one record. */
const junkEnd = /[,\]\n]|(?=\{)/g;
/** Where the next record may begin after a broken one. */
const border = /(?:,\s*|\n)(?=\{)/g;

/** Mending must stay linear however hostile the batch: borders are looked up once, and reading ahead is on a budget. */
interface Mending {
  /** The first border at or after the record in hand, once looked up. */
  border: number;
  /** Characters that may still be read ahead; when they are used up, the rest of the batch is one unreadable record. */
  budget: number;
}

function splitValues(text: string, start: number, limit: number): string[] {
  const records: string[] = [];
  const mending: Mending = { border: -1, budget: 8 * text.length };
  let at = start;
  while (records.length <= limit) {
    separators.lastIndex = at;
    const between = separators.exec(text)?.[0] ?? "";
    at += between.length;
    if (at >= text.length) break;
    const end = text.charAt(at) === "{" ? endOfRecord(text, at, mending) : nextMatch(junkEnd, text, at + 1);
    records.push((between.includes("\0") ? "\0" : "") + text.slice(at, end).trimEnd());
    at = end;
  }
  return records;
}

function endOfRecord(text: string, start: number, mending: Mending): number {
  const object = endOfObject(text, start, true);
  if (object.state !== "broken") return object.end;
  // Its brackets close before anything that looks like the border to another record: that is all of it.
  if (mending.border < start) mending.border = nextMatch(border, text, start);
  const alone = endOfObject(text.slice(start, mending.border), 0, false);
  if (alone.state === "closed") return start + alone.end;
  // Otherwise it goes on to the next border that a sound object follows.
  let at = object.end;
  while (mending.budget > 0) {
    const end = nextMatch(border, text, at);
    const brace = text.indexOf("{", end);
    if (brace < 0) break;
    const next = endOfObject(text, brace, true);
    if (next.state === "closed" && endsRecord(text, next.end)) return end;
    mending.budget -= next.end - at;
    at = brace;
  }
  return text.length;
}

/** Whether what follows an object is what follows a record, and not the rest of a record that the object is part of. */
function endsRecord(text: string, end: number): boolean {
  const at = skipSpace(text, end);
  if (text.charAt(at) === "]") return !/[,}]/.test(text.charAt(skipSpace(text, at + 1)));
  return at >= text.length || text.charAt(at) === "," || text.charAt(at) === "{";
}

/** Index of the first match at or after `from`, the text's length when there is none. */
function nextMatch(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
