import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseRfc5424 } from "../../test/harness/rfc5424-strict.ts";
import { encodeMessage, escapedSize, escapeParam, formatTime, type SyslogMessage, utf8Length } from "./rfc5424.ts";

const base: SyslogMessage = {
  facility: 16,
  severity: 6,
  timestamp: Date.UTC(2026, 2, 13, 4, 30, 0, 123),
  timestampPrecision: 0,
  hostname: "RhythmX",
  appName: "SigmaAlert",
  procid: 12345,
  msgid: "FIRST",
  sd: [{ id: "sigma@32473", params: [["hash", "a1"]] }],
  body: "{}",
};
const text = (change: Partial<SyslogMessage>) => new TextDecoder().decode(encodeMessage({ ...base, ...change }));

test("header, structured data and body, byte for byte", () => {
  expect(text({})).toBe('<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST [sigma@32473 hash="a1"] {}');
  expect(text({ facility: 0, severity: 0, msgid: null, timestampPrecision: 3 })).toBe(
    '<0>1 2026-03-13T04:30:00.123Z RhythmX SigmaAlert 12345 - [sigma@32473 hash="a1"] {}',
  );
});

test("elements follow each other without a space", () => {
  const sd = [
    { id: "a@1", params: [] },
    { id: "b@1", params: [["x", ""] as const, ["y", "z"] as const] },
  ];
  expect(text({ sd })).toEndWith(' [a@1][b@1 x="" y="z"] {}');
});

test.each([
  ["plain", "plain"],
  ['a"b', 'a\\"b'],
  ["CORP\\jsmith", "CORP\\\\jsmith"],
  ["a] b", "a\\] b"],
  ["[a", "[a"],
  ['\\"]', '\\\\\\"\\]'],
  ["a\nb\r\nc\td\0e\u007ff\u0085g\u2028h\u2029i", "a b  c d e f g h i"],
  ["\ud800a\udc00", "\ufffda\ufffd"],
  ["\u202eevil\u200f 🙂 \ufeff é", "\u202eevil\u200f 🙂 \ufeff é"],
])("value %j is written as %j", (value, written) => {
  expect(escapeParam(value)).toBe(written);
});

test("escapedSize is what a code point takes on the wire", () => {
  const tricky = ['"', "\\", "]", "\0", "\n", "\u007f", "\u0080", "\u009f", "\u00a0", "\u07ff", "\u0800"];
  const more = ["\u2028", "\u2029", "\ud7ff", "\ud800", "\udfff", "\ue000", "\uffff", "\u{10000}", "\u{10ffff}"];
  for (const character of [...tricky, ...more]) {
    expect(escapedSize(character.codePointAt(0)!)).toBe(utf8Length(escapeParam(character)));
  }
  fc.assert(
    fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 1 }), (character) => {
      expect(escapedSize(character.codePointAt(0)!)).toBe(utf8Length(escapeParam(character)));
    }),
    { numRuns: 300 },
  );
});

test("times have 0, 3 or 6 digits and stay within years of four digits", () => {
  expect(formatTime(base.timestamp, 0)).toBe("2026-03-13T04:30:00Z");
  expect(formatTime(base.timestamp, 3)).toBe("2026-03-13T04:30:00.123Z");
  expect(formatTime(base.timestamp, 6)).toBe("2026-03-13T04:30:00.123000Z");
  expect(formatTime(8.64e15, 0)).toBe("9999-12-31T23:59:59Z");
  expect(formatTime(-8.64e15, 0)).toBe("0000-01-01T00:00:00Z");
  expect(formatTime(-0.5, 3)).toBe("1970-01-01T00:00:00.000Z");
  // Years 0 to 9999, in any order, more days than are remembered.
  fc.assert(
    fc.property(fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 }), (time) => {
      const iso = new Date(time).toISOString();
      expect(formatTime(time, 3)).toBe(iso);
      expect(formatTime(time, 0)).toBe(`${iso.slice(0, 19)}Z`);
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["siem-01.corp.local", "siem-01.corp.local"],
  ["my_host", "my-host"],
  ["_host", "host"],
  ["a b\nc", "a-b-c"],
  ["fe80::1", "fe80-1"],
  ["..a..b..", "a.b"],
  ["é", "-"],
  ["", "-"],
  ["a".repeat(300), "a".repeat(63)],
])("host name %j becomes %j", (hostname, written) => {
  expect(text({ hostname }).split(" ")[2]).toBe(written);
});

test.each([
  ["Sigma_Alert2", "Sigma_Alert2"],
  ["sigma alert-x", "sigma_alert_x"],
  ["x".repeat(60), "x".repeat(48)],
  ["", "-"],
])("app name %j becomes %j", (appName, written) => {
  expect(text({ appName }).split(" ")[3]).toBe(written);
});

test("any message passes a strict parser, which gives back every value that UTF-8 and one line can carry", () => {
  const anything = fc.string({ unit: "binary", maxLength: 30 });
  const params = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), anything), { maxLength: 5 });
  const message = fc.record({
    facility: fc.nat(23),
    severity: fc.nat(7),
    timestamp: fc.maxSafeInteger(),
    timestampPrecision: fc.constantFrom(0 as const, 3 as const, 6 as const),
    hostname: anything,
    appName: anything,
    procid: fc.integer({ min: 1, max: 4_194_304 }),
    msgid: fc.constantFrom("FIRST" as const, "STATUS" as const, null),
    sd: fc
      .array(params, { minLength: 1, maxLength: 3 })
      .map((all) => all.map((params, at) => ({ id: `e${at}@1`, params }))),
    body: fc.constant('{"a":1}'),
  });
  fc.assert(
    fc.property(message, (m) => {
      const parsed = parseRfc5424(encodeMessage(m));
      expect(parsed).toMatchObject({ facility: m.facility, severity: m.severity, msgid: m.msgid, msg: m.body });
      expect(parsed.procid).toBe(String(m.procid));
      const clean = (value: string) => value.toWellFormed().replace(/[\p{Cc}\u2028\u2029]/gu, " ");
      const expected = m.sd.map(({ id, params }) => ({
        id,
        params: params.map(([name, value]): [string, string] => [name, clean(value)]),
      }));
      expect(parsed.sd).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});
