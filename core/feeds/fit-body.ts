/**
 * Shortens a JSON body by meaning (CONTRACT 3). The body is the text of a raw log whose digits, order and repeated keys must stay
 * as received, so it is never parsed and written again: long strings are shortened in place, then members left out from the end.
 */
import { EdgeError } from "../errors.ts";
import { endOfString } from "../text/json-scan.ts";

/** The body when nothing of it fits. */
const emptyBody = '{"truncated":true}';
/** Smallest limit that `fitBody` accepts. */
export const smallestBody = emptyBody.length;

const ending = ',"truncated":true}';
/** Characters that the mark adds to a body. */
export const markLength = ending.length - 1;

const ellipsis = "...";
/** Strings up to here stay whole: GUIDs, SIDs, computer and user names, times. */
const telling = 48;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;

/**
 * Returns a valid JSON object of at most `limit` characters with `"truncated":true` as its last member, whether or not something
 * of it had to go: the mark speaks for the whole message. `body` is a JSON object of ASCII characters on one line without white
 * space outside strings; throws `EdgeError` code `event_corrupt` where a string has no end. Time grows linearly with the body.
 */
export function fitBody(body: string, limit: number): string {
  if (body === "{}") return emptyBody;
  const excess = body.length + markLength - limit;
  const shortened = excess > 0 ? shortenStrings(body, excess) : body;
  if (shortened.length + markLength <= limit) return shortened.slice(0, -1) + ending;
  return dropTail(shortened, limit);
}

/** Where the content of a string begins and ends. */
type Span = readonly [start: number, end: number];

/** Shortens the longest values to one common length, so that `excess` characters go or only telling ones are left. */
function shortenStrings(body: string, excess: number): string {
  const spans = longValues(body);
  const cap = commonLength(spans, excess);
  const parts: string[] = [];
  let done = 0;
  for (const [start, end] of spans) {
    if (end - start <= cap) continue;
    parts.push(body.slice(done, cutPoint(body, start, start + cap - ellipsis.length)), ellipsis);
    done = end;
  }
  parts.push(body.slice(done));
  return parts.join("");
}

/** String values, not keys, that are longer than `telling`. */
function longValues(body: string): Span[] {
  const spans: Span[] = [];
  for (let open = body.indexOf('"'); open >= 0; ) {
    const end = endOfString(body, open);
    if (end < 0) throw noEnd();
    if (end - open - 2 > telling && body.charCodeAt(end) !== colon) spans.push([open + 1, end - 1]);
    open = body.indexOf('"', end);
  }
  return spans;
}

function noEnd(): EdgeError {
  return new EdgeError(
    "event_corrupt",
    'The stored log of an event is damaged: a string in it has no end. Run "rhythmx doctor"; restore a backup if the database is damaged.',
  );
}

/** The greatest length, at least `telling`, to which the spans must be capped to save `excess` characters. */
function commonLength(spans: readonly Span[], excess: number): number {
  let low = telling;
  let high = spans.reduce((longest, [start, end]) => Math.max(longest, end - start), telling);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    let saved = 0;
    for (const [start, end] of spans) saved += Math.max(0, end - start - middle);
    if (saved >= excess) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The last position up to `limit` that splits neither an escape nor a surrogate pair of the string that begins at `start`. */
function cutPoint(body: string, start: number, limit: number): number {
  let at = start;
  for (;;) {
    let next = at + 1;
    if (body.charCodeAt(at) === backslash) {
      next = body[at + 1] === "u" ? at + 6 : at + 2;
      if (isSurrogate(body, at, "89abAB") && isSurrogate(body, next, "cdefCDEF")) next += 6;
    }
    if (next > limit) return at;
    at = next;
  }
}

/** Whether `\uDXYZ` stands at this position with X one of `digits`. */
function isSurrogate(body: string, at: number, digits: string): boolean {
  return (
    body.charCodeAt(at) === backslash &&
    body[at + 1] === "u" &&
    body[at + 2]?.toLowerCase() === "d" &&
    digits.includes(body.charAt(at + 3))
  );
}

/** Keeps the longest beginning that ends after a whole value, at whatever depth, and closes what is open there. */
function dropTail(body: string, limit: number): string {
  let keep = 0;
  let depth = 0;
  for (let at = 0; at <= limit - ending.length; at++) {
    const code = body.charCodeAt(at);
    if (code === quote) {
      at = endOfString(body, at) - 1;
    } else if (isOpening(code)) {
      depth++;
    } else if (code === comma || isClosing(code)) {
      // A whole value ends here; all that is open but the outermost object must still be closed.
      if (at + depth - 1 + ending.length <= limit) keep = at;
      if (code !== comma) depth--;
    }
  }
  if (keep === 0) return emptyBody;
  return body.slice(0, keep) + closers(body, keep) + ending;
}

/** The brackets that close what is open at `end`, without the outermost object's. */
function closers(body: string, end: number): string {
  const open: string[] = [];
  for (let at = 0; at < end; at++) {
    const code = body.charCodeAt(at);
    if (code === quote) at = endOfString(body, at) - 1;
    else if (isOpening(code)) open.push(code === 0x7b ? "}" : "]");
    else if (isClosing(code)) open.pop();
  }
  return open.slice(1).reverse().join("");
}

// `[` and `{`, `]` and `}` differ in one bit.
function isOpening(code: number): boolean {
  return (code & ~0x20) === 0x5b;
}
function isClosing(code: number): boolean {
  return (code & ~0x20) === 0x5d;
}
