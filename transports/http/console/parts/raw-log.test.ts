import { expect, test } from "bun:test";
import fc from "fast-check";
import { readableLog } from "./raw-log.tsx";

test("members stand on lines of their own; digits, order and repeated keys stay", () => {
  const log = '{"a":18446744073709551615,"a":[1,{"b":"x,{\\"}"}],"c":{},"d":[]}';
  expect(readableLog(log)).toBe(
    '{\n  "a": 18446744073709551615,\n  "a": [\n    1,\n    {\n      "b": "x,{\\"}"\n    }\n  ],\n  "c": {},\n  "d": []\n}',
  );
});

test("it is the same JSON, whatever it is", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(readableLog(JSON.stringify(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test("very deep and very long logs stay as they are", () => {
  const deep = `${"[".repeat(1_000)}${"]".repeat(1_000)}`;
  expect(readableLog(deep)).toBe(deep);
  const long = JSON.stringify({ a: "x".repeat(300_000) });
  expect(readableLog(long)).toBe(long);
});
