import { describe, expect, test } from "bun:test";
import { readSince } from "./since.ts";

const at = Date.parse("2026-03-13T04:30:00Z");

describe("every form that pollers write", () => {
  const forms: [string, number | null, boolean][] = [
    ["", null, false],
    ["  ", null, false],
    ["2026-03-13T04:30:00Z", at, false],
    ["2026-03-13T04:30:00", at, false],
    ["2026-03-13T04:30:00.277809Z", at + 277, true],
    ["2026-03-13T04:30:00.277000Z", at + 277, false],
    ["2026-03-13T04:30:00.000000001Z", at, true],
    ["2026-03-13T05:30:00+01:00", at, false],
    ["2026-03-13T05:30:00 01:00", at, false],
    ["2026-03-13T04:30:00.5 0000", at + 500, false],
    ["2026-03-13 04:30:00", at, false],
    ["2026-03-13", Date.parse("2026-03-13T00:00:00Z"), false],
    [String(at), at, false],
    [String(at / 1000), at, false],
    [`${at / 1000}.5`, at + 500, false],
  ];
  for (const [text, time, finer] of forms)
    test(JSON.stringify(text), () => expect(readSince(text)).toEqual({ text: text.trim(), at: time, finer }));
});

for (const text of [
  "yesterday",
  "2026-13-01",
  "2026-03-13T25:00:00Z",
  "-5",
  "2026-03-13T04:30:00Zjunk",
  "1e9",
  "NaN",
  "\0",
])
  test(`${JSON.stringify(text)} is refused`, () => expect(readSince(text)).toBeNull());
