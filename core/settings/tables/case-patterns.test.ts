import { describe, expect, test } from "bun:test";
import { builtInPatterns } from "../../correlation/patterns.ts";
import { formatProblems, type Report } from "../problem.ts";
import { readCasePatterns } from "./case-patterns.ts";

function read(text: string) {
  const report: Report = { problems: [], warnings: [] };
  const file = { source: "/etc/rhythmx/case_patterns.json", folder: "/etc/rhythmx", content: { text } };
  return { patterns: readCasePatterns(file, report), lines: formatProblems(report) };
}

test("without a file the built-in table holds", () => {
  expect(readCasePatterns(null, { problems: [], warnings: [] })).toEqual([...builtInPatterns]);
});

test("a pattern is added; what it does not say has its default; revoked techniques are renewed", () => {
  const { patterns, lines } = read(
    '{"patterns": [{"type": "ransomware", "techniques": ["t1486", "T1086"], "min_alerts": 1, "min_level": "HIGH"}]}',
  );
  expect(lines).toBe("");
  expect(patterns).toHaveLength(builtInPatterns.length + 1);
  expect(patterns.at(-1)).toEqual({
    type: "ransomware",
    tactics: [],
    techniques: ["T1486", "T1059.001"],
    windowHours: 24,
    minAlerts: 1,
    minAlertsHigh: 1,
    minRules: 1,
    minHosts: 1,
    minLevel: "high",
    minStages: 0,
  });
});

test("a built-in pattern is changed where the file says so, or taken out", () => {
  const { patterns, lines } = read(
    '{"patterns": [{"type": "lateral_movement", "min_hosts": 2, "tactics": ["Lateral Movement"]}, {"type": "impact", "enabled": false}]}',
  );
  expect(lines).toBe("");
  const builtIn = builtInPatterns.find(({ type }) => type === "lateral_movement");
  expect(patterns.find(({ type }) => type === "lateral_movement")).toEqual({ ...builtIn!, minHosts: 2 });
  expect(patterns.some(({ type }) => type === "impact")).toBe(false);
});

describe("what is wrong is told with its line, and leaves only its row out", () => {
  const wrong: [string, string, string][] = [
    ["not JSON", "{", "case_patterns.json line 1 column 2"],
    ["a list", "[]", "found a list; accepted: a JSON object"],
    ["patterns no list", '{"patterns": 1}', "line 1: patterns: found 1; accepted: a list of patterns"],
    ["a row that is no object", '{"patterns": [3]}', "line 1: patterns[0]: found 3"],
    ["no type", '{"patterns": [{"tactics": ["impact"]}]}', "patterns[0].type: found nothing"],
    ["a type with blanks", '{"patterns": [{"type": "My Type", "tactics": ["impact"]}]}', 'found "My Type"'],
    ["an unknown tactic", '{"patterns": [{"type": "x",\n"tactics": ["impcat"]}]}', "line 2: patterns[0].tactics"],
    ["an unknown technique", '{"patterns": [{"type": "x", "techniques": ["1486"]}]}', 'such as ["T1486"'],
    ["no family at all", '{"patterns": [{"type": "x"}]}', "tactics or techniques, or min_stages"],
    [
      "a window of a month",
      '{"patterns": [{"type": "x", "tactics": ["impact"], "window_hours": 720}]}',
      "from 1 to 168",
    ],
    [
      "twice",
      '{"patterns": [{"type": "x", "tactics": ["impact"]}, {"type": "x", "tactics": ["impact"]}]}',
      "each type once",
    ],
  ];
  for (const [name, text, expected] of wrong)
    test(name, () => {
      const { patterns, lines } = read(text);
      expect(lines).toContain(expected);
      expect(patterns.slice(0, builtInPatterns.length)).toEqual([...builtInPatterns]);
    });

  test("an unknown key is a remark that names the nearest", () => {
    const { patterns, lines } = read('{"patterns": [{"type": "x", "tactics": ["impact"], "min_alert": 5}]}');
    expect(lines).toContain("min_alerts (the nearest known key)");
    expect(patterns).toHaveLength(builtInPatterns.length + 1);
  });
});

test("rows beyond the most that a table takes are left out, and said", () => {
  const rows = Array.from({ length: 60 }, (_, n) => ({ type: `row_${n}`, techniques: ["T1486"] }));
  const { patterns, lines } = read(JSON.stringify({ patterns: rows }));
  expect(patterns).toHaveLength(60);
  const left = lines.split("\n").filter((line) => line.includes("at most 60 with the built-in ones"));
  expect(left).toHaveLength(builtInPatterns.length);
  expect(left[0]).toContain("one pattern too many");
});
