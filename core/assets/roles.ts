/**
 * Which role a host or an account has, from every list of assets: `assets.json` before the API's list before what logs show, for role and
 * criticality each by itself.
 */
import { canonicalIp, shortHost } from "../correlation/actor.ts";
import { normaliseHost, normaliseName, normaliseUser } from "../intake/identity.ts";
import {
  type AccountRoleName,
  type AssetKind,
  type AssetSource,
  accountRoles,
  assetSources,
  type Criticality,
  criticalities,
  type HostRoleName,
  hostRoles,
  type ListedAsset,
  usualCriticality,
} from "./asset.ts";

/** What is known of a host or account. */
export interface AssetRole<Role> {
  /** Null where only the criticality is known. */
  role: Role | null;
  /** The given one, else the role's own. */
  criticality: Criticality;
  /** Where the role comes from; without a role, the criticality. */
  from: AssetSource;
}

export type HostRole = AssetRole<HostRoleName>;
export type AccountRole = AssetRole<AccountRoleName>;

/** Names in any spelling that detections have. Null where nothing is known. */
export interface Roles {
  ofHost(entity: string, host: string): HostRole | null;
  ofAccount(entity: string, user: string): AccountRole | null;
}

/** For rows that hold for every entity; no entity has this name, because names are trimmed. */
const everyEntity = " ";

/** Hosts remembered with their answer, of all entities together: senders may invent as many of both as they like. */
const mostAsked = 10_000;

interface Names {
  /** By each of its names. */
  whole: Map<string, ListedAsset[]>;
  /** Hosts by the first label of a name with a domain, and by a name without one. */
  labels: Map<string, ListedAsset[]>;
  short: Map<string, ListedAsset[]>;
}

export class RoleTable implements Roles {
  /** Host look-ups of each entity, because the same few come with every batch. */
  readonly #asked = new Map<string, Map<string, HostRole | null>>();
  #askedHosts = 0;
  #size = 0;
  /** By source, then entity, then kind. */
  readonly #sources: ReadonlyMap<AssetSource, Map<string, Record<AssetKind, Names>>>;

  constructor(assets: Iterable<ListedAsset>) {
    this.#sources = new Map(assetSources.map((source) => [source, new Map()]));
    for (const asset of assets) this.add(asset);
  }

  /** Adds one more, which does not replace others of its name. */
  add(asset: ListedAsset): void {
    this.#forgetAsked();
    this.#size++;
    const entities = this.#sources.get(asset.from);
    const entity = asset.entity === null ? everyEntity : normaliseName(asset.entity);
    const kinds = entities?.get(entity) ?? { host: noNames(), account: noNames() };
    entities?.set(entity, kinds);
    const { whole, labels, short } = kinds[asset.kind];
    for (const given of [asset.name, ...asset.aliases]) {
      const name = assetKey(asset.kind, given);
      if (name === "") continue;
      insert(whole, name, asset);
      if (asset.kind === "host") insert(shortHost(name) === name ? short : labels, shortHost(name), asset);
    }
  }

  ofHost(entity: string, host: string): HostRole | null {
    if (this.#size === 0) return null;
    const known = this.#asked.get(entity)?.get(host);
    if (known !== undefined) return known;
    if (this.#askedHosts >= mostAsked) this.#forgetAsked();
    const found = combined(this.#rows("host", entity, host), hostRoles);
    const asked = this.#asked.get(entity) ?? new Map<string, HostRole | null>();
    this.#asked.set(entity, asked.set(host, found));
    this.#askedHosts++;
    return found;
  }

  /** How many hosts are remembered with their answer. */
  get askedHosts(): number {
    return this.#askedHosts;
  }

  #forgetAsked(): void {
    this.#asked.clear();
    this.#askedHosts = 0;
  }

  ofAccount(entity: string, user: string): AccountRole | null {
    return combined(this.#rows("account", entity, user), accountRoles);
  }

  /** The rows about a name: one list for each source that has any, in order of precedence. */
  #rows(kind: AssetKind, entity: string, given: string): ListedAsset[][] {
    const found: ListedAsset[][] = [];
    let name: string | undefined;
    for (const entities of this.#sources.values()) {
      if (entities.size === 0) continue;
      for (const key of [normaliseName(entity), everyEntity]) {
        const kinds = entities.get(key);
        if (kinds === undefined) continue;
        name ??= assetKey(kind, given);
        const rows = rowsOf(kinds[kind], kind, name, given);
        if (rows.length > 0) found.push(rows);
      }
    }
    return found;
  }
}

/** A name in the one spelling by which assets are found: hosts without UNC and domain prefix, accounts without domain. "" = no name. */
export function assetKey(kind: AssetKind, given: string): string {
  if (kind === "account") {
    const user = normaliseUser(given);
    return user === "-" ? "" : user;
  }
  const name = normaliseHost(given);
  const host = canonicalIp(name.slice(name.lastIndexOf("\\") + 1).replace(/\$$/, ""));
  return host === "-" ? "" : host;
}

function rowsOf({ whole, labels, short }: Names, kind: AssetKind, name: string, given: string): ListedAsset[] {
  const rows = whole.get(name) ?? [];
  if (kind === "account") {
    // Accounts of two domains may have rows of their own.
    const full = normaliseName(given);
    const exact = rows.filter((row) => [row.name, ...row.aliases].some((one) => normaliseName(one) === full));
    return exact.length > 0 ? exact : rows;
  }
  if (rows.length > 0) return rows;
  // A name without domain stands for the one with it, and the other way round; two names with domains never stand for each other.
  const label = shortHost(name);
  return (label === name ? labels : short).get(label) ?? [];
}

/** The rows' word on role and criticality; the more careful one where rows of one source disagree. */
function combined<Role extends HostRoleName | AccountRoleName>(
  sources: readonly (readonly ListedAsset[])[],
  roles: readonly Role[],
): AssetRole<Role> | null {
  if (sources.length === 0) return null;
  let role: { name: Role; from: AssetSource } | null = null;
  let criticality: { name: Criticality; from: AssetSource } | null = null;
  for (const rows of sources) {
    const [from] = rows.map((row) => row.from);
    if (from === undefined) continue;
    const named = roles.find((one) => rows.some((row) => row.role === one));
    if (role === null && named !== undefined) role = { name: named, from };
    const given = criticalities.findLast((one) => rows.some((row) => row.criticality === one));
    if (criticality === null && given !== undefined) criticality = { name: given, from };
  }
  const from = role?.from ?? criticality?.from ?? null;
  if (from === null) return null;
  return { role: role?.name ?? null, criticality: criticality?.name ?? usualCriticality(role?.name ?? null), from };
}

function noNames(): Names {
  return { whole: new Map(), labels: new Map(), short: new Map() };
}

function insert(map: Map<string, ListedAsset[]>, key: string, asset: ListedAsset): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [asset]);
  else if (!known.includes(asset)) known.push(asset);
}
