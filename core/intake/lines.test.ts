import { expect, test } from "bun:test";
import fc from "fast-check";
import { recordsOf } from "./lines.ts";
import { decodeBatch, splitRecords } from "./split.ts";

/** The same records by way of the batch's text. */
function byText(body: Uint8Array, limit: number) {
  const { text, repaired } = decodeBatch(body);
  return { records: splitRecords(text, limit), repaired };
}

function expectSame(body: Uint8Array, limit = 20_000): void {
  const { records, repaired } = recordsOf(body, limit);
  const expected = byText(body, limit);
  expect(records).toEqual(expected.records);
  // What follows the limit is not read.
  if (records.length <= limit) expect(repaired).toBe(expected.repaired);
}

const bytes = (text: string) => new TextEncoder().encode(text);

test.each([
  ["lines", '{"a":1}\n{"b":2}'],
  ["CRLF, blank lines, blanks around records", '\r\n{"a":1} \r\n\r\n \t{"b":2}\r\n\r\n'],
  ["byte order marks", '\ufeff\ufeff{"a":1}\n\ufeff{"b":"\ufeff"}\n'],
  ["letters beyond ASCII", '{"a":"é😀"}\n{"b":2}\n{"c":"\ufffd"}'],
  ["other line separators", '{"a":"\u2028"}\u2028\n{"b":1}\u0085\v\f{"c":1}'],
  ["a broken line", '{"a":1}\n{"b":\n{"c":3}\nnothing\n'],
  ["a first line that is broken", '{"a":\n{"b":2}\n{"c":3}'],
  ["a first line with a record and more", '{"a":1} x\n{"b":2}'],
  ["one object over several lines", '{\n  "a": 1\n}\n{\n  "b": 2\n}'],
  ["an array", '[{"a":1},\n{"b":2}]'],
  ["NULs", '{"a":1}\n\0\0{"b":2}\0\n'],
  ["nothing", ""],
  ["only white space", " \n\r\n"],
])("%s", (_, text) => {
  expectSame(bytes(text));
});

test("bytes that are not UTF-8 are replaced in their line alone, as in the whole text", () => {
  const bad = [[0xff], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]];
  for (const part of bad) {
    const line = Buffer.concat([bytes('{"a":"x'), Buffer.from(part), bytes('"}')]);
    expectSame(Buffer.concat([bytes('{"ok":1}\n'), line, bytes('\n{"ok":2}')]));
    expectSame(Buffer.concat([line, bytes("\n"), line]));
    expectSame(Buffer.concat([bytes('{"ok":1}\n{"cut":"'), Buffer.from(part), bytes('\n{"ok":2}')]));
  }
});

test("UTF-16 is read as a whole", () => {
  expectSame(Buffer.from('{"a":"é"}\n{"b":2}', "utf16le"));
  expectSame(Buffer.from('\ufeff{"a":1}\n{"b":2}', "utf16le"));
});

test("more records than the limit show", () => {
  const body = bytes('{"a":1}\n'.repeat(10));
  for (const limit of [0, 3, 9, 10, 11]) expectSame(body, limit);
  expect(recordsOf(body, 9).records).toHaveLength(10);
});

test("any bytes are the same records", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{"a":1}',
      '{"b":"é"}',
      "{",
      "}",
      "[",
      "]",
      ",",
      '"',
      "\n",
      "\r\n",
      " ",
      "\0",
      "\ufeff",
      "x",
      '{"c":{}}',
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  const part = fc.oneof({ weight: 9, arbitrary: piece.map(bytes) }, fc.uint8Array({ maxLength: 4 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), fc.nat(4), (parts, limit) => {
      expectSame(Buffer.concat(parts));
      expectSame(Buffer.concat(parts), limit);
    }),
    { numRuns: 3_000 },
  );
});

test("the text is at hand for what needs it whole", () => {
  expect(recordsOf(bytes("[ ]"), 9).text()).toBe("[ ]");
  expect(recordsOf(bytes(' {"a":1} \n{"b":2}'), 9).text()).toBe('{"a":1}\n{"b":2}');
});
