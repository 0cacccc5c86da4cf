/** Reads a file that adds rows to a built-in table, or changes them: an object with one list of rows. */
import { type Form, matching } from "../forms.ts";
import { type JsonNode, type JsonObject, parseJsonText, plainValue } from "../json-text.ts";
import { objectReader } from "../object-reader.ts";
import { type Report, shown } from "../problem.ts";
import type { SettingsFile } from "../sources.ts";

/** What the file is about, for its problems. */
export interface TableForm {
  /** The key of its list: `patterns`. */
  list: string;
  /** One row: `pattern`. */
  row: string;
  /** A file that is in order. */
  example: string;
}

/** A row of the file and where it stands: `patterns[2]`. */
export interface FileRow {
  node: JsonObject;
  path: string;
}

const effect = "the built-in table holds without it";

/** A row's name. */
export const rowName = matching(
  /^[a-z][a-z0-9_]{0,63}$/,
  "1 to 64 lower-case letters, digits or underscores, a letter first",
);

/** Reads a list of texts, each by `read`; undefined as soon as one of them is none. */
export function listOf(accepted: string, read: (item: string) => string | undefined): Form<readonly string[]> {
  return {
    accepted,
    read(value) {
      if (!Array.isArray(value)) return undefined;
      const items = value.map((item) => (typeof item === "string" ? read(item.trim()) : undefined));
      return items.every((item) => item !== undefined) ? items : undefined;
    },
  };
}

/** The rows of the file that are objects; whatever else is wrong is reported. */
export function fileRows(file: SettingsFile, { list: key, row, example }: TableForm, report: Report): FileRow[] {
  const broken = (where: string, found: string, accepted: string): FileRow[] => {
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
  const reader = objectReader(root, { file: file.source, path: "", effect, report }, [key]);
  const list = reader.node(key);
  if (list === null) return [];
  if (list.kind !== "array") {
    reader.problem(key, shown(plainValue(list)), `a list of ${row}s such as ${example}`);
    return [];
  }
  return list.items.flatMap((node: JsonNode, index) => {
    const path = `${key}[${index}]`;
    if (node.kind === "object") return { node, path };
    const place = { source: `${file.source} line ${node.line}`, key: path, found: shown(plainValue(node)) };
    report.problems.push({ ...place, accepted: `one ${row} as an object`, effect: leftOut(row), fatal: false });
    return [];
  });
}

/** What a wrong row leads to. */
export function leftOut(row: string): string {
  return `this ${row} is left out`;
}

/** Adds a row to a table, or puts it in the place of the one with its name. One beyond `most` rows is left out and reported. */
export function placeRow<Row>(
  table: Map<string, Row>,
  [name, row]: readonly [name: string, row: Row],
  most: number,
  { source, path, kind, report }: { source: string; path: string; kind: string; report: Report },
): void {
  if (table.has(name) || table.size < most) table.set(name, row);
  else
    report.problems.push({
      source,
      key: path,
      found: `one ${kind} too many`,
      accepted: `at most ${most} with the built-in ones`,
      effect: leftOut(kind),
      fatal: false,
    });
}
