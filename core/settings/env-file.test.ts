import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseEnvFile } from "./env-file.ts";

const valueIn = (line: string) => parseEnvFile(line).entries.get("A")?.value;

describe("values", () => {
  const cases: [line: string, value: string][] = [
    ["A=plain", "plain"],
    ["export A=plain", "plain"],
    ["  A  =  spaced out  ", "spaced out"],
    ["A=", ""],
    ["A=one # comment", "one"],
    ["A=tok#en==", "tok#en=="],
    ["A=#first", "#first"],
    ["A= # only a comment", ""],
    ["A='a # b' # comment", "a # b"],
    ['A="a # b"# comment', "a # b"],
    ['A="say \\"hi\\" \\\\ \\n next \\d"', 'say "hi" \\ \n next \\d'],
    ["A='no \\n escape $HOME'", "no \\n escape $HOME"],
    ["A=$HOME", "$HOME"],
    ["A=it's", "it's"],
    ["A=ends with\r", "ends with"],
    ["\uFEFFA=marked", "marked"],
  ];
  for (const [line, value] of cases) test(JSON.stringify(line), () => expect(valueIn(line)).toBe(value));
});

test("lines are counted through comments, empty lines and every line end; the last of two wins and is told", () => {
  const file = parseEnvFile("# head\r\n\r\nA=1\nB=2\rA=3\n");
  expect([...file.entries]).toEqual([
    ["A", { value: "3", line: 5 }],
    ["B", { value: "2", line: 4 }],
  ]);
  expect(file.repeated).toEqual([{ key: "A", line: 5, firstLine: 3 }]);
  expect(file.faults).toEqual([]);
});

test("a bad line is told without its content, and the lines after it are read", () => {
  const file = parseEnvFile('just-a-secret\nJIRA_API_TOKEN="s3cret\nC="x" s3cret\nD=\'s3cret\n1E=s3cret\nF=fine');
  expect(file.faults).toEqual([
    {
      line: 1,
      key: null,
      found: "a line that is no KEY=VALUE",
      accepted: 'KEY=VALUE, or a comment that starts with "#"',
    },
    { line: 2, key: "JIRA_API_TOKEN", found: "a quote that is not closed", accepted: 'a closing " on the same line' },
    { line: 3, key: "C", found: 'text after the closing "', accepted: "one quoted value, then at most a comment" },
    { line: 4, key: "D", found: "a quote that is not closed", accepted: "a closing ' on the same line" },
    {
      line: 5,
      key: null,
      found: "a line that is no KEY=VALUE",
      accepted: 'KEY=VALUE, or a comment that starts with "#"',
    },
  ]);
  expect([...file.entries.keys()]).toEqual(["F"]);
  expect(JSON.stringify(file.faults)).not.toContain("s3cret");
});

test("any value comes back when written in double quotes", () => {
  const quoted = (value: string) =>
    `A="${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}"`;
  const anything = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(..."\\\"'#= \nnrt$é") }));
  fc.assert(
    fc.property(anything, (value) => valueIn(quoted(value)) === value),
    { numRuns: 1000 },
  );
});
