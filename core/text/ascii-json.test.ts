import { expect, test } from "bun:test";
import fc from "fast-check";
import { asciiJson, compactJson } from "./ascii-json.ts";

test("escapes what is not ASCII, and DEL, by UTF-16 unit", () => {
  expect(asciiJson('{"é":"\x7f☃😀\u202e"}')).toBe('{"\\u00e9":"\\u007f\\u2603\\ud83d\\ude00\\u202e"}');
  expect(asciiJson('{"a":"\x7f"}')).toBe('{"a":"\\u007f"}');
  expect(asciiJson('{"a":"~ \\u00e9"}')).toBe('{"a":"~ \\u00e9"}');
});

test("drops white space between tokens only, and touches nothing else", () => {
  expect(compactJson('{ "b" : 9007199254740993 ,\r\n\t"a": [ 1.0, " x\\" y " ], "a":-0 }')).toBe(
    '{"b":9007199254740993,"a":[1.0," x\\" y "],"a":-0}',
  );
});

test("any value in any layout means the same afterwards, on one line of ASCII", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("", "\t", "    "), (value, indent) => {
      const line = asciiJson(compactJson(JSON.stringify(value, null, indent)));
      expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(line).toMatch(/^[\x20-\x7e]*$/);
      expect(compactJson(line)).toBe(line);
    }),
    { numRuns: 200 },
  );
});
