import { expect, test } from "bun:test";
import fc from "fast-check";
import { StrictJson } from "./strict-json.ts";

/** Whether the whole text is one value, as this and as JSON.parse see it. */
function accepted(text: string, deepest = 50): boolean | null {
  const json = StrictJson.over(text, deepest);
  if (json === null) return null;
  const end = json.endOfValue(json.skip(0));
  return end >= 0 && json.skip(end) === text.length;
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test.each([
  "{}",
  "[]",
  "[[],{}]",
  ' { "a" : [ 1 , -0 , 0.5e+10 , 1E-2 ] , "b" : null } ',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00eF"',
  '{"\\\\":"\\\\","":"\\\\\\""}',
  "9223372036854775807",
  '[true,false,null,"é\u2028😀\x7f"]',
])("%s is valid", (text) => {
  expect(parses(text)).toBe(true);
  expect(accepted(text)).toBe(true);
});

test.each([
  "",
  " ",
  "{",
  "]",
  "[1,]",
  "[,1]",
  "[1 2]",
  "{,}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1 "b":2}',
  '{"a":1]',
  "[1}",
  "{a:1}",
  "{'a':1}",
  "01",
  "-",
  "-01",
  "1.",
  ".5",
  "1e",
  "1e+",
  "+1",
  "0x10",
  "NaN",
  "tru",
  "truer",
  "nullnull",
  '"a',
  '"\\"',
  '"\\x"',
  '"\\u12g4"',
  '"\\u123',
  '"\\',
  "\\",
  '"a"\\',
  '{"a":\\"b"}',
  '"a" "b"',
  "é",
  "\u00a01",
])("%j is not", (text) => {
  expect(parses(text)).toBe(false);
  expect(accepted(text)).toBe(false);
});

test("text with control characters is declined as a whole, values beyond the depth at their place", () => {
  for (const text of ['{"a":\t1}', '"\x01"', "[\r\n]", '"\0"']) expect(accepted(text)).toBeNull();
  const nested = (levels: number) => `${'{"a":['.repeat(levels / 2)}1${"]}".repeat(levels / 2)}`;
  expect(accepted(nested(50))).toBe(true);
  expect(accepted(nested(52))).toBe(false);
  expect(accepted(nested(1_000_000))).toBe(false);
  expect(accepted('{"a":{},"b":[]}', 2)).toBe(true);
  expect(accepted('{"a":{},"b":[]}', 1)).toBe(false);
});

test("blanks between tokens and escapes in the last string are told", () => {
  const json = StrictJson.over('["a b","c\\n"] [1, 2]', 9)!;
  const end = json.endOfValue(0);
  expect({ end, isSpaced: json.isSpaced, isEscaped: json.isEscaped }).toEqual({
    end: 13,
    isSpaced: false,
    isEscaped: true,
  });
  json.endOfValue(14);
  expect(json.isSpaced).toBe(true);
});

test("what JSON.parse accepts is accepted and nothing else, however a valid text is damaged", () => {
  const pieces = ['"', "\\", "{", "}", "[", "]", ",", ":", "0", "1", "-", ".", "e", "u", "t", " ", "null", '"a":', "é"];
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom("", ...pieces)), { maxLength: 3 });
  const value = fc.jsonValue({ stringUnit: "binary", maxDepth: 4 });
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1), damage, (json, indent, hits) => {
      let text = JSON.stringify(json, null, indent).replaceAll("\n", "");
      for (const [at, cut, put] of hits) {
        const start = at % (text.length + 1);
        text = text.slice(0, start) + put + text.slice(start + cut);
      }
      expect(accepted(text, 1_000) ?? parses(text)).toBe(parses(text));
    }),
    { numRuns: 3_000 },
  );
});
