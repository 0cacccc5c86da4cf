/** One row of a list of assets, from `assets.json`, JSON or CSV of the API: every value that is wrong is named with the accepted form. */
import { nearestName } from "../settings/names.ts";
import { shown } from "../settings/problem.ts";
import {
  type AccountRoleName,
  type Asset,
  type AssetKind,
  type AssetSource,
  accountRoles,
  assetKinds,
  assetSources,
  type Criticality,
  criticalities,
  type HostRoleName,
  hostRoles,
} from "./asset.ts";
import { assetKey } from "./roles.ts";

/** The keys of a row. A host or account is named by `host`, by `account`, or by `kind` and `name`. */
export const assetRowKeys = [
  ...["host", "account", "kind", "name", "role", "criticality", "aliases", "entity", "entity_name", "from"],
] as const;

/** What exports of other programs call some of them. */
const otherNames: Readonly<Record<string, string>> = { type: "kind", hostname: "host", user: "account" };

/** Every key that is read. */
export const readRowKeys: readonly string[] = [...assetRowKeys, ...Object.keys(otherNames)];

export interface RowProblem {
  key: string;
  found: string;
  accepted: string;
}

export interface ReadAsset {
  asset: Asset;
  /** Null = not given. */
  entity: string | null;
  from: AssetSource | null;
}

const mostAliases = 20;
const longestName = 256;
const acceptedName = `a whole name of 1 to ${longestName} characters, without control characters, "*", "|" and ";"`;

/** The row; or what is wrong with it. Null and empty texts count as absent. */
export function readAssetRow(row: ReadonlyMap<string, unknown>): ReadAsset | { problems: RowProblem[] } {
  const problems: RowProblem[] = [];
  const values = withOwnNames(row);
  const wrong = (key: string, found: unknown, accepted: string) => {
    problems.push({ key, found: found === undefined ? "nothing" : shown(found), accepted });
  };
  const given = (key: string) => {
    const value = values.get(key);
    const text = typeof value === "string" ? value.trim() : value;
    return text === "" || text === null ? undefined : text;
  };
  const read = <T>(key: string, accepted: string, form: (value: unknown) => T | undefined): T | null => {
    const value = given(key);
    if (value === undefined) return null;
    const one = form(value);
    if (one === undefined) wrong(key, value, accepted);
    return one ?? null;
  };
  const oneOf = <T extends string>(key: string, words: readonly T[], meant: (word: string) => string): T | null =>
    read(key, words.join(", "), (value) =>
      typeof value === "string" ? words.find((word) => word === meant(value)) : undefined,
    );

  const kind = kindOf(given, wrong);
  const nameKey = given("host") !== undefined ? "host" : given("account") !== undefined ? "account" : "name";
  const name = kind === null ? null : read(nameKey, acceptedName, (value) => nameOf(kind, value));
  if (kind !== null && name === null && given(nameKey) === undefined) wrong(nameKey, undefined, acceptedName);
  const role =
    kind === null
      ? null
      : oneOf<HostRoleName | AccountRoleName>("role", kind === "host" ? hostRoles : accountRoles, roleMeant);
  const criticality = oneOf<Criticality>("criticality", criticalities, (word) =>
    word.toLowerCase() === "medium" ? "normal" : word.toLowerCase(),
  );
  const aliases =
    kind === null
      ? []
      : (read(
          "aliases",
          `up to ${mostAliases} other names, as a list or with "|" between them: each ${acceptedName}`,
          (value) => aliasesOf(kind, name ?? "", value),
        ) ?? []);
  const [entity, second] = ["entity", "entity_name"].map((key) => read(key, "a name of 1 to 200 characters", entityOf));
  if (entity != null && second != null && entity !== second)
    wrong("entity_name", second, `${shown(entity)}, as entity says`);
  const from = oneOf<AssetSource>("from", assetSources, (word) => word.toLowerCase());
  if (problems.length === 0 && role === null && criticality === null && aliases.length === 0)
    wrong("role", undefined, "a role, a criticality or aliases: without any of them the row says nothing");
  if (problems.length > 0 || kind === null || name === null) return { problems };
  return { asset: { kind, name, role, criticality, aliases } as Asset, entity: entity ?? second ?? null, from };
}

