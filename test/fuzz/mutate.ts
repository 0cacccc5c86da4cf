/**
 * Inputs made of samples: a few changes to one of them, which know tokens and brackets. As an arbitrary of fast-check, so that a seed repeats
 * them and a failing one shrinks to few changes. Guided by what comes of an input (`outcomes.ts`), not by coverage: Jazzer.js, which is, instruments
 * Node alone, and the product's parsers run on Bun's JSON, regular expressions and stack.
 */
import fc from "fast-check";
import type { Target } from "./target.ts";
import { hostileWords, nested } from "./words.ts";

/** The longest input; enough for work that grows with its square to show. */
const longest = 256 * 1024;

/** Strings of bytes, one character each. */
export const toBytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const fromUtf8 = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
const asBytes = (sample: string | Uint8Array): string =>
  typeof sample === "string" ? fromUtf8(sample) : Buffer.from(sample).toString("latin1");

type Change = (text: string) => string;

const token = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|[A-Za-z_][\w.-]*|\s+|[\s\S]/g;

/** Where the token at this share of the text begins and ends; with everything in it, where it opens a bracket. */
function spanAt(text: string, place: number): [start: number, end: number] {
  const from = Math.floor(place * text.length);
  // Tokens are looked for near the place: all of a long text would take too long.
  token.lastIndex = Math.max(0, text.lastIndexOf("\n", from - 1) + 1, from - 2_000);
  for (;;) {
    const match = token.exec(text);
    if (match === null) return [text.length, text.length];
    const end = match.index + match[0].length;
    if (end <= from) continue;
    return [match.index, /^[[{]$/.test(match[0]) ? closing(text, match.index) : end];
  }
}

const bracket = /[[\]{}]/g;

function closing(text: string, open: number): number {
  let depth = 0;
  bracket.lastIndex = open;
  for (let match = bracket.exec(text); match !== null; match = bracket.exec(text)) {
    depth += match[0] === "[" || match[0] === "{" ? 1 : -1;
    if (depth === 0) return match.index + 1;
  }
  return text.length;
}

const put = (text: string, [start, end]: readonly [number, number], with_: string) =>
  text.slice(0, start) + with_ + text.slice(end);

/**
 * From 0 to below 1, each place as likely as another. Not `fc.double`, which draws from all numbers of that type: nearly all of those between 0
 * and 1 are next to 0, so that nearly every change would be to the first token.
 */
export const share = fc.noBias(fc.integer({ min: 0, max: 2 ** 30 - 1 })).map((n) => n / 2 ** 30);

function changeOf(words: readonly string[], samples: readonly string[]): fc.Arbitrary<Change> {
  const word = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...hostileWords.map(fromUtf8)) },
    { weight: words.length === 0 ? 0 : 4, arbitrary: fc.constantFrom(...words.map(fromUtf8), "") },
    { weight: 2, arbitrary: fc.string({ unit: "binary-ascii", maxLength: 8 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(2, 31, 33, 65, 600, 12_000), fc.boolean())
        .map(([depth, objects]) => nested(depth, objects)),
    },
  );
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(share, word).map(
        ([at, by]) =>
          (text: string) =>
            put(text, spanAt(text, at), by),
      ),
    },
    {
      weight: 3,
      // One value in the place of another: keys become values, objects texts.
      arbitrary: fc.tuple(share, share).map(([at, from]) => (text: string) => {
        const [start, end] = spanAt(text, from);
        return put(text, spanAt(text, at), text.slice(start, Math.min(end, start + 4_096)));
      }),
    },
    { weight: 3, arbitrary: share.map((at) => (text: string) => put(text, spanAt(text, at), "")) },
    {
      weight: 3,
      arbitrary: fc.tuple(share, word).map(([at, by]) => (text: string) => {
        const place = Math.floor(at * text.length);
        return put(text, [place, place], by);
      }),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(share, share).map(([at, size]) => (text: string) => {
        const start = Math.floor(at * text.length);
        return put(text, [start, start + Math.ceil(size * size * (text.length - start))], "");
      }),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(share, fc.integer({ min: 0, max: 255 })).map(([at, code]) => (text: string) => {
        const place = Math.floor(at * text.length);
        return put(text, [place, place + 1], String.fromCharCode(code));
      }),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(share, fc.constantFrom(2, 3, 40, 1_000, 100_000)).map(([at, count]) => (text: string) => {
        const [start, end] = spanAt(text, at);
        const piece = text.slice(start, end);
        return put(
          text,
          [start, end],
          piece.repeat(Math.max(1, Math.min(count, Math.floor(longest / (piece.length + 1))))),
        );
      }),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom(...samples), share, share).map(([other, at, cut]) => (text: string) => {
        return text.slice(0, Math.floor(at * text.length)) + other.slice(Math.floor(cut * other.length));
      }),
    },
    { weight: 1, arbitrary: word.map((by) => (text: string) => by + text) },
  );
}

/** Inputs for a target, as they are and changed up to six times: samples, and as often what others have led to. */
export function inputsOf(
  { samples, words = [] }: Target,
  corpus: readonly Uint8Array[] = [],
): fc.Arbitrary<Uint8Array> {
  const given = samples.map(asBytes);
  const found = corpus.map(asBytes);
  const start = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...given) },
    { weight: found.length === 0 ? 0 : 1, arbitrary: fc.constantFrom(...found, "") },
  );
  const changes = fc.array(changeOf(words, [...given, ...found]), { maxLength: 6 });
  return fc
    .tuple(start, changes)
    .map(([text, all]) => toBytes(all.reduce((now, change) => change(now).slice(0, longest), text)));
}
