/** `assets.json` in the configuration folder: roles that come before those of the API and of logs (CONTRACT 5 "Roles"). */
import { type JsonNode, type JsonObject, parseJsonText, plainValue } from "../settings/json-text.ts";
import { objectReader } from "../settings/object-reader.ts";
import { type Report, shown } from "../settings/problem.ts";
import type { SettingsFile } from "../settings/sources.ts";
import type { AssetKind, ListedAsset } from "./asset.ts";
import { type GivenRow, listKeys, mostAssets, readAssetRows } from "./asset-list.ts";
import { readRowKeys } from "./asset-row.ts";

const effect = "none of its assets count";
const example = '{"assets": [{"host": "dc01.corp.example", "role": "domain_controller"}]}';

/** The file's assets, without those that have something wrong, which is reported. A row without entity holds for every entity. */
export function readAssetsFile(file: SettingsFile | null, report: Report): ListedAsset[] {
  if (file === null) return [];
  const broken = (where: string, found: string, accepted: string) => {
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
  const place = { file: file.source, path: "", effect, report };
  const reader = objectReader(
    root,
    place,
    listKeys.map(([key]) => key),
  );
  const rows: GivenRow[] = [];
  for (const [key, kind] of listKeys) {
    const list = reader.node(key);
    if (list === null) continue;
    if (list.kind !== "array") reader.problem(key, shown(plainValue(list)), `a list of assets such as ${example}`);
    else
      for (const [index, node] of list.items.entries()) rows.push(rowOf(node, kind, `${key}[${index}]`, file, report));
  }
  if (rows.length > mostAssets) return broken("", `${rows.length} assets`, `at most ${mostAssets}`);
  return readAssetRows(rows).map(({ asset, entity }) => ({ ...asset, entity, from: "file" }));
}

function rowOf(node: JsonNode, kind: AssetKind | null, path: string, file: SettingsFile, report: Report): GivenRow {
  const object: JsonObject =
    node.kind === "object"
      ? node
      : { kind: "object", line: node.line, entries: new Map([["name", node]]), repeated: [] };
  const place = { file: file.source, path, effect: "this asset is left out", report };
  const { problem } = objectReader(object, place, readRowKeys);
  const values = new Map([...object.entries].map(([key, value]) => [key, plainValue(value)]));
  if (kind !== null && !values.has("kind") && !values.has(kind)) values.set("kind", kind);
  return { values, problem: ({ key, found, accepted }) => problem(key, found, accepted) };
}
