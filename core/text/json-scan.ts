/**
 * Finds the text of values inside JSON text. JSON.parse ruins integers beyond 2^53 and forgets repeated keys, so raw logs travel
 * as the text they came in (CONTRACT 2); this is how that text is found. Everything here trusts its input: call it only with text
 * that JSON.parse has accepted.
 */

export interface JsonSpan {
  start: number;
  /** Index after the last character. */
  end: number;
  /** White space outside strings. */
  spaced: boolean;
  /** Levels of objects and arrays: 0 for a string, number or literal. */
  depth: number;
}

const quote = 34;
const backslash = 92;

/** Where the value of the last top-level member called `name` stands in the text of an object; null when there is none. */
export function lastMember(text: string, name: string): JsonSpan | null {
  const plainKey = JSON.stringify(name);
  let found: JsonSpan | null = null;
  let at = skipSpace(text, skipSpace(text, 0) + 1);
  while (text.charCodeAt(at) === quote) {
    const key = text.slice(at, endOfString(text, at));
    const value = valueAt(text, skipSpace(text, skipSpace(text, at + key.length) + 1));
    if (key === plainKey || (key.includes("\\") && JSON.parse(key) === name)) found = value;
    // Past the comma or the closing brace; after the brace no quote can follow.
    at = skipSpace(text, skipSpace(text, value.end) + 1);
  }
  return found;
}

/** The items of the array that opens at `start`, at most `limit`. */
export function itemsOf(text: string, start: number, limit = Number.POSITIVE_INFINITY): JsonSpan[] {
  const items: JsonSpan[] = [];
  let at = skipSpace(text, start + 1);
  while (items.length < limit && at < text.length && text.charCodeAt(at) !== 93) {
    const item = valueAt(text, at);
    items.push(item);
    at = skipSpace(text, item.end);
    if (text.charCodeAt(at) === 44) at = skipSpace(text, at + 1);
  }
  return items;
}

/** The value that starts at `start`. */
export function valueAt(text: string, start: number): JsonSpan {
  let at = start;
  let depth = 0;
  let deepest = 0;
  let spaced = false;
  do {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfString(text, at);
      continue;
    }
    if (code === 123 || code === 91) {
      depth++;
      if (depth > deepest) deepest = depth;
    } else if (code === 125 || code === 93) {
      depth--;
    } else if (code <= 32) {
      spaced = true;
    } else if (depth === 0) {
      at = endOfScalar(text, at);
      continue;
    }
    at++;
  } while (depth > 0);
  return { start, end: at, spaced, depth: deepest };
}

/** Index after the closing quote of the string that opens at `open`; -1 when it never closes. */
export function endOfString(text: string, open: number): number {
  let at = open;
  for (;;) {
    at = text.indexOf('"', at + 1);
    if (at < 0) return -1;
    let before = at - 1;
    while (text.charCodeAt(before) === backslash) before--;
    // An even number of backslashes before it: the quote itself is not escaped.
    if ((at - before) % 2 === 1) return at + 1;
  }
}

/** Index of the first character at or after `at` that is not white space. */
export function skipSpace(text: string, at: number): number {
  let next = at;
  while (text.charCodeAt(next) <= 32) next++;
  return next;
}

/** Index after a number or literal. */
function endOfScalar(text: string, at: number): number {
  let next = at + 1;
  for (; next < text.length; next++) {
    const code = text.charCodeAt(next);
    if (code <= 32 || code === 44 || code === 93 || code === 125) break;
  }
  return next;
}
