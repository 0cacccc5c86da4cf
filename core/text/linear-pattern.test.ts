import { describe, expect, test } from "bun:test";
import { LinearPattern } from "./linear-pattern.ts";

function pattern(source: string): LinearPattern {
  const made = LinearPattern.of(source);
  if (typeof made === "string") throw new Error(`${source}: ${made}`);
  return made;
}

describe("what would take for ever elsewhere ends", () => {
  const text = `${"a".repeat(25_000)}!`;
  test.each([
    ...["(a|a)*b", "(a|a)*$", "(a|aa)+$", "(a+)+$", "(a*)*b", "(.*)*x", "(?:a|b|ab)*c", "([a-z]|[b-y])+z"],
    ...["(a?){50}a{50}x", "a+a+a+a+a+b", "(?:\\w+\\s?)*:", "^(([a-z])+.)+[A-Z]([0-9])+$", "((a|a)(a|a))*c"],
    ...["(?<=(?:a|a)*b)x", "(?<!(?:a+)+b)x", "((a{0,12}){0,12})b"],
  ])("%s", (source) => {
    const found = pattern(source);
    // Of these only the one that may be empty is found, at the end.
    expect(found.matches(text)).toBe(source === "(a|a)*$");
    expect(found.replaced(text, "")).toHaveLength(text.length);
  });
});

test("it finds what JavaScript's own engine finds", () => {
  const texts = [
    "badge 123456, BADGE 654321; card 4111 1111 1111 1111",
    "Kundennummer: 0012345 für jörg.müller@acme.example",
    "AKIAABCDEFGHIJKLMNOP IBAN DE44500105175407324931\nline two: \u00e9t\u00e9 \u{1f600} 42",
    "",
  ];
  for (const source of [
    ...[
      "(?<=badge )\\d{6}",
      "(?<!BADGE )\\d{6}",
      "Kundennummer:?\\s*\\d{5,10}",
      "\\S+@acme\\.example",
      "[\\w.+-]+@\\w+",
    ],
    ...[
      "AKIA[0-9A-Z]{16}",
      "\\b[A-Z]{2}\\d{2}[A-Z0-9]{10,30}\\b",
      "(\\d{4}[ -]?){3}\\d{4}",
      "j(?:ö|oe)rg",
      "\\u00e9t\\u00e9",
    ],
    ...["\\u{1f600}", "^line.*$", "\\p{L}{6,}", "(?<number>\\d+) x?", "[^\\s\\d]{4}", "l.n", "\\/|two"],
  ])
    for (const text of texts)
      expect([source, text, pattern(source).replaced(text, "$1#")]).toEqual([
        source,
        text,
        text.replace(new RegExp(source, "giu"), () => "$1#"),
      ]);
});

test("what the engine has not is said in words", () => {
  expect(LinearPattern.of("x(?=y)")).toMatch(/^cannot look ahead/);
  expect(LinearPattern.of("(a)\\1")).toMatch(/^cannot refer back/);
  expect(LinearPattern.of("a(")).toMatch(/missing closing \)/);
  expect(LinearPattern.of("(?:a{1,300}){1,300}")).toMatch(/repeat/);
  // Its time grows with the pattern, too: one of many counted steps would be slow on every text.
  expect(LinearPattern.of("((a{0,31}){0,31})b")).toMatch(/^counts too much/);
  expect(LinearPattern.of("[\\w+/=-]{40,200}")).toBeInstanceOf(LinearPattern);
});
