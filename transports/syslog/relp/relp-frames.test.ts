import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encodeFrame, MAX_TXNR, nextTxnr, parseAnswer, RelpParser } from "./relp-frames.ts";

const text = (value: string) => Buffer.from(value, "latin1");

describe("encodeFrame", () => {
  test("counts octets and writes no space before no data", () => {
    expect(encodeFrame(7, "syslog", Buffer.from("ü")).toString()).toBe("7 syslog 2 ü\n");
    expect(encodeFrame(8, "close", Buffer.alloc(0)).toString()).toBe("8 close 0\n");
  });

  test("numbers wrap to 1", () => {
    expect(nextTxnr(1)).toBe(2);
    expect(nextTxnr(MAX_TXNR)).toBe(1);
  });
});

describe("RelpParser", () => {
  test("reads a real session's answers", () => {
    const frames = new RelpParser().push(text("2 rsp 6 200 OK\n8 rsp 0\n0 serverclose 0\n9 rsp 0 \n"));
    expect(frames.map(({ txnr, command, data }) => [txnr, command, data.toString()])).toEqual([
      [2, "rsp", "200 OK"],
      [8, "rsp", ""],
      [0, "serverclose", ""],
      [9, "rsp", ""],
    ]);
  });

  test("gives the same frames however the bytes are cut", () => {
    const frame = fc.tuple(
      fc.integer({ min: 0, max: MAX_TXNR }),
      fc.string({ maxLength: 30, unit: fc.constantFrom("2", "\n", " ", "x") }),
    );
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (frames, step) => {
        const stream = frames.map(([txnr, data]) => `${txnr} rsp ${data.length}${data ? ` ${data}` : ""}\n`).join("");
        const parser = new RelpParser();
        const got: [number, string][] = [];
        for (let at = 0; at < stream.length; at += step) {
          for (const { txnr, data } of parser.push(text(stream.slice(at, at + step))))
            got.push([txnr, data.toString("latin1")]);
        }
        expect(got).toEqual(frames);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  test.each(["HTTP/1.1 400 Bad Request\r\n", "x".repeat(100), "1 rsp 999999999 x", "1 rsp 2 200 OK\n", "1 rsp\n"])(
    "refuses %j",
    (bytes) => {
      expect(() => new RelpParser().push(text(bytes))).toThrow("does not speak RELP");
    },
  );
});

test("parseAnswer keeps the text short and printable, and an empty answer is good", () => {
  expect(parseAnswer(text("200 OK\ncommands=syslog"))).toEqual({ code: 200, text: "OK", offers: "commands=syslog" });
  expect(parseAnswer(text(""))).toEqual({ code: 200, text: "", offers: "" });
  expect(parseAnswer(text(`500 \x1b]0;${"a".repeat(200)}`)).text).toBe(`?]0;${"a".repeat(76)}`);
  expect(parseAnswer(text("nonsense")).code).toBe(0);
});
