/** Rows of assets as pages and forms have them. */
import {
  type Asset,
  type AssetKind,
  accountRoles,
  assetKinds,
  assetSources,
  criticalities,
  hostRoles,
  type ListedAsset,
  roleWords,
} from "../../../../../core/assets/asset.ts";
import type { ReadAsset } from "../../../../../core/assets/asset-row.ts";
import { readAssetRow } from "../../../../../core/assets/asset-row.ts";
import { UsageError } from "../../../../../core/errors.ts";
import type { ActionRequest, PageRequest } from "../../page.ts";
import { chosen, parameter } from "../listing.ts";

export const sourceNames = { file: "assets.json", api: "list", inferred: "logs" } as const;

/** Roles of a kind with their words; of none those of both. */
export function roleOptions(kind: AssetKind | ""): (readonly [string, string])[] {
  const hosts = hostRoles.map((role) => [role, roleWords("host", role)] as const);
  const accounts = accountRoles.map((role) => [role, roleWords("account", role)] as const);
  if (kind !== "") return kind === "host" ? hosts : accounts;
  return [...hosts, ...accounts.filter(([role]) => !hosts.some(([id]) => id === role))];
}

/** What the address of the list asks for; "" = any. */
export interface Asked {
  entity: string;
  q: string;
  from: string;
  kind: AssetKind | "";
  role: string;
  criticality: string;
}

export function askedOf({ url }: Pick<PageRequest, "url">): Asked {
  return {
    entity: parameter(url, "entity"),
    q: parameter(url, "q"),
    from: chosen(url, "from", assetSources)[0] ?? "",
    kind: chosen(url, "kind", assetKinds)[0] ?? "",
    role: chosen(url, "role", [...new Set([...hostRoles, ...accountRoles])])[0] ?? "",
    criticality: chosen(url, "criticality", criticalities)[0] ?? "",
  };
}

/** The entity whose list it is: the one that the address names, else the first that the person is limited to; null = the default one. */
export function entityAsked({ url, caller }: Pick<PageRequest, "url" | "caller">): string | null {
  return parameter(url, "entity") || (caller.entities?.[0] ?? null);
}

/** For `assets.list`. */
export function filtersOf({ q, entity: _, ...asked }: Asked) {
  return Object.fromEntries(Object.entries({ ...asked, text: q }).filter(([, value]) => value !== ""));
}

/** The row that a form describes. @throws UsageError that names the field */
export function readRow({ form }: ActionRequest): Asset {
  const values = new Map<string, unknown>([
    ["kind", form.text("kind")],
    ["name", form.text("name", 300)],
    ["role", form.text("role")],
    ["criticality", form.text("criticality")],
    ["aliases", form.text("aliases", 10_000).split("\n")],
  ]);
  const read: ReadAsset | { problems: { key: string; found: string; accepted: string }[] } = readAssetRow(values);
  if ("asset" in read) return read.asset;
  const said = read.problems.map(({ key, found, accepted }) => `${key}: found ${found}; accepted: ${accepted}`);
  throw new UsageError(said.join(". "));
}

/** The row as somebody saw it, as a field of a form; null = there was none. */
export function rowText(row: ListedAsset | null): string {
  if (row === null) return "null";
  const { kind, name, role, criticality, aliases } = row;
  return JSON.stringify({ kind, name, role, criticality, aliases });
}

/** @throws UsageError for what no page has sent */
export function readRowText(text: string): Asset | null {
  try {
    const row = JSON.parse(text) as Asset | null;
    if (row === null) return null;
    const read = readAssetRow(new Map(Object.entries(row)));
    if ("asset" in read) return read.asset;
  } catch {}
  throw new UsageError("was: load the page again, so that the form has the row as it is");
}
