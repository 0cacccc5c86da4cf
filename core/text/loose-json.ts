/**
 * Finds where objects end in JSON text that may be broken, so that the good neighbours of a bad record survive it (CONTRACT 2).
 * Only what moves boundaries is judged (brackets, quotes); whether a piece is valid JSON is for JSON.parse.
 */
import { endOfString, skipSpace } from "./json-scan.ts";

export type LooseEnd =
  /** The object closes; `end` is the index after its brace. */
  | { state: "closed"; end: number }
  /** The text ends first and nothing before was wrong: it was cut off. */
  | { state: "open"; end: number }
  /** A quote or bracket is missing or too many; what went wrong began at or before `end`. */
  | { state: "broken"; end: number };

const quote = 34;
const comma = 44;
const colon = 58;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** Deeper objects count as broken; records are refused at far less (`deepestLog`). */
const deepest = 10_000;

/**
 * The end of the object whose brace stands at `start`. Careful reading also looks at what stands around strings and opening
 * brackets, by which a missing quote or bracket shows at once and not only when half the batch has been swallowed.
 */
export function endOfObject(text: string, start: number, careful: boolean): LooseEnd {
  const closers: number[] = [];
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at);
      if (end < 0) break;
      // With a quote missing, what follows a "string" is the inside of another one.
      if (careful && !mayFollowString(text, end)) return { state: "broken", end: at };
      at = end;
      continue;
    }
    if (code === openBrace || code === openBracket) {
      const before = lastBefore(text, at);
      if (careful && at > start && !mayOpenAfter(text.charCodeAt(before), closers.at(-1)))
        return { state: "broken", end: before };
      if (closers.length === deepest) return { state: "broken", end: at };
      closers.push(code + 2);
    } else if (code === closeBrace || code === closeBracket) {
      if (closers.pop() !== code) return { state: "broken", end: at };
      if (closers.length === 0) return { state: "closed", end: at + 1 };
    }
    at++;
  }
  return { state: "open", end: text.length };
}

function mayFollowString(text: string, end: number): boolean {
  const at = skipSpace(text, end);
  const code = text.charCodeAt(at);
  return code === colon || code === comma || code === closeBrace || code === closeBracket || at >= text.length;
}

/** In an object a value opens only after a colon, in an array after the bracket or a comma. */
function mayOpenAfter(code: number, closer: number | undefined): boolean {
  return closer === closeBrace ? code === colon : code === comma || code === openBracket;
}

/** Index of the last character before `at` that is not white space. */
function lastBefore(text: string, at: number): number {
  let before = at - 1;
  while (text.charCodeAt(before) <= 32) before--;
  return before;
}
