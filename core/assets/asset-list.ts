/** A list of assets as a request gives it, in JSON or CSV, and as an answer shows it. */

import { normaliseName } from "../intake/identity.ts";
import { shown } from "../settings/problem.ts";
import { parseCsv, withoutApostrophe, writeCsv } from "../text/csv.ts";
import { shownName } from "../text/visible.ts";
import type { Asset, AssetKind, AssetSource, ListedAsset } from "./asset.ts";
import { type ReadAsset, type RowProblem, readAssetRow, readRowKeys, unknownKey } from "./asset-row.ts";
import { assetKey } from "./roles.ts";

/** The most rows that one entity's list may have. */
export const mostAssets = 20_000;
/** The most that all lists together may have. */
export const mostAssetsInAll = 100_000;

/** As many as spreadsheets have. */
const mostColumns = 16_384;

/** A row before it is read: its values by key, and where a problem of it is reported. */
export interface GivenRow {
  values: ReadonlyMap<string, unknown>;
  problem(problem: RowProblem): void;
}

/** What is wrong with a list: the place of a value, and why. */
export interface ListError {
  name: string;
  reason: string;
}

export interface GivenList {
  /** The list's own, beside its rows; null = not given. */
  entity: string | null;
  rows: ReadAsset[];
}

/** Lists of a JSON document, and which kind their rows are of where they do not say. */
export const listKeys: readonly (readonly [key: string, kind: AssetKind | null])[] = [
  ["assets", null],
  ["hosts", "host"],
  ["accounts", "account"],
];

/** The rows that are right. What is wrong with the others is reported; of two about one name the second is wrong. */
export function readAssetRows(rows: readonly GivenRow[]): ReadAsset[] {
  const read: ReadAsset[] = [];
  const taken = new Set<string>();
  for (const { values, problem } of rows) {
    const one = readAssetRow(values);
    if ("problems" in one) {
      for (const each of one.problems) problem(each);
      continue;
    }
    const { asset, entity } = one;
    const names = [asset.name, ...asset.aliases].map((name) => [name, placeOf(asset.kind, entity, name)] as const);
    const repeated = names.find(([, place]) => taken.has(place));
    if (repeated !== undefined) {
      const key = repeated[0] === asset.name ? "name" : "aliases";
      problem({ key, found: shown(repeated[0]), accepted: "each name in one row: another row has it already" });
      continue;
    }
    for (const [, place] of names) taken.add(place);
    read.push(one);
  }
  return read;
}

/** Accounts of two domains are two. */
function placeOf(kind: AssetKind, entity: string | null, name: string): string {
  return JSON.stringify([kind, normaliseName(entity), kind === "host" ? assetKey(kind, name) : normaliseName(name)]);
}

/** Reads `{"assets": [...]}` or a bare list. */
export function readJsonList(text: string): GivenList | { errors: ListError[] } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { errors: [{ name: "body", reason: "is not JSON: send a JSON object, or CSV with Content-Type text/csv" }] };
  }
  const errors: ListError[] = [];
  const top: Record<string, unknown> = Array.isArray(document)
    ? { assets: document }
    : isObject(document)
      ? document
      : {};
  if (!isObject(document) && !Array.isArray(document))
    return { errors: [{ name: "body", reason: "is no JSON object" }] };
  // What an answer has beside its rows may be sent back.
  const known = ["entity", "entity_name", "total", ...listKeys.map(([key]) => key)];
  for (const key of Object.keys(top)
    .filter((name) => !known.includes(name))
    .slice(0, 5))
    errors.push({ name: shownName(key), reason: `is no field of this request: ${known.join(", ")}` });
  const rows: GivenRow[] = [];
  for (const [key, kind] of listKeys) {
    const list = top[key];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list)) errors.push({ name: key, reason: "a list of assets" });
    else for (const [index, row] of list.entries()) rows.push(jsonRow(row, kind, `${key}[${index}]`, errors));
  }
  if (listKeys.every(([key]) => top[key] === undefined))
    errors.push({ name: "assets", reason: "a list of assets; an empty one removes all" });
  const entity = top.entity ?? top.entity_name ?? null;
  if (entity !== null && typeof entity !== "string") errors.push({ name: "entity", reason: "a name" });
  return finished(rows, typeof entity === "string" && entity.trim() !== "" ? entity.trim() : null, errors);
}

function jsonRow(row: unknown, kind: AssetKind | null, place: string, errors: ListError[]): GivenRow {
  const problem = problemAt(place, ".", errors);
  if (!isObject(row)) return { values: new Map([["name", row]]), problem };
  const values = new Map(Object.entries(row));
  for (const key of values.keys())
    if (!isRowKey(key)) problem({ key, found: "an unknown key", accepted: unknownKey(key) });
  if (kind !== null && !values.has("kind") && !values.has(kind)) values.set("kind", kind);
  return { values, problem };
}

