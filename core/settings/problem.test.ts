import { expect, test } from "bun:test";
import { shown } from "./problem.ts";

test.each([
  ["http://user:pa55@proxy:3128", '"http://(secret)@proxy:3128"'],
  ["http://user:pa@55@proxy:3128/x", '"http://(secret)@proxy:3128/x"'],
  ["https://jira.example/a@b", '"https://jira.example/a@b"'],
  ["a\u202eb", '"a\\u202eb"'],
  ["x".repeat(100), `"${"x".repeat(80)}..."`],
])("%j is shown as %s", (value, expected) => {
  expect(shown(value)).toBe(expected);
});
