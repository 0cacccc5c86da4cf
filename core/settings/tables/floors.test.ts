import { describe, expect, test } from "bun:test";
import { builtInFloors } from "../../correlation/floors.ts";
import { formatProblems, type Report } from "../problem.ts";
import { readFloors } from "./floors.ts";

function read(text: string) {
  const report: Report = { problems: [], warnings: [] };
  const file = { source: "/etc/rhythmx/floors.json", folder: "/etc/rhythmx", content: { text } };
  return { floors: readFloors(file, report), lines: formatProblems(report) };
}

test("without a file the built-in table holds", () => {
  expect(readFloors(null, { problems: [], warnings: [] })).toEqual([...builtInFloors]);
});

test("a row is added; what it does not say has its default; ids are compared in lower case", () => {
  const { floors, lines } = read('{"floors": [{"name": "payments", "rules": [" Our-Rule-17 "], "points": 90}]}');
  expect(lines).toBe("");
  expect(floors).toHaveLength(builtInFloors.length + 1);
  expect(floors.at(-1)).toEqual({
    name: "payments",
    points: 90,
    crownJewel: false,
    minLevel: "medium",
    techniques: [],
    titleWords: [],
    rules: ["our-rule-17"],
    unlessWords: [],
    rulesTogether: 1,
    why: "A rule that the row payments of floors.json names.",
  });
});

test("a built-in row is changed where the file says so, or taken out", () => {
  const { floors, lines } = read(
    '{"floors": [{"name": "web_shell", "points": 80, "crown_jewel": false}, {"name": "dcsync", "enabled": false}]}',
  );
  expect(lines).toBe("");
  const builtIn = builtInFloors.find(({ name }) => name === "web_shell");
  expect(floors.find(({ name }) => name === "web_shell")).toEqual({ ...builtIn!, points: 80, crownJewel: false });
  expect(floors.some(({ name }) => name === "dcsync")).toBe(false);
});

describe("what is wrong is told with its line, and leaves only its row out", () => {
  const wrong: [string, string, string][] = [
    ["not JSON", "{", "floors.json line 1 column 2"],
    ["a list", "[]", "found a list; accepted: a JSON object"],
    ["floors no list", '{"floors": 1}', "line 1: floors: found 1; accepted: a list of floors"],
    ["a row that is no object", '{"floors": [3]}', "line 1: floors[0]: found 3"],
    ["no name", '{"floors": [{"rules": ["x"], "points": 9}]}', "floors[0].name: found nothing"],
    ["no points", '{"floors": [{"name": "x", "rules": ["x"]}]}', "floors[0].points: found nothing"],
    ["about nothing", '{"floors": [{"name": "x",\n"points": 9}]}', "rules, techniques or title_words"],
    ["too many points", '{"floors": [{"name": "dcsync",\n"points": 101}]}', "line 2: floors[0].points: found 101"],
    ["a level below medium", '{"floors": [{"name": "dcsync", "min_level": "low"}]}', "medium, high or critical"],
    ["a technique without its T", '{"floors": [{"name": "dcsync", "techniques": ["1003"]}]}', 'such as ["T1486"'],
    ["words of nothing", '{"floors": [{"name": "dcsync", "title_words": ["*"]}]}', "a list of words of titles"],
    ["a star within", '{"floors": [{"name": "dcsync", "title_words": ["mimi*katz"]}]}', "a list of words of titles"],
    ["a word of one letter", '{"floors": [{"name": "dcsync", "title_words": ["a*"]}]}', "a list of words of titles"],
    ["a sentence with a line break", '{"floors": [{"name": "dcsync", "why": "a\\nb"}]}', "a sentence of at most 300"],
    ["nothing together", '{"floors": [{"name": "dcsync", "rules_together": 0}]}', "a whole number from 1 to 10"],
    ["twice", '{"floors": [{"name": "dcsync"}, {"name": "dcsync"}]}', "each name once"],
  ];
  for (const [name, text, expected] of wrong)
    test(name, () => {
      const { floors, lines } = read(text);
      expect(lines).toContain(expected);
      expect(floors).toEqual([...builtInFloors]);
    });

  test("an unknown key is a remark that names the nearest", () => {
    const { floors, lines } = read('{"floors": [{"name": "x", "rule": ["a"], "techniques": ["T1003"], "points": 9}]}');
    expect(lines).toContain("rules (the nearest known key)");
    expect(floors).toHaveLength(builtInFloors.length + 1);
  });
});

test("rows beyond the most that a table takes are left out, and said", () => {
  const rows = Array.from({ length: 510 }, (_, n) => ({ name: `row_${n}`, rules: [`r-${n}`], points: 50 }));
  const changed = { name: "web_shell", points: 80 };
  const { floors, lines } = read(JSON.stringify({ floors: [...rows, changed] }));
  expect(floors).toHaveLength(500);
  expect(floors.find(({ name }) => name === "web_shell")?.points).toBe(80);
  const left = lines.split("\n").filter((line) => line.includes("at most 500 with the built-in ones"));
  expect(left).toHaveLength(builtInFloors.length + 510 - 500);
  expect(left[0]).toContain(`floors[${500 - builtInFloors.length}]`);
});