/** Reads CSV whose first row names its columns. */
export function readCsvList(text: string): GivenList | { errors: ListError[] } {
  const parsed = parseCsv(text);
  if ("fault" in parsed) {
    const { line, found, accepted } = parsed.fault;
    return { errors: [{ name: `line ${line}`, reason: `found ${found}; accepted: ${accepted}` }] };
  }
  const [header, ...lines] = parsed.rows;
  const accepted = `a first row with the names of the columns, such as ${columns.join(",")}`;
  if (header === undefined) return { errors: [{ name: "line 1", reason: `found nothing; accepted: ${accepted}` }] };
  const width = header.cells.length;
  if (width > mostColumns) {
    const reason = `found ${width} columns; accepted: at most ${mostColumns}`;
    return { errors: [{ name: `line ${header.line}`, reason }] };
  }
  const errors: ListError[] = [];
  const filled = new Set(
    lines.flatMap(({ cells }) => [...cells.keys()].filter((at) => (cells[at] ?? "").trim() !== "")),
  );
  const columnsRead = new Map<string, number>();
  for (const [index, cell] of header.cells.entries()) {
    const name = columnName(cell);
    const found = shown(cell.trim());
    const place = `line ${header.line}, column ${index + 1}`;
    // Spreadsheets write empty columns at the end.
    if (name === "" && !filled.has(index)) continue;
    if (!isRowKey(name))
      errors.push({ name: place, reason: `found ${found}; accepted: ${name === "" ? accepted : unknownKey(name)}` });
    else if (columnsRead.has(name))
      errors.push({ name: place, reason: `found ${found} once more; accepted: each column once` });
    else columnsRead.set(name, index);
  }
  if (errors.length > 0) return { errors };
  const rows = lines.map(({ line, cells }): GivenRow => {
    const problem = problemAt(`line ${line}`, ", ", errors);
    if (cells.slice(width).some((cell) => cell.trim() !== ""))
      problem({ key: "", found: `${cells.length} cells`, accepted: `as many as the first row has, ${width}` });
    const values = [...columnsRead].map(([name, index]) => [name, withoutApostrophe(cells[index] ?? "")] as const);
    return { values: new Map(values), problem };
  });
  return finished(rows, null, errors);
}

function columnName(cell: string): string {
  return cell
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");
}

function finished(
  rows: readonly GivenRow[],
  entity: string | null,
  errors: ListError[],
): GivenList | { errors: ListError[] } {
  if (rows.length > mostAssets)
    return {
      errors: [
        {
          name: "assets",
          reason: `found ${rows.length} rows; accepted: at most ${mostAssets} in the list of one entity`,
        },
      ],
    };
  const read = readAssetRows(rows);
  return errors.length > 0 ? { errors } : { entity, rows: read };
}

function problemAt(place: string, between: string, errors: ListError[]): GivenRow["problem"] {
  return ({ key, found, accepted }) =>
    void errors.push({
      name: key === "" ? place : `${place}${between}${shownName(key)}`,
      reason: `found ${found}; accepted: ${accepted}`,
    });
}

function isRowKey(key: string): boolean {
  return readRowKeys.includes(key);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A row as an answer shows it; it can be sent back. */
export interface ShownAsset {
  entity_name: string | null;
  kind: AssetKind;
  name: string;
  role: Asset["role"];
  criticality: Asset["criticality"];
  aliases: readonly string[];
  from: AssetSource;
}

const columns = ["kind", "name", "role", "criticality", "aliases", "entity_name", "from"] as const;

export function shownAsset({ entity, kind, name, role, criticality, aliases, from }: ListedAsset): ShownAsset {
  return { entity_name: entity, kind, name, role, criticality, aliases, from };
}

export function assetsAsCsv(assets: readonly ListedAsset[]): string {
  const rows = assets.map(({ kind, name, role, criticality, aliases, entity, from }) => [
    ...[kind, name, role ?? "", criticality ?? "", aliases.join("|"), entity ?? "", from],
  ]);
  return writeCsv([columns, ...rows]);
}

/** What a row is in a list: equal for two rows about one host or account. */
export function assetPlace({ kind, name }: Pick<Asset, "kind" | "name">): string {
  return `${kind}\n${name.toLowerCase()}`;
}

/** How one row differs between two lists; null = there is none. */
export interface AssetChange {
  old: Asset | null;
  new: Asset | null;
}

/** How the list `after` differs from `before`: rows that are gone last. */
export function assetChanges(before: readonly Asset[], after: readonly Asset[]): AssetChange[] {
  const known = new Map(before.map((one) => [assetPlace(one), one]));
  const kept = new Set(after.map(assetPlace));
  const said = after.flatMap((one) => {
    const old = known.get(assetPlace(one)) ?? null;
    return old !== null && isSameAsset(old, one) ? [] : [{ old, new: one }];
  });
  const gone = before.filter((one) => !kept.has(assetPlace(one)));
  return [...said, ...gone.map((old) => ({ old, new: null }))];
}

/** A name of one of these rows that another of them has too; null = there is none. */
export function repeatedName(rows: readonly Asset[]): string | null {
  const taken = new Map<string, Asset>();
  for (const row of rows)
    for (const name of [row.name, ...row.aliases]) {
      const place = placeOf(row.kind, null, name);
      const owner = taken.get(place) ?? row;
      if (owner !== row) return name;
      taken.set(place, row);
    }
  return null;
}

/** `server, high, also 10.0.0.5`, for the audit log and previews. */
export function assetWords({ role, criticality, aliases }: Asset): string {
  const said = [role?.replaceAll("_", " "), criticality, aliases.length === 0 ? null : `also ${aliases.join(", ")}`];
  return said.filter((one) => one).join(", ") || "named";
}

/** Whether two rows say the same. */
export function isSameAsset(a: Asset, b: Asset): boolean {
  const word = ({ kind, name, role, criticality, aliases }: Asset) =>
    JSON.stringify([kind, name, role, criticality, aliases]);
  return word(a) === word(b);
}
