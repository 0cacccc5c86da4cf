import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EdgeError } from "../errors.ts";
import { fitBody, smallestBody } from "./fit-body.ts";

const long = (length: number) => "x".repeat(length);

describe("what stays and what goes", () => {
  test("a body that fits stays as it is but for the mark, to the last character", () => {
    const body = '{"a":18446744073709551615,"a":1.0e5}';
    expect(fitBody(body, 53)).toBe('{"a":18446744073709551615,"a":1.0e5,"truncated":true}');
    expect(fitBody(body, 52)).toBe('{"a":18446744073709551615,"truncated":true}');
    expect(fitBody("{}", 1000)).toBe('{"truncated":true}');
  });

  test("the longest strings are shortened and telling ones stay whole", () => {
    const body = `{"EventID":4624,"Computer":"WS-101.corp.local","Message":"${long(500)}","User":"jsmith"}`;
    expect(fitBody(body, 200)).toBe(
      `{"EventID":4624,"Computer":"WS-101.corp.local","Message":"${long(104)}...","User":"jsmith","truncated":true}`,
    );
    expect(fitBody(body, 200)).toHaveLength(200);
  });

  test("several long strings get one common length", () => {
    const body = `{"a":"${long(400)}","b":"${long(90)}","c":"${long(400)}"}`;
    const fitted = JSON.parse(fitBody(body, 320)) as Record<string, string>;
    expect(fitted.a).toHaveLength(fitted.c!.length);
    expect(fitted.b).toBe(long(90));
  });

  test("keys are never shortened", () => {
    const body = `{"${long(60)}":"${long(300)}"}`;
    expect(fitBody(body, 140)).toStartWith(`{"${long(60)}":"xxx`);
  });

  test("then members go from the end, nested ones too, and what is open is closed", () => {
    const body = '{"Event":{"System":{"EventID":1,"Computer":"WS-101"},"Data":[{"n":1},{"n":2},{"n":3}]},"z":1}';
    expect(fitBody(body, 92)).toBe(
      '{"Event":{"System":{"EventID":1,"Computer":"WS-101"},"Data":[{"n":1}]},"truncated":true}',
    );
    expect(fitBody(body, 64)).toBe('{"Event":{"System":{"EventID":1}},"truncated":true}');
    expect(fitBody(body, 30)).toBe('{"truncated":true}');
  });

  test("what closes open brackets counts", () => {
    const body = `{"a":${"[".repeat(30)}1,2,3,4,5,6,7,8,9,10,11,12,13,14,15${"]".repeat(30)}}`;
    for (let limit = smallestBody; limit < body.length; limit++) {
      const fitted = fitBody(body, limit);
      expect(fitted.length).toBeLessThanOrEqual(limit);
      expect(JSON.parse(fitted)).toMatchObject({ truncated: true });
    }
  });

  test("digits beyond 2^53, the order and repeated keys stay as text", () => {
    const body = `{"z":9223372036854775808,"Keywords":18446744073709551615,"z":1.10,"m":"${long(300)}"}`;
    expect(fitBody(body, 140)).toStartWith('{"z":9223372036854775808,"Keywords":18446744073709551615,"z":1.10,"m":"xx');
  });

  test("neither an escape nor a surrogate pair is split", () => {
    for (const unit of ["\\u00e9", "\\ud83d\\ude00", "\\\\", '\\"', "a\\n"]) {
      const body = `{"a":"${unit.repeat(100)}"}`;
      for (let limit = 75; limit < 100; limit++) {
        const fitted = fitBody(body, limit);
        const value = (JSON.parse(fitted) as { a: string }).a;
        expect(value).toEndWith("...");
        expect(value.isWellFormed()).toBe(true);
        expect((JSON.parse(body) as { a: string }).a).toStartWith(value.slice(0, -3));
        expect(fitted.length).toBeGreaterThan(limit - 12);
        expect(fitted.length).toBeLessThanOrEqual(limit);
      }
    }
  });

  test("a string without end is refused as damage", () => {
    expect(() => fitBody(`{"a":"${long(100)}`, 50)).toThrow(EdgeError);
  });
});

/** Text of JSON objects as intake writes them: ASCII, no white space, repeated keys and long integers. */
const key = fc.constantFrom("a", "EventID", "Computer", "k]\\u005d", 'q\\"', long(60));
const scalar = fc.oneof(
  fc.constantFrom("true", "null", "18446744073709551615", "-0.10e5", '""', '"a] b"'),
  fc.string({ unit: "binary", maxLength: 40 }).map(ascii),
  fc.string({ unit: "binary", minLength: 60, maxLength: 300 }).map(ascii),
);
const { object } = fc.letrec<{ value: string; object: string; array: string }>((tie) => ({
  value: fc.oneof({ depthSize: "small", withCrossShrink: true }, scalar, tie("object"), tie("array")),
  object: fc
    .array(fc.tuple(key, tie("value")), { maxLength: 8 })
    .map((all) => `{${all.map(([k, v]) => `"${k}":${v}`)}}`),
  array: fc.array(tie("value"), { maxLength: 5 }).map((all) => `[${all}]`),
}));

function ascii(value: string): string {
  return JSON.stringify(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

test("any body at any limit gives a valid object of that size that says it is truncated", () => {
  fc.assert(
    fc.property(object, fc.integer({ min: -40, max: 1000 }), (body, over) => {
      const limit = Math.max(smallestBody, body.length - over);
      const fitted = fitBody(body, limit);
      expect(fitted.length).toBeLessThanOrEqual(limit);
      expect(fitted).toEndWith('"truncated":true}');
      expect(fitted).toMatch(/^[ -~]*$/);
      JSON.parse(fitted);
    }),
    { numRuns: 500 },
  );
});

/** In quadratic time each of them would take longer than a test may. */
test.each([
  ["one string", (n: number) => `{"raw":"${long(n)}"}`],
  ["backslashes", (n: number) => `{"raw":"${"\\\\".repeat(n / 2)}"}`],
  ["short members", (n: number) => `{"a":[${'"v",'.repeat(n / 4)}1]}`],
  ["many long strings", (n: number) => `{"a":[${`"${long(60)}",`.repeat(n / 63)}1]}`],
  ["deep nesting", (n: number) => `{"a":${"[1,".repeat(n / 4)}1${"]".repeat(n / 4)}}`],
])("%s: 4 MB come to an end", (_, body) => {
  expect(fitBody(body(4_000_000), 8192).length).toBeLessThanOrEqual(8192);
});
