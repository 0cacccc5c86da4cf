/** `case_patterns.json`: rows that are added to the built-in table of case patterns, or change it (CONTRACT 5). */
import { currentTechnique, families, familyOf } from "../../attack/attack.ts";
import { builtInPatterns, type CasePattern, patternDefaults } from "../../correlation/patterns.ts";
import { levels } from "../../detection.ts";
import { oneOf, trueOrFalse, wholeNumber } from "../forms.ts";
import { objectReader } from "../object-reader.ts";
import { type Report, shown } from "../problem.ts";
import type { SettingsFile } from "../sources.ts";
import { type FileRow, fileRows, leftOut, listOf, placeRow, rowName } from "./rows.ts";

/** Every key of a row. */
export const casePatternKeys: readonly string[] = [
  ...["type", "enabled", "tactics", "techniques", "window_hours", "min_alerts", "min_alerts_high", "min_rules"],
  ...["min_hosts", "min_level", "min_stages"],
];

const mostPatterns = 60;
const form = {
  list: "patterns",
  row: "pattern",
  example:
    '{"patterns": [{"type": "ransomware", "techniques": ["T1486", "T1490"], "min_alerts": 1, "min_level": "high"}]}',
};

const tacticNames = listOf(
  `a list of ATT&CK tactics: ${families.map(({ name }) => name).join(", ")}`,
  (item) => familyOf(item)?.name,
);

/** Ids of ATT&CK techniques; revoked ones are renewed. */
export const techniqueIds = listOf('a list of ATT&CK techniques such as ["T1486", "T1003.001"]', (item) =>
  /^t\d{4}(\.\d{3})?$/i.test(item) ? currentTechnique(item.toUpperCase()) : undefined,
);

/** The table that holds: the built-in rows as the file changes them, then those that it adds. Whatever is wrong in it is reported. */
export function readCasePatterns(file: SettingsFile | null, report: Report): CasePattern[] {
  const table = new Map(builtInPatterns.map((pattern) => [pattern.type, pattern]));
  if (file === null) return [...table.values()];
  const types = new Set<string>();
  for (const written of fileRows(file, form, report)) {
    const row = readRow(written, file.source, report, types);
    if (row === null) continue;
    if ("removed" in row) table.delete(row.removed);
    else {
      const place = { source: file.source, path: written.path, kind: form.row, report };
      placeRow(table, [row.type, row], mostPatterns, place);
    }
  }
  return [...table.values()];
}

type Row = CasePattern | { removed: string };

function readRow({ node, path }: FileRow, file: string, report: Report, types: Set<string>): Row | null {
  const before = report.problems.length;
  const reader = objectReader(node, { file, path, effect: leftOut(form.row), report }, casePatternKeys);
  const type = reader.required("type", rowName);
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
    ...(known?.isBuiltIn === true ? { isBuiltIn: true } : {}),
  };
  const enabled = reader.read("enabled", trueOrFalse, true);
  if (enabled && row.tactics.length === 0 && row.techniques.length === 0 && row.minStages === 0)
    reader.problem("tactics", "nothing", "tactics or techniques, or min_stages for a progression over any tactics");
  if (report.problems.length > before) return null;
  return enabled ? row : { removed: row.type };
}
