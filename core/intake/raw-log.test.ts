import { expect, test } from "bun:test";
import fc from "fast-check";
import { deepestLog, logBody } from "./raw-log.ts";

function bodyOf(record: string): string | null {
  const log = logBody(record, JSON.parse(record).raw);
  return log.ok ? log.body : null;
}

test.each([
  [
    "digits, key order and repeated keys as received",
    '{"raw": {"b": -9214364837600034816, "a": 1.10, "b": 1e5}}',
    '{"b":-9214364837600034816,"a":1.10,"b":1e5}',
  ],
  ["white space inside strings kept", '{"raw":{ "a" : " x  y " ,\n "b":[ ] }}', '{"a":" x  y ","b":[]}'],
  ["non-ASCII and DEL escaped", '{"raw":{"é":"\x7f\u202e😀"}}', '{"\\u00e9":"\\u007f\\u202e\\ud83d\\ude00"}'],
  ["escapes as received", '{"raw":{"a":"\\u0041\\/\\n"}}', '{"a":"\\u0041\\/\\n"}'],
  [
    "text that is an object is that object",
    '{"raw":" { \\"n\\": 9007199254740993, \\"é\\": 1 }\\r\\n"}',
    '{"n":9007199254740993,"\\u00e9":1}',
  ],
  ["text", '{"raw":"<13>Mar 1 \\"x\\"\\u0007é"}', '{"raw":"<13>Mar 1 \\"x\\"\\u0007\\u00e9"}'],
  ["text that starts like an object", '{"raw":"{not json}"}', '{"raw":"{not json}"}'],
  ["text that is another JSON value", '{"raw":"[1]"}', '{"raw":"[1]"}'],
  ["empty text", '{"raw":""}', '{"raw":""}'],
  ["half a surrogate pair", '{"raw":"\\ud83d!"}', '{"raw":"\\ud83d!"}'],
  ["empty object", '{"raw":{ }}', "{}"],
  ["the last of repeated members", '{"raw":{"a":1},"r\\u0061w":{"b":2}}', '{"b":2}'],
  ["a member of that name inside", '{"x":{"raw":{"no":1}},"raw":{"raw":{"yes":1}}}', '{"raw":{"yes":1}}'],
])("%s", (_, record, body) => {
  expect(bodyOf(record)).toBe(body);
});

test.each(["{}", '{"raw":null}', '{"raw":5}', '{"raw":true}', '{"raw":[{"a":1}]}', '{"raw":"x","raw":1}'])(
  "%s is no log",
  (record) => {
    expect(logBody(record, JSON.parse(record).raw)).toEqual({ ok: false, depth: 0 });
  },
);

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
}

test("deep nesting is refused, not overflowed", () => {
  const record = (levels: number) => `{"raw":${nested(levels)}}`;
  expect(bodyOf(record(deepestLog))).toBe(nested(deepestLog));
  expect(logBody(record(deepestLog + 1), {})).toEqual({ ok: false, depth: deepestLog + 1 });
  expect(logBody(record(300_000), {})).toEqual({ ok: false, depth: 300_000 });
  const asText = JSON.stringify({ raw: nested(300_000) });
  expect(bodyOf(asText)).toBe(asText);
});

test("a log of a megabyte comes through", () => {
  const text = 'C:\\"x" é'.repeat(125_000);
  expect(JSON.parse(bodyOf(JSON.stringify({ raw: text })) ?? "")).toEqual({ raw: text });
  expect(JSON.parse(bodyOf(JSON.stringify({ raw: { text } })) ?? "")).toEqual({ text });
});

test("any log is one line of printable ASCII that means the same", () => {
  const log = fc.oneof(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), fc.string({ unit: "binary" }));
  fc.assert(
    fc.property(log, fc.constantFrom("", " ", "\t"), fc.boolean(), (raw, indent, asText) => {
      const sent = asText && typeof raw === "object" ? JSON.stringify(raw, null, indent) : raw;
      const body = bodyOf(JSON.stringify({ before: 1, raw: sent, after: { raw: 0 } }, null, indent)) ?? "";
      expect(body).toMatch(/^\{[\x20-\x7e]*\}$/);
      expect(JSON.parse(body)).toEqual(
        typeof raw === "string" && !isObject(raw)
          ? { raw }
          : JSON.parse(JSON.stringify(typeof raw === "string" ? JSON.parse(raw) : raw)),
      );
    }),
    { numRuns: 300 },
  );
});

function isObject(text: string): boolean {
  try {
    return text.trim().startsWith("{") && typeof JSON.parse(text) === "object";
  } catch {
    return false;
  }
}