/** The row with our names for its keys; where it has both names, ours counts. */
function withOwnNames(row: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
  const others = Object.entries(otherNames).filter(([other, own]) => row.has(other) && !row.has(own));
  if (others.length === 0) return row;
  return new Map([...row, ...others.map(([other, own]) => [own, row.get(other)] as const)]);
}

/** A key that no row has, with the nearest that it has. */
export function unknownKey(key: string): string {
  const nearest = nearestName(key, assetRowKeys);
  return nearest === null ? assetRowKeys.join(", ") : `${nearest} (the nearest known one)`;
}

function kindOf(
  given: (key: string) => unknown,
  wrong: (key: string, found: unknown, accepted: string) => void,
): AssetKind | null {
  const named = (["host", "account", "name"] as const).filter((key) => given(key) !== undefined);
  const both = "one name: host, or account, or name together with kind";
  if (named.length > 1) {
    wrong(named[1] ?? "name", given(named[1] ?? "name"), both);
    return null;
  }
  const kind = given("kind");
  const word = typeof kind === "string" ? assetKinds.find((one) => one === kindMeant(kind)) : undefined;
  if (kind !== undefined && word === undefined) wrong("kind", kind, assetKinds.join(", "));
  const [key] = named;
  if (key === "host" || key === "account") {
    if (word !== undefined && word !== key) wrong("kind", kind, `${key}, or no kind beside ${key}`);
    return key;
  }
  if (word === undefined && kind === undefined) wrong(key === undefined ? "name" : "kind", undefined, both);
  return word ?? null;
}

/** Nearly all names. */
const plainName = /^[a-z0-9][a-z0-9_.$-]{0,254}$/i;

/** Undefined if it is none. Direction marks would show another name than the one that counts. */
function nameOf(kind: AssetKind, value: unknown): string | undefined {
  const name = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : "";
  if (plainName.test(name)) return name;
  const fits = name.length <= longestName && name.isWellFormed();
  if (!fits || /[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069*|;]/u.test(name)) return undefined;
  return assetKey(kind, name) === "" ? undefined : name;
}

function aliasesOf(kind: AssetKind, name: string, value: unknown): string[] | undefined {
  const list = typeof value === "string" ? value.split(/[|;]/) : value;
  if (!Array.isArray(list)) return undefined;
  const names = list.filter((one) => one !== "" && !(typeof one === "string" && one.trim() === ""));
  const read = names.map((one) => nameOf(kind, one));
  if (read.length > mostAliases || !read.every((one) => one !== undefined)) return undefined;
  const known = new Set([name.toLowerCase()]);
  return read.filter((one) => !known.has(one.toLowerCase()) && known.add(one.toLowerCase()));
}

function entityOf(value: unknown): string | undefined {
  const name = typeof value === "string" ? value.trim() : "";
  return /^[^\p{Cc}]{1,200}$/u.test(name) && name.isWellFormed() ? name : undefined;
}

/** Also as people write it: `Domain Controller`, `dc`, `service account`, `admin`. */
function roleMeant(word: string): string {
  const name = word
    .toLowerCase()
    .replace(/[\s-]+/g, "_")
    .replace(/_(?:account|server|host)$/, "");
  const others: Readonly<Record<string, string>> = {
    dc: "domain_controller",
    admin: "administrator",
    jump: "jump_host",
  };
  return Object.hasOwn(others, name) ? (others[name] ?? name) : name;
}

function kindMeant(word: string): string {
  const kind = word.toLowerCase();
  return kind === "user" ? "account" : kind;
}
