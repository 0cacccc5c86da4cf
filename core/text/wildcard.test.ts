import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hasWildcard, isOnlyWildcards, patternOf, wildcard } from "./wildcard.ts";

const fits = (pattern: string, text: string) => wildcard(pattern)(text);

describe("signs", () => {
  test.each([
    ["powershell.exe", "PowerShell.EXE", true],
    ["powershell.exe", "powershell.exe ", true],
    ["powershell", "powershell.exe", false],
    ["shell", "powershell", false],
    ["*shell*", "powershell.exe", true],
    ["power*", "powershell.exe", true],
    ["*.exe", "powershell.exe", true],
    ["*.exe", "powershell.exe.txt", false],
    ["ws-???", "ws-101", true],
    ["ws-???", "ws-1010", false],
    ["ws-???", "ws-10", false],
    ["a*b*c", "aXbXc", true],
    ["a*b*c", "abc", true],
    ["a*b*c", "acb", false],
    ["ab*ba", "aba", false],
    ["*", "", true],
    ["?", "", false],
    ["?", "😀", true],
    ["a?*", "a😀", true],
    ["ΟΔΟΣ*", "οδοσ 1", true],
    ["*ΟΔΟΣ", "ΟΔΟΣ", true],
    ["a  b", "A\tB", true],
  ])("%s and %s: %p", (pattern, text, expected) => {
    expect(fits(pattern, text)).toBe(expected);
  });
});

describe("backslashes", () => {
  test.each([
    // What a path looks like is what it means.
    ["C:\\Tools\\*", "C:\\Tools\\sub\\x.exe", true],
    ["C:\\Tools\\*", "C:\\Tools2\\x.exe", false],
    ["C:\\Tools\\*\\x.exe", "c:\\tools\\1.2\\X.EXE", true],
    ["C:\\Users\\?\\x.exe", "C:\\Users\\a\\x.exe", true],
    ["C:\\Users\\?\\x.exe", "C:\\Users\\ab\\x.exe", false],
    ["*\\cmd.exe", "C:\\Windows\\System32\\cmd.exe", true],
    // Doubled as in JSON, or in a log that was escaped twice.
    ["C:\\\\Tools\\\\*", "C:\\Tools\\x.exe", true],
    ["C:\\Tools\\x.exe", "C:\\\\Tools\\\\x.exe", true],
    ["\\\\server\\share\\*", "\\\\server\\share\\x.exe", true],
    ["\\\\server\\share\\*", "\\server\\share\\x.exe", true],
    // The sign itself.
    ["del \\*.tmp", "del *.tmp", true],
    ["del \\*.tmp", "del a.tmp", false],
    ["what\\?", "what?", true],
    ["what\\?", "whats", false],
    ["dir C:\\Tools\\*.log", "dir C:\\Tools\\*.log", true],
    // A backslash at the end, or before anything else, is itself.
    ["C:\\", "C:\\", true],
    ["C:\\", "C:", false],
    ["CORP\\name", "corp\\NAME", true],
  ])("%s and %s: %p", (pattern, text, expected) => {
    expect(fits(pattern, text)).toBe(expected);
  });
});

test("patterns that name nothing", () => {
  expect(["*", "?", "**?", " * ", "\\*"].every(isOnlyWildcards)).toBe(true);
  expect(["", "a*", "1", "."].some(isOnlyWildcards)).toBe(false);
  expect([hasWildcard("a?"), hasWildcard("*"), hasWildcard("C:\\a")]).toEqual([true, true, false]);
});

/** The definition, tried out in every way there is. */
function byDefinition(pattern: readonly string[], text: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return text.length === 0;
  if (first === "*") return byDefinition(rest, text) || (text.length > 0 && byDefinition(pattern, text.slice(1)));
  return text.length > 0 && (first === "?" || first === text[0]) && byDefinition(rest, text.slice(1));
}

const letters = fc.constantFrom("a", "b", ".", "😀");
const signs = fc.constantFrom("a", "b", ".", "😀", "*", "?");

test("property: it fits what the definition says", () => {
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 8 }), fc.array(letters, { maxLength: 10 }), (pattern, text) => {
      expect(fits(pattern.join(""), text.join(""))).toBe(byDefinition(pattern, text));
    }),
    { numRuns: 2_000 },
  );
});

test("property: a text fits its own pattern, in any case, whatever is in it", () => {
  const anything = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("\\", "*", "?", "a", " ") }),
  );
  fc.assert(
    fc.property(anything, (text) => {
      expect(fits(patternOf(text), text)).toBe(true);
      expect(fits(`*${patternOf(text)}*`, `x${text}y`)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("property: without signs only the same text fits", () => {
  const plain = fc.string({ unit: fc.constantFrom("a", "b", "\\", " ", "é") });
  const same = (text: string) => text.replace(/\\+/g, "\\").replace(/\s+/g, " ").trim();
  fc.assert(
    fc.property(plain, plain, (a, b) => {
      expect(fits(a, b)).toBe(same(a) === same(b));
    }),
  );
});

test("a hostile text and a hostile pattern are read once, not in every combination", () => {
  const pattern = `${"*a".repeat(200)}*b`;
  expect(fits(pattern, "a".repeat(4_000))).toBe(false);
  expect(fits(`${"*a?".repeat(200)}b`, "a".repeat(4_000))).toBe(false);
});
