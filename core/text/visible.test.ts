import { expect, test } from "bun:test";
import { escaped, visible } from "./visible.ts";

test("nothing in a text can steer the terminal or turn the line around", () => {
  expect(visible("a\x1b[31mb\r\nc\u202ed\u200f\u2028e\x9b")).toBe(
    "a\ufffd[31mb\ufffd\ufffdc\ufffdd\ufffd\ufffde\ufffd",
  );
  expect(visible("\ud800 \u{e0041}é🙂")).toBe("\ufffd \ufffdé🙂");
});

test("escaped, it stays known what stood there", () => {
  expect(escaped("a\nb\u202ec\u{e0041}é")).toBe("a\\u000ab\\u202ec\\ue0041é");
});
