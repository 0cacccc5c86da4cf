import { expect, test } from "bun:test";
import { alertTerms, type SearchedAlert, termsVersion, wordsOf } from "./terms.ts";

const alert: SearchedAlert = {
  hash: "0123456789abcdef",
  entity: "Primary Site",
  ruleId: "8f2c0e5a-0000-4000-8000-000000000001",
  ruleTitle: "Suspicious Base64-Encoded PowerShell (LSASS)",
  level: "high",
  user: "CORP\\JSmith",
  host: "WS-101.corp.example.",
  ip: "10.0.0.5",
};

test("the terms of an alert; the index is made anew where they change: raise termsVersion then", () => {
  expect(termsVersion).toBe(1);
  expect(alertTerms(alert)).toEqual({
    words:
      "suspicious base64-encoded base64 encoded powershell lsass ws-101.corp.example ws 101 corp example corp\\jsmith jsmith 10.0.0.5 8f2c0e5a-0000-4000-8000-000000000001 0123456789abcdef",
    facts: "e60de9d7dd00679 lhigh rf618f9f52f08d0 r508dc226143d32 u4789c4be19736e hd4d643a2ab06d9 h7cada920fc531b",
  });
});

test("words of any script, whatever signs stand around them", () => {
  expect(wordsOf("  Ünïcode\tÉCOLE -- “quoted” a.b ")).toEqual(["unicode", "ecole", "quoted", "a.b", "a", "b"]);
  // The way of ASCII texts gives what that of all texts gives.
  const everySign = Array.from({ length: 128 }, (_, code) => `A${String.fromCharCode(code)}b`).join(" ");
  expect(wordsOf(`${everySign} é`)).toEqual([...wordsOf(everySign), "e"]);
  expect(wordsOf("管理者 admin")).toEqual(["管", "理", "者", "admin"]);
  expect(wordsOf("\0\n'\"*()^ OR AND NEAR{}")).toEqual(["or", "and", "near"]);
  expect(wordsOf("")).toEqual([]);
});
