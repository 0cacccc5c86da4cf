/** The hosts and accounts of an incident, with what is known of each. */
import type { AccountRoleName, AssetSource, Criticality, HostRoleName } from "./asset.ts";
import { type AccountRole, assetKey, type HostRole, type Roles } from "./roles.ts";

export interface InvolvedAsset<Role> {
  name: string;
  /** Null = unknown. */
  role: Role | null;
  criticality: Criticality;
  /** Null where nothing is known, so that the criticality is only the usual one. */
  from: AssetSource | null;
}

export interface InvolvedAssets {
  hosts: readonly InvolvedAsset<HostRoleName>[];
  accounts: readonly InvolvedAsset<AccountRoleName>[];
}

/** Each name once, in the order and spelling in which it is first given. */
export function involvedAssets(
  roles: Roles,
  entity: string,
  names: { hosts: readonly string[]; accounts: readonly string[] },
): InvolvedAssets {
  const nothing = { role: null, criticality: "normal", from: null } as const;
  return {
    hosts: distinct(names.hosts, (name) => assetKey("host", name)).map((name) => ({
      name,
      ...(roles.ofHost(entity, name) ?? nothing),
    })),
    accounts: distinct(names.accounts, (name) => assetKey("account", name)).map((name) => ({
      name,
      ...(roles.ofAccount(entity, name) ?? nothing),
    })),
  };
}

/** Look-ups among these alone, in any spelling. Null where the name is not among them or nothing is known of it. */
export function rolesOf({ hosts, accounts }: InvolvedAssets): {
  ofHost(host: string): HostRole | null;
  ofAccount(user: string): AccountRole | null;
} {
  const byHost = new Map(hosts.map((one) => [assetKey("host", one.name), one]));
  const byAccount = new Map(accounts.map((one) => [assetKey("account", one.name), one]));
  return {
    ofHost: (host) => known(byHost.get(assetKey("host", host))),
    ofAccount: (user) => known(byAccount.get(assetKey("account", user))),
  };
}

function known<Role>(asset: InvolvedAsset<Role> | undefined) {
  if (asset === undefined || asset.from === null) return null;
  const { role, criticality, from } = asset;
  return { role, criticality, from };
}

function distinct(names: readonly string[], keyOf: (name: string) => string): string[] {
  const seen = new Map<string, string>();
  for (const name of names) {
    const key = keyOf(name);
    if (key !== "" && !seen.has(key)) seen.set(key, name);
  }
  return [...seen.values()];
}
