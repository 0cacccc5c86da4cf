import { expect, test } from "bun:test";
import { encodingOf, swapped, TextParts } from "./encoding.ts";

const json = '{"rule_title":"Caf\u00e9","level":"high"}';
const little = Buffer.from(json, "utf16le");
const big = swapped(Buffer.from(little));

test("the encoding is told by the byte order mark, else by where the NULs stand", () => {
  expect(encodingOf(Buffer.from([0xff, 0xfe, 0x41, 0x42]))).toBe("utf-16le");
  expect(encodingOf(Buffer.from([0xfe, 0xff, 0x41, 0x42]))).toBe("utf-16be");
  expect(encodingOf(little)).toBe("utf-16le");
  expect(encodingOf(big)).toBe("utf-16be");
  expect(encodingOf(Buffer.from(json))).toBe("utf-8");
  expect(encodingOf(Buffer.concat([Buffer.alloc(4096), Buffer.from(json)]))).toBe("utf-8");
});

test("NULs on both sides, as in binary data, are not UTF-16", () => {
  const mixed = Buffer.concat([Buffer.alloc(60).fill("a\0"), Buffer.alloc(20).fill("\0a")]);
  expect(encodingOf(mixed)).toBe("utf-8");
  expect(encodingOf(swapped(Buffer.from(mixed)))).toBe("utf-8");
});

test.each([
  ["UTF-8", Buffer.from(json.repeat(40))],
  ["UTF-16LE", Buffer.from(json.repeat(40), "utf16le")],
  ["UTF-16BE", swapped(Buffer.from(json.repeat(40), "utf16le"))],
])("%s in parts of every size is the same text", (_, bytes) => {
  for (const size of [1, 2, 3, 1023, 1024, 1025, bytes.length]) {
    const parts = new TextParts();
    let text = "";
    for (let at = 0; at < bytes.length; at += size) text += parts.decode(bytes.subarray(at, at + size));
    expect(text + parts.end()).toBe(json.repeat(40));
  }
});
