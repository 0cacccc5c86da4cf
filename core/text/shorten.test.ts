import { expect, test } from "bun:test";
import fc from "fast-check";
import { oneLine, shortened } from "./shorten.ts";

const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
const characters = (text: string) => [...segmenter.segment(text)].map(({ segment }) => segment);

test("is never cut within a character: emoji of several code points, flags, accents of their own", () => {
  expect(shortened("abcdef", 6)).toBe("abcdef");
  expect(shortened("abcdef", 4)).toBe("abc…");
  expect(shortened("a👩‍👩‍👧‍👦b", 8)).toBe("a…");
  expect(shortened("xe\u0301y", 3)).toBe("x…");
  expect(shortened("🇩🇪🇫🇷🇮🇹", 10)).toBe("🇩🇪🇫🇷…");
  expect(shortened("日本語テキスト", 4)).toBe("日本語…");
  expect(shortened("ab", 0)).toBe("");
});

test("of any text and limit, what stays are whole characters of its beginning", () => {
  const piece = fc.constantFrom("a", " ", "é", "e\u0301", "😀", "👩‍👩‍👧", "🇩🇪", "\u0301", "한", "ก็", "\u200d");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 0, max: 60 }), (pieces, longest) => {
      const text = pieces.join("");
      const cut = shortened(text, longest);
      expect(cut.length).toBeLessThanOrEqual(longest);
      if (text.length <= longest) return expect(cut).toBe(text);
      if (longest === 0) return;
      const kept = characters(text);
      const beginnings = kept.map((_, n) => kept.slice(0, n).join("").trimEnd());
      expect([...beginnings, text]).toContain(cut.slice(0, -1));
    }),
    { numRuns: 500 },
  );
});

test("one line has no line ends, no signs that turn or hide text, and no halves of characters", () => {
  expect(oneLine(" a\r\nb\u2028c\u202e\u2066d\u200be\tf  g\0 ")).toBe("a b c d e f g");
  expect(oneLine("👩‍👧 \ud800")).toBe("👩‍👧 \ufffd");
});
