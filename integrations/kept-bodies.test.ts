import { expect, test } from "bun:test";
import { keptBody } from "./kept-bodies.ts";

test("secrets are masked in every form, also where the body is cut, and so are fields of credentials", () => {
  const secret = 'pa"ss\\word+/9';
  const body = JSON.stringify({ a: secret, access_token: "abc", JSESSIONID: "x y", note: "token of esteem" });
  const kept = keptBody(`${body} ${encodeURIComponent(secret)} ${Buffer.from(secret).toString("base64")}`, [secret]);
  expect(kept).toBe(
    '{"a":"********","access_token":"********","JSESSIONID":"********","note":"token of esteem"} ******** ********',
  );
  const long = keptBody(`${"x".repeat(65_530)}${secret.repeat(3)}${"y".repeat(50_000)}`, [secret]);
  expect(long).not.toContain("pa");
  expect(long).toEndWith("x******\n… and 50033 more characters");
});

test("no body is null; NUL and half signs become signs that a database takes", () => {
  expect([keptBody(undefined, []), keptBody("", [])]).toEqual([null, null]);
  expect(keptBody("a\0b\ud800", [])).toBe("a\ufffdb\ufffd");
});
