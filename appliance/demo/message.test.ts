import { expect, test } from "bun:test";
import { readMessage } from "./message.ts";

test("a message is split where its structured data ends, and values are unescaped", () => {
  const head =
    '<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 HOURLY [sigma@32473 hash="a1" hourly_delta="146" burst="true"]' +
    '[rule@32473 title="a \\"b\\" [c\\] d\\\\" hash="other" user=""]';
  const message = readMessage(`${head} {"x":"] y"}`);
  expect(message).toMatchObject({ msgid: "HOURLY", head, body: '{"x":"] y"}' });
  expect(Object.fromEntries(message?.params ?? [])).toEqual({
    hash: "a1",
    hourly_delta: "146",
    burst: "true",
    title: 'a "b" [c] d\\',
    user: "",
  });
});

test.each([
  "",
  "hello",
  "<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST - text",
  '<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST [sigma@32473 hash="a',
  '<134>1 2026-03-13T04:30:00Z RhythmX SigmaAlert 12345 FIRST [sigma@32473 hash="a"]cut',
])("what is no such message is null: %p", (text) => {
  expect(readMessage(text)).toBeNull();
});
