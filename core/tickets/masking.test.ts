import { describe, expect, test } from "bun:test";
import { masked } from "./masking.ts";

describe("passwords and tokens", () => {
  const rows: [string, string][] = [
    ["psexec \\\\host -u admin -p S3cret! cmd", "S3cret!"],
    ["tool --password=hunter2 --verbose", "hunter2"],
    ['tool --token "two words" x', "two words"],
    ["net user bob Passw0rd /add", "Passw0rd"],
    ["mysql password: 'abc def'", "abc def"],
    ["https://user:s3cr3t@host/path", "s3cr3t"],
    ["Authorization: Bearer abcdef123456", "abcdef123456"],
    ["jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def", "eyJhbGciOiJIUzI1NiJ9"],
    ["aws AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"],
    ["client_secret=xyz&next=1", "xyz&"],
    [`key smk_${"a".repeat(36)}`, `smk_${"a".repeat(36)}`],
  ];
  for (const [text, secret] of rows)
    test(text, () => {
      expect(masked(text)).toContain("********");
      expect(masked(text)).not.toContain(secret);
    });
});

describe("what is none stays", () => {
  const rows = [
    "net user /domain",
    "Suspicious Password Dump via Procdump",
    "powershell -enc SQBFAFgA",
    "whoami /all",
    "rule: token impersonation",
    "C:\\Windows\\System32\\curl.exe http://10.0.0.1/x",
  ];
  for (const text of rows) test(text, () => expect(masked(text)).toBe(text));
});

test("a long text takes no long time", () => {
  const begin = performance.now();
  masked("password ".repeat(20_000));
  masked("-p ".repeat(50_000));
  masked(`http://${"a:".repeat(50_000)}`);
  expect(performance.now() - begin).toBeLessThan(2000);
});
