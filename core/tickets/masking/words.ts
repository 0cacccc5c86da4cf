/** The words of a command line, with their places, so that what is masked is exactly the secret. */

/** A part of a text. */
export interface Span {
  start: number;
  end: number;
}

/** One word; `text` is without its quotes. */
export interface Word extends Span {
  text: string;
  /** Whether quotes surround it. */
  quoted: boolean;
}

/** A command line has rarely more words than this before its secrets. */
const mostWords = 48;
const longestQuote = 500;
const ends = "|;&<>\r\n";
/** What follows the quote that closes a command line within JSON or a script, and not one within a word. */
const afterCommand = " \t\r\n,}])";

/** The words from `from` on, to the end of the command: a line end, a pipe, a redirection, or the quote that closes it. */
export function wordsAt(text: string, from: number): Word[] {
  const words: Word[] = [];
  let at = from;
  // The closing quote of the program's path.
  if (text.startsWith('\\"', at)) at += 2;
  else if (text[at] === '"' || text[at] === "'") at++;
  while (words.length < mostWords) {
    while (text[at] === " " || text[at] === "\t") at++;
    if (at >= text.length || ends.includes(text.charAt(at))) break;
    const { end, closed } = endOfWord(text, at);
    if (end > at) words.push(wordOf(text, at, end));
    if (closed || end === at) break;
    at = end;
  }
  return words;
}

function wordOf(text: string, start: number, end: number): Word {
  const escaped = text.startsWith('\\"', start) ? 2 : 0;
  const first = text.charAt(start);
  const width = escaped || (first === '"' || first === "'" ? 1 : 0);
  const quoted =
    width > 0 && end - start >= 2 * width && text.startsWith(text.slice(start, start + width), end - width);
  return { start, end, text: quoted ? text.slice(start + width, end - width) : text.slice(start, end), quoted };
}

/** `closed`: the quote around the whole command was met. */
function endOfWord(text: string, start: number): { end: number; closed: boolean } {
  let at = start;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === " " || char === "\t" || char === "\r" || char === "\n") break;
    if (at > start && (char === "|" || char === "<" || char === ">") && !isWithin(text, at)) break;
    const escaped = text.startsWith('\\"', at);
    if (char !== '"' && char !== "'" && !escaped) {
      at++;
      continue;
    }
    const quote = escaped ? '\\"' : char;
    const open = at + quote.length;
    if (at > start && (open >= text.length || afterCommand.includes(text.charAt(open))))
      return { end: at, closed: true };
    const close = closingQuote(text, open, quote);
    // An apostrophe or quote within a password, or the end of what surrounds the command.
    at = close < 0 ? open : close + quote.length;
  }
  return { end: at, closed: false };
}

/** Within a word a sign of the shell is one only where blank space follows it. */
function isWithin(text: string, at: number): boolean {
  return !/[\s|&>]/.test(text.charAt(at + 1) || " ");
}

function closingQuote(text: string, open: number, quote: string): number {
  const part = text.slice(open, open + longestQuote);
  const lineEnd = part.indexOf("\n");
  const close = part.indexOf(quote);
  return close < 0 || (lineEnd >= 0 && lineEnd < close) ? -1 : open + close;
}
