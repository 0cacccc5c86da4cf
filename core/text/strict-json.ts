/**
 * Walks over JSON text without building its values, and judges it as JSON.parse does: a log is never read here, only carried, and most of a
 * record is its log. What this declines (-1) is not necessarily wrong: JSON.parse has the last word.
 */

const space = 32;
const quote = 34;
const comma = 44;
const minus = 45;
const point = 46;
const zero = 48;
const nine = 57;
const colon = 58;
const openBracket = 91;
const backslash = 92;
const openBrace = 123;
const closeBrace = 125;

/** White space other than blanks, which nobody puts between the tokens of one line, and what has to be escaped in a string. */
const controls = new RegExp(`[${String.fromCharCode(0)}-${String.fromCharCode(31)}]`);
/** What may follow a backslash. */
const escapes = new Set('"\\/bfnrt'.split("").map((letter) => letter.charCodeAt(0)));
const unicodeEscape = /u[0-9a-fA-F]{4}/y;

export class StrictJson {
  readonly #text: string;
  readonly #deepest: number;
  /** Closing brackets that are due, by depth. */
  readonly #closers: number[] = [];
  /** The first backslash that was not walked over yet; the text's length if there is none. */
  #backslash: number;
  /** Set when there were blanks between the tokens; for the caller to reset. */
  isSpaced = false;
  /** Whether the last string had escapes. */
  isEscaped = false;

  /** `deepest`: values nested deeper are declined. */
  private constructor(text: string, deepest: number) {
    this.#text = text;
    this.#deepest = deepest;
    this.#backslash = this.#backslashFrom(0);
  }

  /** For text on one line; null for text with control characters. */
  static over(text: string, deepest: number): StrictJson | null {
    return controls.test(text) ? null : new StrictJson(text, deepest);
  }

  /** Index of the first character at or after `at` that is no blank. */
  skip(at: number): number {
    if (this.#text.charCodeAt(at) !== space) return at;
    this.isSpaced = true;
    let next = at + 1;
    while (this.#text.charCodeAt(next) === space) next++;
    return next;
  }

  /** Index after the string whose quote stands at `open`; -1 where none stands there, or an invalid one. */
  endOfString(open: number): number {
    const text = this.#text;
    if (text.charCodeAt(open) !== quote) return -1;
    const end = text.indexOf('"', open + 1);
    if (end < 0) return -1;
    this.isEscaped = end > this.#backslash;
    return this.isEscaped ? this.#endOfEscaped() : end + 1;
  }

  /** Index after the colon of the member whose name opens at `open`; -1 if none does. */
  afterName(open: number): number {
    const end = this.endOfString(open);
    if (end < 0) return -1;
    const at = this.skip(end);
    return this.#text.charCodeAt(at) === colon ? at + 1 : -1;
  }

  /** Index after the value that starts at `start`; -1 if it is not valid, or nested too deep. */
  endOfValue(start: number): number {
    const text = this.#text;
    const closers = this.#closers;
    let depth = 0;
    let at = start;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) {
        at = this.endOfString(at);
      } else if (code === openBrace || code === openBracket) {
        if (depth === this.#deepest) return -1;
        const closer = code + 2;
        at = this.skip(at + 1);
        if (text.charCodeAt(at) !== closer) {
          closers[depth++] = closer;
          if (code === openBrace) at = this.#toMember(at);
          if (at < 0) return -1;
          continue;
        }
        at++;
      } else {
        at = this.#endOfScalar(at, code);
      }
      if (at < 0) return -1;
      // Behind a value: the end of one or more of what holds it, then a comma.
      for (;;) {
        if (depth === 0) return at;
        const closer = closers[depth - 1];
        at = this.skip(at);
        const next = text.charCodeAt(at);
        if (next === comma) {
          at = this.skip(at + 1);
          if (closer === closeBrace) at = this.#toMember(at);
          if (at < 0) return -1;
          break;
        }
        if (next !== closer) return -1;
        depth--;
        at++;
      }
    }
  }

  /** Index of the value of the member whose name opens at `open`; -1 if none does. */
  #toMember(open: number): number {
    const end = this.afterName(open);
    return end < 0 ? -1 : this.skip(end);
  }

  /** From the first backslash on, one character after the other. */
  #endOfEscaped(): number {
    const text = this.#text;
    let at = this.#backslash;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === quote) break;
      if (code !== backslash) {
        // Beyond the end of the text.
        if (Number.isNaN(code)) return -1;
        at++;
      } else if (escapes.has(text.charCodeAt(at + 1))) {
        at += 2;
      } else {
        unicodeEscape.lastIndex = at + 1;
        if (!unicodeEscape.test(text)) return -1;
        at += 6;
      }
    }
    this.#backslash = this.#backslashFrom(at);
    return at + 1;
  }

  #backslashFrom(at: number): number {
    const found = this.#text.indexOf("\\", at);
    return found < 0 ? this.#text.length : found;
  }

  #endOfScalar(at: number, code: number): number {
    if (code === minus || (code >= zero && code <= nine)) return this.#endOfNumber(at);
    for (const literal of ["true", "false", "null"]) if (this.#text.startsWith(literal, at)) return at + literal.length;
    return -1;
  }

  /** `-`, whole digits without a zero in front, fraction, exponent. */
  #endOfNumber(start: number): number {
    const text = this.#text;
    const first = text.charCodeAt(start) === minus ? start + 1 : start;
    let at = this.#endOfDigits(first);
    if (at === first || (text.charCodeAt(first) === zero && at > first + 1)) return -1;
    if (text.charCodeAt(at) === point) {
      const fraction = at + 1;
      at = this.#endOfDigits(fraction);
      if (at === fraction) return -1;
    }
    if ((text.charCodeAt(at) | 32) !== 101) return at;
    const sign = text.charCodeAt(at + 1);
    const exponent = sign === 43 || sign === minus ? at + 2 : at + 1;
    at = this.#endOfDigits(exponent);
    return at === exponent ? -1 : at;
  }

  #endOfDigits(start: number): number {
    let at = start;
    for (let code = this.#text.charCodeAt(at); code >= zero && code <= nine; code = this.#text.charCodeAt(at)) at++;
    return at;
  }
}
