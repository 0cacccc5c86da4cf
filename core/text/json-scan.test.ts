import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { lastMember, skipSpace, valueAt } from "./json-scan.ts";

function memberText(text: string, name: string): string | null {
  const span = lastMember(text, name);
  return span === null ? null : text.slice(span.start, span.end);
}

describe("lastMember", () => {
  test.each([
    ['{"raw":{"a":1}}', '{"a":1}'],
    ['{ "raw" : { "a" : 1 } , "z":0}', '{ "a" : 1 }'],
    ['{"x":{"raw":1},"raw":{"raw":{"raw":2}},"y":[{"raw":3}]}', '{"raw":{"raw":2}}'],
    ['{"raw":1,"raw":{"last":true}}', '{"last":true}'],
    ['{"raw":1,"\\u0072aw":2}', "2"],
    ['{"x":"\\"raw\\":1","raw":9007199254740993}', "9007199254740993"],
    ['{"x\\"":1,"x\\\\":2,"raw":"}\\\\"}', '"}\\\\"'],
    ['{"raw\\"":1,"raw":[1,"]",2]}', '[1,"]",2]'],
    ['\t{"a":-1.5e+3,\n"raw":true\r\n}\n', "true"],
  ])("%s", (text, expected) => {
    JSON.parse(text);
    expect(memberText(text, "raw")).toBe(expected);
  });

  test.each(["{}", "[]", '{"x":{"raw":1}}', '{"Raw":1,"raw ":2}', '{"x":"raw"}'])("%s has none", (text) => {
    expect(memberText(text, "raw")).toBeNull();
  });

  test("a million levels do not overflow", () => {
    const text = `{"x":${"[".repeat(1e6)}${"]".repeat(1e6)},"raw":{}}`;
    expect(memberText(text, "raw")).toBe("{}");
  });
});

test("spans tell white space outside strings and depth", () => {
  expect(valueAt('{"a b":[1]}', 0)).toEqual({ start: 0, end: 11, spaced: false, depth: 2 });
  expect(valueAt('{"a": 1}', 0)).toMatchObject({ spaced: true, depth: 1 });
  expect(valueAt('[" "]', 1)).toEqual({ start: 1, end: 4, spaced: false, depth: 0 });
});

test("every member of any object is found, however it is written", () => {
  const member = fc.tuple(fc.string({ unit: "binary" }), fc.jsonValue());
  fc.assert(
    fc.property(fc.array(member, { maxLength: 8 }), fc.constantFrom("", " ", "\r\n\t"), (members, gap) => {
      const pairs = members.map(
        ([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${JSON.stringify(value, null, gap)}${gap}`,
      );
      const text = `${gap}{${pairs.join(",") || gap}}`;
      for (const [key, value] of new Map(members)) expect(memberText(text, key)).toBe(JSON.stringify(value, null, gap));
      expect(valueAt(text, skipSpace(text, 0)).end).toBe(text.length);
    }),
    { numRuns: 200 },
  );
});
