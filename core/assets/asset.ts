/** Assets: what a customer's hosts and accounts are for, and how much depends on them (CONTRACT 5 "Roles"). */

/** The more careful reading first: it counts where two entries that fit one name disagree. */
export const hostRoles = [
  "domain_controller",
  "server",
  "jump_host",
  "workstation",
  "backup",
  "deployment",
  "scanner",
] as const;
export type HostRoleName = (typeof hostRoles)[number];

/** The more careful reading first, as above. */
export const accountRoles = ["administrator", "service", "user", "backup", "deployment", "scanner"] as const;
export type AccountRoleName = (typeof accountRoles)[number];

export const criticalities = ["low", "normal", "high", "critical"] as const;
export type Criticality = (typeof criticalities)[number];

export const assetKinds = ["host", "account"] as const;
export type AssetKind = (typeof assetKinds)[number];

/** Where a role comes from, in order of precedence: `assets.json`, the API's list, what logs show. */
export const assetSources = ["file", "api", "inferred"] as const;
export type AssetSource = (typeof assetSources)[number];

interface Described {
  /** As it was given. */
  name: string;
  /** Null = the role's own (`usualCriticality`). */
  criticality: Criticality | null;
  /** Other names of the same host or account, as they were given. */
  aliases: readonly string[];
}

/** One row of a list; a role of null says nothing about the role. */
export type Asset =
  | (Described & { kind: "host"; role: HostRoleName | null })
  | (Described & { kind: "account"; role: AccountRoleName | null });

/** An asset of one entity, or of every entity (null; only `assets.json` has such rows). */
export type ListedAsset = Asset & { entity: string | null; from: AssetSource };

/** What a role stands for where nobody has said more. */
const usual: Readonly<Record<HostRoleName | AccountRoleName, Criticality>> = {
  domain_controller: "critical",
  server: "normal",
  jump_host: "high",
  workstation: "normal",
  // Who controls these two controls what they back up and install.
  backup: "high",
  deployment: "high",
  scanner: "normal",
  administrator: "high",
  service: "normal",
  user: "normal",
};

export function usualCriticality(role: HostRoleName | AccountRoleName | null): Criticality {
  return role === null ? "normal" : usual[role];
}

/** The role in words: `domain controller`, `service account`. */
export function roleWords(kind: AssetKind, role: HostRoleName | AccountRoleName): string {
  const words = role.replaceAll("_", " ");
  if (role === "domain_controller" || role === "server" || role === "workstation" || role === "jump_host") return words;
  if (kind === "account") return role === "administrator" || role === "user" ? words : `${words} account`;
  return role === "scanner" ? words : `${words} server`;
}
