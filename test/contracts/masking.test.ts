import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { masked } from "../../core/tickets/masking/masking.ts";

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

const list = (file: string) =>
  readFileSync(join(import.meta.dir, "../data/masking", file), "utf8")
    .trimEnd()
    .split("\n");

test("command lines with a secret: nothing of it is left", () => {
  const lines = list("secrets.tsv").map((line) => line.split("\t") as [string, string]);
  expect(lines.length).toBeGreaterThan(300);
  for (const [secret, line] of lines) {
    expect(line).toContain(secret);
    expect(masked(line)).not.toContain(secret);
    expect(masked(line)).toContain("********");
  }
});

test("command lines without one stay as they are", () => {
  const lines = list("harmless.txt");
  expect(lines.length).toBeGreaterThan(250);
  for (const line of lines) expect(masked(line)).toBe(line);
});

test("the surroundings of a secret stay", () => {
  expect(masked("net use z: \\\\fs01\\share Winter26 /user:corp\\svc")).toBe(
    "net use z: \\\\fs01\\share ******** /user:corp\\svc",
  );
  expect(masked('cmd /c "mysql -uroot -pR00t db" && dir')).toBe('cmd /c "mysql -uroot -p******** db" && dir');
  expect(masked('{"CommandLine":"net user bob Secret1 /add","Image":"C:\\\\net.exe"}')).toBe(
    '{"CommandLine":"net user bob ******** /add","Image":"C:\\\\net.exe"}',
  );
  expect(masked("Server=db;Password=C0nn;Encrypt=true")).toBe("Server=db;Password=********;Encrypt=true");
});

describe("a hostile text of 1 MB takes seconds of the processor at most", () => {
  const parts = [
    ...[
      "password ",
      "-p ",
      "net use ",
      "net user a ",
      "mysql -p",
      "sqlplus a/b@",
      "ConvertTo-SecureString ",
      "echo a ",
    ],
    ...["http://a:", "a:a@a", "x@", "eyJaaaaaaaaa", "-----BEGIN PRIVATE KEY-----", '"password":"', "token=", "secret-"],
    ...["a.", "$", "'", '\\"', "\\", "{", " ", "\n", "AAAA", "a/a", "u::d:", "a::", "<password ", "authorization: "],
    ...["8846f7eaee8fb117ad06bdd830b7586c", "/v password /d ", "NetworkCredential(", "MapNetworkDrive(a,", " -u a"],
    ...["net mysql curl docker az osql zip rar plink vault ", 'key="password" value=', "cookie:a=", "Invoke-SMBExec "],
  ];
  test.each(parts)("%j", (part) => {
    const before = process.cpuUsage().user;
    masked(part.repeat(Math.ceil(1_000_000 / part.length)));
    expect(process.cpuUsage().user - before).toBeLessThan(15_000_000);
  });
});
