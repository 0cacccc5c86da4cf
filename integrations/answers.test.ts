import { expect, test } from "bun:test";
import { parseJson, retryAfterSeconds } from "./answers.ts";

const now = Date.UTC(2026, 2, 13, 4, 30);

test.each([
  [null, null],
  ["120", 120],
  [" 5 ", 5],
  ["999999999", 86_400],
  ["Fri, 13 Mar 2026 04:31:30 GMT", 90],
  // A date in the past asks for no wait, not for a negative one.
  ["Fri, 13 Mar 2026 04:00:00 GMT", 0],
  ["Sun, 13 Mar 2039 04:00:00 GMT", 86_400],
  ["soon", null],
])("Retry-After %p means %p seconds", (value, seconds) => {
  expect(retryAfterSeconds(value, now)).toBe(seconds);
});

test("halves of surrogate pairs in an answer become U+FFFD, in names and values; pairs stay", () => {
  const text = String.raw`{"key":"\ud800","\udc00":["\ud83d\ude00","a\uDFFFb"],"__proto__":{"x":"\udfff"}}`;
  const read = parseJson(text);
  expect(JSON.stringify(read)).toBe('{"key":"\ufffd","\ufffd":["\u{1f600}","a\ufffdb"],"__proto__":{"x":"\ufffd"}}');
  expect(parseJson("no JSON \\ud800")).toBeUndefined();
});
