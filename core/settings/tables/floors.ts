/** `floors.json`: rows that are added to the built-in table of what one detection is worth by itself, or change it. */
import { builtInFloors, type FloorRow, floorDefaults } from "../../correlation/floors.ts";
import { normaliseName } from "../../intake/identity.ts";
import { matching, oneOf, trueOrFalse, wholeNumber } from "../forms.ts";
import { objectReader } from "../object-reader.ts";
import { type Report, shown } from "../problem.ts";
import type { SettingsFile } from "../sources.ts";
import { techniqueIds } from "./case-patterns.ts";
import { type FileRow, fileRows, leftOut, listOf, placeRow, rowName } from "./rows.ts";

/** Every key of a row. */
export const floorKeys: readonly string[] = [
  ...["name", "enabled", "points", "crown_jewel", "min_level", "techniques", "title_words", "rules", "unless_words"],
  ...["rules_together", "why"],
];

const mostFloors = 500;
const form = {
  list: "floors",
  row: "floor",
  example: '{"floors": [{"name": "payment_hosts", "rules": ["our-rule-17"], "points": 90, "crown_jewel": true}]}',
};

const titleWords = listOf(
  'a list of words of titles such as ["ransom note*", "mimikatz"], each entry with a word of two letters or digits at least',
  (item) => (item.length <= 200 && /^[^*]*[\p{L}\p{N}]{2}/u.test(item) && isWords(item) ? item : undefined),
);
/** Words with blanks between them; a star only stands at the end of a word. */
function isWords(text: string): boolean {
  return text.split(/\s+/).every((word) => /^[\p{L}\p{N}]{2,}\*?$|^[\p{L}\p{N}]$/u.test(word));
}

const ruleIds = listOf('a list of ids of rules, or titles of rules without an id, such as ["our-rule-17"]', (item) => {
  const key = item.length <= 500 ? normaliseName(item) : "";
  return key === "" ? undefined : key;
});

const sentence = matching(/^[^\p{Cc}]{1,300}$/u, "a sentence of at most 300 characters without control characters");

/** The table that holds: the built-in rows as the file changes them, then those that it adds. Whatever is wrong in it is reported. */
export function readFloors(file: SettingsFile | null, report: Report): FloorRow[] {
  const table = new Map(builtInFloors.map((row) => [row.name, row]));
  if (file === null) return [...table.values()];
  const names = new Set<string>();
  for (const written of fileRows(file, form, report)) {
    const row = readRow(written, file.source, report, names);
    if (row === null) continue;
    if ("removed" in row) table.delete(row.removed);
    else {
      const place = { source: file.source, path: written.path, kind: form.row, report };
      placeRow(table, [row.name, row], mostFloors, place);
    }
  }
  return [...table.values()];
}

function readRow(
  { node, path }: FileRow,
  file: string,
  report: Report,
  names: Set<string>,
): FloorRow | { removed: string } | null {
  const before = report.problems.length;
  const reader = objectReader(node, { file, path, effect: leftOut(form.row), report }, floorKeys);
  const name = reader.required("name", rowName);
  if (name !== undefined && names.has(name)) reader.problem("name", shown(name), "each name once");
  names.add(name ?? "");
  const known = builtInFloors.find((row) => row.name === name);
  const enabled = reader.read("enabled", trueOrFalse, true);
  const base = known ?? { ...floorDefaults, points: 0, why: `A rule that the row ${name} of floors.json names.` };
  const row = {
    name: name ?? "",
    points: reader.read("points", wholeNumber(1, 100), base.points),
    crownJewel: reader.read("crown_jewel", trueOrFalse, base.crownJewel),
    minLevel: reader.read("min_level", oneOf(["medium", "high", "critical"]), base.minLevel),
    techniques: reader.read("techniques", techniqueIds, base.techniques),
    titleWords: reader.read("title_words", titleWords, base.titleWords),
    rules: reader.read("rules", ruleIds, base.rules),
    unlessWords: reader.read("unless_words", titleWords, base.unlessWords),
    rulesTogether: reader.read("rules_together", wholeNumber(1, 10), base.rulesTogether),
    why: reader.read("why", sentence, base.why),
  };
  if (known === undefined && enabled) {
    if (reader.node("points") === null) reader.problem("points", "nothing", "a whole number from 1 to 100");
    if (row.rules.length + row.techniques.length + row.titleWords.length === 0)
      reader.problem("rules", "nothing", "rules, techniques or title_words: what the row is about");
  }
  if (report.problems.length > before) return null;
  return enabled ? row : { removed: row.name };
}
