/** Which campaigns come of links between incidents. */
import type { CampaignLink } from "./campaign.ts";

/** An open incident that a link names. */
export interface Member {
  incidentId: string;
  /** Null = of none yet. */
  campaignId: string | null;
  /** Its actor is one whom many share: it may join, and nothing joins others through it. */
  isShared: boolean;
}

/** A campaign that is there. */
export interface Known {
  campaignId: string;
  /** Epoch milliseconds. */
  createdAt: number;
  /** Some incident of it is of an actor whom few share. */
  hasOwn: boolean;
}

export interface Joining {
  /** New campaigns by their place in this list: the incidents that begin them. */
  begun: string[][];
  /** Incidents that come to a campaign that is there. */
  joined: { incidentId: string; campaignId: string }[];
  /** Campaigns that become a part of an older one. */
  merged: { from: string; into: string }[];
  /** The links that hold, each within one campaign. */
  links: CampaignLink[];
}

/**
 * Through an incident of somebody whom many share nothing joins that is an attack by itself: an administrator who worked on two attacked hosts
 * is of one attack at most. All other links hold, in any order.
 */
export function join(members: readonly Member[], campaigns: readonly Known[], links: readonly CampaignLink[]): Joining {
  const shared = new Set(members.filter(({ isShared }) => isShared).map(({ incidentId }) => incidentId));
  const groups = new Groups(members, campaigns);
  const isBetweenOwn = ({ incidentId, otherId }: CampaignLink) => !shared.has(incidentId) && !shared.has(otherId);
  const held = links.filter(({ incidentId, otherId }) => groups.has(incidentId) && groups.has(otherId));
  for (const { incidentId, otherId } of held.filter(isBetweenOwn)) groups.unite(incidentId, otherId);
  // By their time, so that it is not by chance which attack an administrator is counted to.
  for (const { incidentId, otherId } of held.filter((link) => !isBetweenOwn(link)).sort(byTime)) {
    const areShared = shared.has(incidentId) && shared.has(otherId);
    const mayUnite = areShared
      ? groups.sizeOf(incidentId) === 1 && groups.sizeOf(otherId) === 1
      : !(groups.hasOwn(incidentId) && groups.hasOwn(otherId));
    if (mayUnite) groups.unite(incidentId, otherId);
  }
  const created = new Map(campaigns.map(({ campaignId, createdAt }) => [campaignId, createdAt]));
  const joining: Joining = { begun: [], joined: [], merged: [], links: held.filter((link) => groups.areOne(link)) };
  for (const { incidents, campaigns: ids } of groups.list()) {
    const [oldest, ...younger] = ids.toSorted(
      (a, b) => (created.get(a) ?? 0) - (created.get(b) ?? 0) || (a < b ? -1 : 1),
    );
    if (oldest === undefined) {
      if (incidents.length > 1) joining.begun.push(incidents);
      continue;
    }
    for (const incidentId of incidents) joining.joined.push({ incidentId, campaignId: oldest });
    for (const from of younger) joining.merged.push({ from, into: oldest });
  }
  return joining;
}

function byTime(a: CampaignLink, b: CampaignLink): number {
  return a.at - b.at || (`${a.incidentId} ${a.otherId} ${a.kind}` < `${b.incidentId} ${b.otherId} ${b.kind}` ? -1 : 1);
}

interface Group {
  incidents: string[];
  campaigns: string[];
  hasOwn: boolean;
  /** Incidents; of a campaign at least two. */
  size: number;
}

/** Incidents that are one, by whatever campaign they are of. */
class Groups {
  /** By incident. */
  readonly #groups = new Map<string, Group>();

  constructor(members: readonly Member[], campaigns: readonly Known[]) {
    const known = new Map(
      campaigns.map(({ campaignId, hasOwn }) => [
        campaignId,
        { incidents: [], campaigns: [campaignId], hasOwn, size: 2 } as Group,
      ]),
    );
    for (const { incidentId, campaignId, isShared } of members) {
      const alone: Group = { incidents: [incidentId], campaigns: [], hasOwn: !isShared, size: 1 };
      this.#groups.set(incidentId, known.get(campaignId ?? "") ?? alone);
    }
  }

  has(incidentId: string): boolean {
    return this.#groups.has(incidentId);
  }

  sizeOf(incidentId: string): number {
    return this.#groups.get(incidentId)?.size ?? 0;
  }

  hasOwn(incidentId: string): boolean {
    return this.#groups.get(incidentId)?.hasOwn === true;
  }

  areOne({ incidentId, otherId }: CampaignLink): boolean {
    return this.#groups.get(incidentId) === this.#groups.get(otherId);
  }

  unite(one: string, other: string): void {
    const [into, from] = [this.#groups.get(one), this.#groups.get(other)];
    if (into === undefined || from === undefined || into === from) return;
    into.incidents.push(...from.incidents);
    into.campaigns.push(...from.campaigns);
    into.hasOwn ||= from.hasOwn;
    into.size += from.size;
    for (const [incidentId, group] of this.#groups) if (group === from) this.#groups.set(incidentId, into);
  }

  /** In an order that does not depend on that of the links. */
  list(): { incidents: string[]; campaigns: string[] }[] {
    const sorted = [...new Set(this.#groups.values())].map(({ incidents, campaigns }) => ({
      incidents: incidents.toSorted(),
      campaigns: campaigns.toSorted(),
    }));
    const first = ({ incidents, campaigns }: { incidents: string[]; campaigns: string[] }) =>
      incidents[0] ?? campaigns[0] ?? "";
    return sorted.sort((a, b) => (first(a) < first(b) ? -1 : 1));
  }
}
