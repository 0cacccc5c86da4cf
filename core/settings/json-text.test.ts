import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type JsonNode, parseJsonText } from "./json-text.ts";

function whole(node: JsonNode): unknown {
  if (node.kind === "array") return node.items.map(whole);
  if (node.kind === "scalar") return node.value;
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, whole(value)]));
}

function faultOf(text: string): string {
  const parsed = parseJsonText(text);
  if (!("fault" in parsed)) return "no fault";
  const { line, column, found, accepted } = parsed.fault;
  return `${line}:${column} ${found}; ${accepted}`;
}

describe("every way to miss JSON has its own message with its place", () => {
  const cases: [name: string, text: string, message: string][] = [
    [
      "comma at the end of an object",
      '{\n  "port": 514,\n}',
      '3:1 a comma before "}", near "}"; no comma after the last entry',
    ],
    ["comma at the end of a list", "[1, ]", '1:5 a comma before "]", near "[1, ]"; no comma after the last entry'],
    ["comma left out", '{"a": 1\n "b": 2}', '2:2 "\\"" after the value of "a", near "\\"b\\": 2}"; "," or "}"'],
    ["comma left out of a list", "[1 2]", '1:4 "2" after a value of a list, near "[1 2]"; "," or "]"'],
    ["colon left out", '{"a" 1}', '1:6 "1" after the key "a", near "{\\"a\\" 1}"; a ":" between key and value'],
    ["key without quotes", "{a: 1}", '1:2 "a" where a key should stand, near "{a: 1}"; a key in double quotes'],
    ["single quotes", "{'a': 1}", '1:2 "\'" where a key should stand, near "{\'a\': 1}"; a key in double quotes'],
    [
      "comment",
      '{\n// the SIEM\n"a": 1}',
      '2:1 a comment (JSON has none) where a key should stand, near "// the SIEM"; a key in double quotes',
    ],
    [
      "value of another language",
      '{"verify": True}',
      '1:12 "True", near "{\\"verify\\": True}"; a value: "text" in double quotes, a number, true, false, null, { or [',
    ],
    [
      "end too early",
      '{"a": {',
      '1:8 the end of the file where a key should stand, near "{\\"a\\": {"; a key in double quotes',
    ],
    [
      "something after the end",
      "{} {}",
      '1:4 "{" after the end of the value, near "{} {}"; one JSON value and nothing after it',
    ],
    [
      "open text",
      '{"a": "x\n}',
      '1:7 a text that is not closed on its line, near "{\\"a\\": \\"x"; a closing " on the same line',
    ],
    [
      "Windows path",
      '{"a": "C:\\certs"}',
      '1:7 a backslash sequence that JSON does not have, near "{\\"a\\": \\"C:\\\\certs\\"}"; one of \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000',
    ],
    ["leading zero", '{"a": 0514}', '1:8 "5" after the value of "a", near "{\\"a\\": 0514}"; "," or "}"'],
    ["too deep", "[".repeat(40), `1:33 nesting deeper than 32 levels, near "${"[".repeat(28)}"; a flatter file`],
  ];
  for (const [name, text, message] of cases) test(name, () => expect(faultOf(text)).toBe(message));
});

test("values know their line, and a key given twice is told", () => {
  const parsed = parseJsonText('{\r\n "a": [\n1,\n"two"], "a": null }');
  if (!("root" in parsed) || parsed.root.kind !== "object") throw new Error("no object");
  expect(parsed.root.entries.get("a")).toEqual({ kind: "scalar", line: 4, value: null });
  expect(parsed.root.repeated).toEqual([{ key: "a", line: 4 }]);
});

test("reads exactly what JSON.parse reads", () => {
  const json = fc.json({ maxDepth: 5 });
  const text = fc.oneof(
    json,
    fc.string({ unit: fc.constantFrom(...'{}[]",:.-+eE0123456789 \n\t\\untrfalse\u0001é'), maxLength: 12 }),
    fc.tuple(json, fc.nat(), fc.string({ maxLength: 2 })).map(([base, at, put]) => {
      const place = at % (base.length + 1);
      return base.slice(0, place) + put + base.slice(place + 1);
    }),
  );
  fc.assert(
    fc.property(text, (source) => {
      const parsed = parseJsonText(source);
      let expected: { value: unknown } | null = null;
      try {
        expected = { value: JSON.parse(source) };
      } catch {}
      if (expected === null) expect(parsed).toHaveProperty("fault");
      else if ("root" in parsed) expect(whole(parsed.root)).toEqual(expected.value);
      else throw new Error(`refused ${source}: ${parsed.fault.found}`);
    }),
    { numRuns: 3000 },
  );
});
