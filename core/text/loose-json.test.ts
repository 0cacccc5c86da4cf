import { expect, test } from "bun:test";
import fc from "fast-check";
import { endOfObject } from "./loose-json.ts";

test.each([
  ['{"a":{"b":[1,{"c":"}"}]}} rest', true, "closed", 25],
  ['{ "a" : [ { } , { } ] }', true, "closed", 23],
  ["{bad}", true, "closed", 5],
  ['{"a" 1}', true, "broken", 1],
  ['{"a" 1}', false, "closed", 7],
  ['{"a":"x},{"c":3}', true, "broken", 5],
  ['{"a":{"b":1} , {"c":3}', true, "broken", 13],
  ['{"a":[1}', true, "broken", 7],
  ['{"a":[1}', false, "broken", 7],
  ['{"a":1', true, "open", 6],
  ['{"a":"x', true, "open", 7],
  ['{"a"', true, "open", 4],
] as const)("%s, careful %p: %s", (text, careful, state, end) => {
  expect(endOfObject(text, 0, careful)).toEqual({ state, end });
});

test("ends every sound object where it ends", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom("", "  "),
      fc.string(),
      (object, indent, rest) => {
        const text = JSON.stringify(object, null, indent);
        expect(endOfObject(text + rest, 0, true)).toEqual({ state: "closed", end: text.length });
      },
    ),
    { numRuns: 200 },
  );
});
