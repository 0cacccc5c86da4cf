/**
 * Patterns with wildcards, as people write them for names, paths and command lines: `*` is any run of characters, also none; `?` is any
 * one character; everything else is itself. A pattern has to fit the whole text.
 *
 * Upper and lower case are the same, a run of blanks is one blank, and a run of backslashes is one backslash, in pattern and text alike: so
 * paths may be pasted from JSON (`C:\\Tools`), and shares (`\\server\share`) need no doubling.
 *
 * `\*` and `\?` have two readings, and a pattern fits if either does, read so from end to end: the character itself (`del \*.tmp`), or a
 * backslash and a wildcard, which is what `C:\Tools\*` looks like and means.
 *
 * There is no backtracking: each stretch between two `*` is looked for once, from where the one before it was found.
 */

/** One character, or null for any. */
type Character = string | null;

interface Stretch {
  characters: readonly Character[];
  /** The stretch as text; null if it has a `?`. */
  text: string | null;
}

/** Stretches between the `*` of one reading. */
interface Reading {
  first: Stretch;
  middle: readonly Stretch[];
  /** Null without a `*`: the first is the whole text. */
  last: Stretch | null;
}

/** Whether the text holds a sign that stands for other characters. */
export function hasWildcard(pattern: string): boolean {
  return /[*?]/.test(pattern);
}

/** Whether a pattern names nothing at all, such as `*`, `?*` or `\*`. */
export function isOnlyWildcards(pattern: string): boolean {
  return pattern !== "" && /^[*?\\\s]*$/.test(pattern);
}

/** A pattern that fits this text. A `*` or `?` of the text becomes `?`, which no reading takes for anything longer. */
export function patternOf(text: string): string {
  return text.replace(/[*?]/g, "?");
}

/** Returns the function that tells whether a text fits the pattern. */
export function wildcard(pattern: string): (text: string) => boolean {
  const folded = fold(pattern);
  const readings = [read(folded, false)];
  if (/\\[*?]/.test(folded)) readings.push(read(folded, true));
  return (text) => {
    const units = unitsOf(text);
    return readings.some((reading) => fits(reading, units));
  };
}

/** The text that was folded last: one text is mostly held against many patterns. */
let last: { text: string; units: string | readonly string[] } = { text: "", units: "" };

/** Characters outside the basic plane are two units of a string, and one character for `?`. */
function unitsOf(text: string): string | readonly string[] {
  if (text === last.text) return last.units;
  const plain = fold(text);
  last = { text, units: /[\ud800-\udfff]/.test(plain) ? [...plain] : plain };
  return last.units;
}

function fold(text: string): string {
  // The two lower-case sigmas are one letter, chosen by what follows.
  return text.toLowerCase().replaceAll("ς", "σ").replace(/\\+/g, "\\").replace(/\s+/g, " ").trim();
}

/** `escapes`: a backslash before a sign makes it a character. */
function read(pattern: string, escapes: boolean): Reading {
  const stretches: Character[][] = [[]];
  const characters = [...pattern];
  for (let at = 0; at < characters.length; at++) {
    const next = characters[at + 1];
    const character = characters[at] ?? "";
    if (escapes && character === "\\" && (next === "*" || next === "?")) {
      stretches.at(-1)?.push(next);
      at++;
    } else if (character === "*") stretches.push([]);
    else stretches.at(-1)?.push(character === "?" ? null : character);
  }
  const [first = stretchOf([]), ...middle] = stretches.map(stretchOf);
  return { first, last: middle.pop() ?? null, middle };
}

function stretchOf(characters: readonly Character[]): Stretch {
  return { characters, text: characters.includes(null) ? null : characters.join("") };
}

function fits({ first, middle, last }: Reading, text: string | readonly string[]): boolean {
  if (!stands(first, text, 0)) return false;
  let from = first.characters.length;
  if (last === null) return from === text.length;
  for (const stretch of middle) {
    const at = find(stretch, text, from);
    if (at < 0) return false;
    from = at + stretch.characters.length;
  }
  const end = text.length - last.characters.length;
  return end >= from && stands(last, text, end);
}

function find(stretch: Stretch, text: string | readonly string[], from: number): number {
  if (typeof text === "string" && stretch.text !== null) return text.indexOf(stretch.text, from);
  for (let at = from; at + stretch.characters.length <= text.length; at++) if (stands(stretch, text, at)) return at;
  return -1;
}

function stands({ characters }: Stretch, text: string | readonly string[], at: number): boolean {
  if (at + characters.length > text.length) return false;
  for (let n = 0; n < characters.length; n++) {
    const character = characters[n];
    if (character !== null && character !== text[at + n]) return false;
  }
  return true;
}
