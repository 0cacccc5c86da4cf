/**
 * What roles mean to a window of evidence: it counts a little more where something critical is involved, and what scanners, backups and
 * deployments do by themselves is ordinary, so that it takes more to make an incident of it.
 */
import { levels } from "../detection.ts";
import { hourMs } from "../time.ts";
import {
  type AccountRoleName,
  type AssetKind,
  type Criticality,
  criticalities,
  type HostRoleName,
  roleWords,
} from "./asset.ts";
import type { AssetRole, Roles } from "./roles.ts";

/** The most critical of a window's hosts and its actor. */
export interface CriticalAsset {
  kind: AssetKind;
  name: string;
  role: HostRoleName | AccountRoleName | null;
  criticality: Criticality;
}

export interface AssetWeight {
  /** Null where nothing of high or critical criticality is involved. */
  asset: CriticalAsset | null;
  /** All of its evidence is of hosts or accounts that scan, back up or deploy. */
  isOrdinary: boolean;
}

/** What one actor's evidence is about: of each host its role, and the actor's own. */
export interface AssetTraits {
  hosts: readonly (AssetRole<HostRoleName> | null)[];
  actor: (AssetRole<HostRoleName | AccountRoleName> & { kind: AssetKind; name: string }) | null;
}

/** The part of an actor's evidence that this needs (`core/correlation/evidence.ts`). */
interface EvidenceOfHosts {
  rules: readonly { level: number }[];
  hosts: readonly string[];
  hours: readonly { hour: number; items: readonly { rule: number; host: number; last: number }[] }[];
}

const medium = levels.indexOf("medium");
const ordinaryRoles = new Set<string>(["scanner", "backup", "deployment"]);

/** Whether it is what a host or account of this role does by itself that rules report. */
export function isOrdinaryRole(role: HostRoleName | AccountRoleName | null | undefined): boolean {
  return ordinaryRoles.has(role ?? "");
}

const points: Readonly<Record<Criticality, number>> = { low: 0, normal: 0, high: 3, critical: 6 };

/** Points that a score has more where something of this criticality is involved. */
export function pointsOfCriticality(criticality: Criticality): number {
  return points[criticality];
}

/** Points that a score has more where this is involved. */
export function pointsOf(asset: CriticalAsset | null): number {
  return asset === null ? 0 : points[asset.criticality];
}

/** `dc01 is a domain controller (critical)`. */
export function assetSentence({ kind, name, role, criticality }: CriticalAsset): string {
  if (role === null) return `${name} is of ${criticality} criticality`;
  const words = roleWords(kind, role);
  return `${name} is ${/^[aeiou]/.test(words) ? "an" : "a"} ${words} (${criticality})`;
}

/** Null where nothing is known of any of them, as nearly always. */
export function assetTraits(
  roles: Roles,
  { entity, actor, hosts }: { entity: string; actor: { type: string; name: string }; hosts: readonly string[] },
): AssetTraits | null {
  const ofActor = actor.type === "user" ? roles.ofAccount(entity, actor.name) : roles.ofHost(entity, actor.name);
  const ofHosts = hosts.map((host) => roles.ofHost(entity, host));
  if (ofActor === null && ofHosts.every((role) => role === null)) return null;
  const kind = actor.type === "user" ? "account" : "host";
  return { hosts: ofHosts, actor: ofActor === null ? null : { ...ofActor, kind, name: actor.name } };
}

export const noWeight: AssetWeight = { asset: null, isOrdinary: false };

/**
 * Of the evidence of level medium or more that lies behind `reach` (epoch ms) in the hours before index `behind`. Depends on what the evidence
 * holds alone, not on its order.
 */
export function assetWeight(
  evidence: EvidenceOfHosts,
  { behind, reach }: { behind: number; reach: number },
  traits: AssetTraits | null,
): AssetWeight {
  if (traits === null) return noWeight;
  const involved = new Set<number>();
  for (let at = behind - 1; at >= 0; at--) {
    const hour = evidence.hours[at];
    if (hour === undefined || (hour.hour + 1) * hourMs <= reach) break;
    for (const { rule, host, last } of hour.items)
      if (last > reach && (evidence.rules[rule]?.level ?? 0) >= medium) involved.add(host);
  }
  if (involved.size === 0) return noWeight;
  const candidates: CriticalAsset[] = [];
  if (traits.actor !== null) candidates.push(traits.actor);
  let allOrdinary = true;
  for (const host of involved) {
    const known = traits.hosts[host] ?? null;
    if (!isOrdinaryRole(known?.role)) allOrdinary = false;
    if (known !== null) candidates.push({ kind: "host", name: evidence.hosts[host] ?? "", ...known });
  }
  const asset = candidates.filter((one) => pointsOf(one) > 0).reduce<CriticalAsset | null>(moreCritical, null);
  return {
    asset: asset === null ? null : onlyAsset(asset),
    isOrdinary: allOrdinary || isOrdinaryRole(traits.actor?.role),
  };
}

/** The higher criticality; of equals the first by kind and name. */
function moreCritical(best: CriticalAsset | null, one: CriticalAsset): CriticalAsset {
  if (best === null) return one;
  const difference = criticalities.indexOf(one.criticality) - criticalities.indexOf(best.criticality);
  if (difference !== 0) return difference > 0 ? one : best;
  return `${one.kind}${one.name}` < `${best.kind}${best.name}` ? one : best;
}

function onlyAsset({ kind, name, role, criticality }: CriticalAsset): CriticalAsset {
  return { kind, name, role, criticality };
}
