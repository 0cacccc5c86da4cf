/** What the appliance makes of attacks that are known: how many stay in pieces, and which campaigns join what is not one. */
import { type KnownAttack, touchedBy } from "./known-attack.ts";
import type { ListedIncident, ListedLink } from "./measured-appliance.ts";

type MeasuredIncident = Pick<ListedIncident, "incident_id" | "group_key" | "campaign_id">;

export interface CampaignFigures {
  attacks: number;
  /** Attacks with an incident at least. */
  seen: number;
  /** Attacks with two incidents or more. */
  inPieces: number;
  /** Of those, attacks whose incidents are not all of one campaign. */
  split: SplitAttack[];
  /** Campaigns with incidents of two attacks, with the links between them. */
  mixed: { campaign: string; attacks: string[]; links: string[] }[];
  /** Campaigns with incidents of an attack and of none. */
  withNoise: { campaign: string; attacks: string[]; noise: string[]; links: string[] }[];
  /** Campaigns of incidents that no attack has. */
  ofNoise: { campaign: string; actors: string[]; links: string[] }[];
  /** Attacks that met in one incident, because the same actor was in both: no campaign could tell them apart. */
  met: string[][];
}

export interface SplitAttack {
  name: string;
  /** Actors of its incidents, those of one campaign together. */
  parts: string[][];
}

export function judgeCampaigns(
  attacks: readonly KnownAttack[],
  incidents: readonly MeasuredIncident[],
  links: readonly ListedLink[],
): CampaignFigures {
  const owners = new Map<string, string[]>();
  for (const { incident_id, group_key } of incidents) {
    const own = attacks.filter(({ actors }) => actors.has(group_key)).map(({ name }) => name);
    owners.set(incident_id, own);
  }
  const ownersOf = (id: string) => owners.get(id) ?? [];
  const actorOf = new Map(incidents.map(({ incident_id, group_key }) => [incident_id, group_key]));
  const split: SplitAttack[] = [];
  let [seen, inPieces] = [0, 0];
  for (const { name } of attacks) {
    const own = incidents.filter(({ incident_id }) => ownersOf(incident_id).includes(name));
    const parts = [...Map.groupBy(own, ({ campaign_id, incident_id }) => campaign_id ?? incident_id).values()];
    if (own.length > 0) seen++;
    if (own.length > 1) inPieces++;
    if (parts.length > 1) split.push({ name, parts: parts.map((part) => part.map(({ group_key }) => group_key)) });
  }
  const figures: CampaignFigures = {
    attacks: attacks.length,
    seen,
    inPieces,
    split,
    mixed: [],
    withNoise: [],
    ofNoise: [],
    met: [...owners.values()].filter((own) => own.length > 1),
  };
  const campaigns = Map.groupBy(
    incidents.filter(({ campaign_id }) => campaign_id !== null),
    ({ campaign_id }) => campaign_id ?? "",
  );
  for (const [campaign, members] of campaigns) {
    const ids = members.map(({ incident_id }) => incident_id);
    const names = [...new Set(ids.flatMap(ownersOf))];
    const touched = new Set(
      attacks.filter(({ name }) => names.includes(name)).flatMap((one) => [...touchedBy(one.records)]),
    );
    const noise = ids.filter((id) => ownersOf(id).length === 0 && !touched.has(actorOf.get(id) ?? ""));
    const inside = links.filter(({ incident_id, other_id }) => ids.includes(incident_id) && ids.includes(other_id));
    // Links whose ends are not of one attack.
    const across = inside.filter(
      ({ incident_id, other_id }) => !ownersOf(incident_id).some((name) => ownersOf(other_id).includes(name)),
    );
    const told = across.map(
      ({ incident_id, other_id, kind, what }) =>
        `${kind} ${what}: ${actorOf.get(incident_id)} (${ownersOf(incident_id).join("+") || "noise"}) and ${actorOf.get(other_id)} (${ownersOf(other_id).join("+") || "noise"})`,
    );
    if (names.length === 0)
      figures.ofNoise.push({ campaign, actors: members.map(({ group_key }) => group_key), links: told });
    else if (noise.length > 0)
      figures.withNoise.push({
        campaign,
        attacks: names,
        noise: noise.map((id) => actorOf.get(id) ?? ""),
        links: told,
      });
    if (names.length > 1 && !isMet(names, figures.met)) figures.mixed.push({ campaign, attacks: names, links: told });
  }
  return figures;
}

/** Whether all of these attacks hang together by incidents that two of them have in common. */
function isMet(names: readonly string[], met: readonly (readonly string[])[]): boolean {
  const reached = new Set(names.slice(0, 1));
  for (let before = -1; before !== reached.size; ) {
    before = reached.size;
    for (const group of met) if (group.some((name) => reached.has(name))) for (const name of group) reached.add(name);
  }
  return names.every((name) => reached.has(name));
}
