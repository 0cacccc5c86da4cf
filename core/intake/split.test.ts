import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decodeBatch, splitRecords } from "./split.ts";

const split = (text: string) => splitRecords(text, 20_000);

describe("decodeBatch", () => {
  test("ignores a byte order mark", () => {
    expect(decodeBatch(new TextEncoder().encode('\ufeff{"a":"é"}'))).toEqual({ text: '{"a":"é"}', repaired: false });
  });
  test("replaces what is not UTF-8", () => {
    expect(decodeBatch(Uint8Array.of(0x7b, 0xff, 0x7d))).toEqual({ text: "{\ufffd}", repaired: true });
  });
  test("a U+FFFD that was sent is no repair", () => {
    expect(decodeBatch(new TextEncoder().encode("\ufffd")).repaired).toBe(false);
  });
});

describe("one record a line", () => {
  test.each([
    ["", []],
    [" \r\n\n\t\n", []],
    ['{"a":1}', ['{"a":1}']],
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['\r\n{"a":1}\r\n\r\n {"b":2} \r\n', ['{"a":1}', '{"b":2}']],
    ['{"a":1}\nnot json\n{"b":2}', ['{"a":1}', "not json", '{"b":2}']],
    ['{"a":"x\n{"b":2}\n{"c":3}', ['{"a":"x', '{"b":2}', '{"c":3}']],
    ['{"a":{"x":1}\n{"b":2}\n{"c":3}', ['{"a":{"x":1}', '{"b":2}', '{"c":3}']],
    ['{"a":[\n{"b":2}\n{"c":3}', ['{"a":[', '{"b":2}', '{"c":3}']],
    ['{"a":1}\n{"b":', ['{"a":1}', '{"b":']],
    ['bad\n[1]\n"x"\n{"b":2}', ["bad", "[1]", '"x"', '{"b":2}']],
  ])("%p", (text, expected) => {
    expect(split(text)).toEqual(expected);
  });
});

describe("an array", () => {
  test.each([
    ["[]", []],
    [' [ {"a":1} , {"b":[{"x":1},{"y":2}]} ] ', ['{"a":1}', '{"b":[{"x":1},{"y":2}]}']],
    ['[{"a":1},{bad},{"c":3}]', ['{"a":1}', "{bad}", '{"c":3}']],
    ['[{"a":1},bad,{"c":3}]', ['{"a":1}', "bad", '{"c":3}']],
    ['[1,null,"x",{"c":3}]', ["1", "null", '"x"', '{"c":3}']],
    ['[{"a":1},{"b":{"x":1},"list":[1,2', ['{"a":1}', '{"b":{"x":1},"list":[1,2']],
    ['[{"a":1},{"list":[{"x":1},{"y":2},{"z', ['{"a":1}', '{"list":[{"x":1},{"y":2},{"z']],
    ['[{"a":1},{"b":2}', ['{"a":1}', '{"b":2}']],
    ['[{"a":1},', ['{"a":1}']],
    ['[{"a":1}\n{"b":2}]', ['{"a":1}', '{"b":2}']],
    ['[{"a":"x},{"c":"y"},{"d":"z"}]', ['{"a":"x}', '{"c":"y"}', '{"d":"z"}']],
    ['[{"a":"x},{"c":"y"},{"d":"z},{"e":1}]', ['{"a":"x}', '{"c":"y"}', '{"d":"z}', '{"e":1}']],
    ['[{"a":{"b":1} , {"c":3}, {"d":4}]', ['{"a":{"b":1}', '{"c":3}', '{"d":4}']],
    ['[{"a":[1,2},{"c":3}]', ['{"a":[1,2}', '{"c":3}']],
    ['[{"a" 1},{"b" 2},{"c":3}]', ['{"a" 1}', '{"b" 2}', '{"c":3}']],
    ['[{"l":[{"x" 1},{"y":2}]},{"c":3}]', ['{"l":[{"x" 1},{"y":2}]}', '{"c":3}']],
    ['[{"a":1}]\n[{"b":2}]\n', ['{"a":1}', '{"b":2}']],
    ['[bad\n{"b":2}\n', ["bad", '{"b":2}']],
  ])("%p", (text, expected) => {
    expect(split(text)).toEqual(expected);
  });
});

test("objects over several lines, one after another", () => {
  const text = '{\n  "a": {\n    "x": 1\n  }\n}\n{\n  "b": 2\n}\n{\n  "c" 3\n}\n{\n  "d": 4\n}';
  expect(split(text)).toEqual(['{\n  "a": {\n    "x": 1\n  }\n}', '{\n  "b": 2\n}', '{\n  "c" 3\n}', '{\n  "d": 4\n}']);
});

test("stops one after the limit", () => {
  expect(splitRecords("{}\n".repeat(10), 3)).toHaveLength(4);
  expect(splitRecords(`[${"{},".repeat(10)}{}]`, 3)).toHaveLength(4);
  expect(splitRecords("{}\n{}\n{}", 3)).toHaveLength(3);
});

test("hostile batches take no longer than their length", () => {
  split(`[x${`,{"k":[${"0,".repeat(8000)}1`.repeat(300)}`);
  split('[{"a":"x},'.repeat(500_000));
  split(`[${'{"a" "zzzzzzzzzzzzzzzzzzzzzzzzzzzzz},{'.repeat(100_000)}`);
  split("[{\n".repeat(1_000_000));
  split("{".repeat(4_000_000));
  // Each of them took minutes while it was quadratic: longer than a test may.
});

const record = fc.dictionary(fc.string({ maxLength: 8 }), fc.jsonValue({ maxDepth: 3 }), { minKeys: 1, maxKeys: 4 });

test("sound records come through whole, whatever the layout", () => {
  fc.assert(
    fc.property(
      fc.array(record, { maxLength: 8 }),
      fc.constantFrom("\n", "\r\n"),
      fc.constantFrom("", "  "),
      (records, end, indent) => {
        const texts = records.map((value) => JSON.stringify(value));
        expect(split(texts.join(end))).toEqual(texts);
        const spread = records.map((value) => JSON.stringify(value, null, indent));
        expect(split(spread.join(end)).map((text) => JSON.parse(text))).toEqual(texts.map((text) => JSON.parse(text)));
        expect(split(`[${spread.join(`,${end}`)}]`)).toEqual(spread);
      },
    ),
    { numRuns: 200 },
  );
});

test("a record cut short anywhere in an array or a line costs no neighbour that stands before it, nor one on another line", () => {
  const sound = { rule_title: 'a "b"', raw: { list: [{ x: "},{" }, { y: 2 }] } };
  const text = JSON.stringify(sound);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: text.length - 1 }), (cut) => {
      const broken = text.slice(0, cut).trimEnd();
      expect(split(`${text}\n${broken}\n${text}`)).toEqual([text, broken, text]);
      expect(split(`[${text},${broken}`)[0]).toBe(text);
    }),
    { numRuns: 100 },
  );
});

test("good records after a broken one survive: a character lost at any place", () => {
  const good = '{"rule_title":"t","raw":{"n":[1,2],"s":"q"}}';
  for (let lost = 0; lost < good.length; lost++) {
    const broken = good.slice(0, lost) + good.slice(lost + 1);
    const records = split(`[${good},${broken}, ${good},${good}]`);
    expect(records[0]).toBe(good);
    expect(records.slice(-2)).toEqual([good, good]);
  }
});
