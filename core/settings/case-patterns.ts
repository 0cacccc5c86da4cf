/** `case_patterns.json`: rows that are added to the built-in table of case patterns, or change it (CONTRACT 5). */
import { currentTechnique, families, familyOf } from "../attack/attack.ts";
import { builtInPatterns, type CasePattern, patternDefaults } from "../correlation/patterns.ts";
import { levels } from "../detection.ts";
import { type Form, matching, oneOf, trueOrFalse, wholeNumber } from "./forms.ts";
import { type JsonNode, parseJsonText, plainValue } from "./json-text.ts";
import { type ObjectReader, objectReader } from "./object-reader.ts";
import { type Report, shown } from "./problem.ts";
import type { SettingsFile } from "./sources.ts";

/** Every key of a row. */
export const casePatternKeys: readonly string[] = [
  ...["type", "enabled", "tactics", "techniques", "window_hours", "min_alerts", "min_alerts_high", "min_rules"],
  ...["min_hosts", "min_level", "min_stages"],
];

const mostPatterns = 60;
const effect = "the built-in table holds without it";
const example =
  '{"patterns": [{"type": "ransomware", "techniques": ["T1486", "T1490"], "min_alerts": 1, "min_level": "high"}]}';

const typeName = matching(
  /^[a-z][a-z0-9_]{0,63}$/,
  "1 to 64 lower-case letters, digits or underscores, a letter first",
);

const tacticNames: Form<readonly string[]> = {
  accepted: `a list of ATT&CK tactics: ${families.map(({ name }) => name).join(", ")}`,
  read: (value) => readList(value, (item) => familyOf(item)?.name),
};

const techniqueIds: Form<readonly string[]> = {
  accepted: 'a list of ATT&CK techniques such as ["T1486", "T1003.001"]',
  read: (value) =>
    readList(value, (item) => (/^t\d{4}(\.\d{3})?$/i.test(item) ? currentTechnique(item.toUpperCase()) : undefined)),
};

function readList(value: unknown, read: (item: string) => string | undefined): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const items = value.map((item) => (typeof item === "string" ? read(item.trim()) : undefined));
  return items.every((item) => item !== undefined) ? items : undefined;
}

/** The table that holds: the built-in rows as the file changes them, then those that it adds. Whatever is wrong in it is reported. */
export function readCasePatterns(file: SettingsFile | null, report: Report): CasePattern[] {
  const table = new Map(builtInPatterns.map((pattern) => [pattern.type, pattern]));
  if (file === null) return [...table.values()];
  for (const row of readRows(file, report)) {
    if ("removed" in row) table.delete(row.removed);
    else if (table.has(row.type) || table.size < mostPatterns) table.set(row.type, row);
  }
  return [...table.values()];
}

type Row = CasePattern | { removed: string };

function readRows(file: SettingsFile, report: Report): Row[] {
  const broken = (where: string, found: string, accepted: string): Row[] => {
    report.problems.push({ source: `${file.source}${where}`, key: "", found, accepted, effect, fatal: false });
    return [];
  };
  if ("fault" in file.content) return broken("", file.content.fault.found, file.content.fault.accepted);
  const parsed = parseJsonText(file.content.text);
  if ("fault" in parsed) {
    const { line, column, found, accepted } = parsed.fault;
    return broken(` line ${line} column ${column}`, found, accepted);
  }
  const { root } = parsed;
  if (root.kind !== "object") return broken("", shown(plainValue(root)), `a JSON object such as ${example}`);
  const reader = objectReader(root, { file: file.source, path: "", effect, report }, ["patterns"]);
  const list = reader.node("patterns");
  if (list === null) return [];
  if (list.kind !== "array") {
    reader.problem("patterns", shown(plainValue(list)), `a list of patterns such as ${example}`);
    return [];
  }
  const types = new Set<string>();
  return list.items.flatMap((node, index) => readRow(node, `patterns[${index}]`, reader, types) ?? []);
}

function readRow(node: JsonNode, path: string, root: ObjectReader, types: Set<string>): Row | null {
  const { report, file } = root.place;
  const place = { file, path, effect: "this pattern is left out", report };
  if (node.kind !== "object") {
    const entry = { source: `${file} line ${node.line}`, key: path, found: shown(plainValue(node)) };
    report.problems.push({ ...entry, accepted: "one pattern as an object", effect: place.effect, fatal: false });
    return null;
  }
  const before = report.problems.length;
  const reader = objectReader(node, place, casePatternKeys);
  const type = reader.required("type", typeName);
  if (type !== undefined && types.has(type)) reader.problem("type", shown(type), "each type once");
  types.add(type ?? "");
  const known = builtInPatterns.find((pattern) => pattern.type === type);
  const base = known ?? { ...patternDefaults, tactics: [], techniques: [] };
  const minAlerts = reader.read("min_alerts", wholeNumber(1, 10_000), base.minAlerts);
  const row = {
    type: type ?? "",
    tactics: reader.read("tactics", tacticNames, base.tactics),
    techniques: reader.read("techniques", techniqueIds, base.techniques),
    windowHours: reader.read("window_hours", wholeNumber(1, 168), base.windowHours),
    minAlerts,
    minAlertsHigh: reader.read("min_alerts_high", wholeNumber(1, 10_000), Math.min(minAlerts, base.minAlertsHigh)),
    minRules: reader.read("min_rules", wholeNumber(1, 100), base.minRules),
    minHosts: reader.read("min_hosts", wholeNumber(1, 1_000), base.minHosts),
    minLevel: reader.read("min_level", oneOf(levels), base.minLevel),
    minStages: reader.read("min_stages", wholeNumber(0, 8), base.minStages),
  };
  const enabled = reader.read("enabled", trueOrFalse, true);
  if (enabled && row.tactics.length === 0 && row.techniques.length === 0 && row.minStages === 0)
    reader.problem("tactics", "nothing", "tactics or techniques, or min_stages for a progression over any tactics");
  if (report.problems.length > before) return null;
  return enabled ? row : { removed: row.type };
}
