import { expect, test } from "bun:test";
import { MessageBuffer, ownBytes } from "./message-buffer.ts";

const texts: [head: string, body: string][] = [
  ["<134>1 plain", '{"a":1}'],
  ["<134>1 Ünïcödé 規則 👩‍💻 \ud800 end", "{}"],
  ["<134>1 é", '{"not":"ascii é"}'],
];

test("messages in one buffer have the bytes that they have by themselves, and keep them until it is cleared", () => {
  const buffer = new MessageBuffer(1000);
  const together = texts.map(([head, body]) => buffer.encode(head, body));
  expect(together.map((bytes) => Buffer.from(bytes).toString("hex"))).toEqual(
    texts.map(([head, body]) => Buffer.from(ownBytes.encode(head, body)).toString("hex")),
  );
});

test("what does not fit any more has bytes of its own, whole", () => {
  const buffer = new MessageBuffer(64);
  const first = buffer.encode("a".repeat(10), "{}");
  const long = buffer.encode("é".repeat(100), "{}");
  expect(Buffer.from(long).toString()).toBe(`${"é".repeat(100)} {}`);
  expect(Buffer.from(first).toString()).toBe(`${"a".repeat(10)} {}`);
});

test("after it was cleared its memory is used again", () => {
  const buffer = new MessageBuffer(1000);
  const first = buffer.encode("first", "{}");
  buffer.clear();
  expect(buffer.encode("other", "{}").buffer).toBe(first.buffer);
  expect(Buffer.from(first).toString()).toBe("other {}");
});
