/** What the appliance makes of attacks that are known: how many stay in pieces, and which campaigns join what is not one. */
import { actorsOf, type KnownAttack, type KnownRecord, touchedBy } from "./known-attack.ts";
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
  /** Whether the records of the parts name each other at all: a machine, an address, an account, a session, a process. */
  isShown: boolean;
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
  for (const { name, records } of attacks) {
    // An incident of two attacks can be in the campaign of one only.
    const own = incidents.filter(({ incident_id }) => ownersOf(incident_id).join() === name);
    const parts = [...Map.groupBy(own, ({ campaign_id, incident_id }) => campaign_id ?? incident_id).values()];
    if (own.length > 0) seen++;
    if (own.length > 1) inPieces++;
    const actors = parts.map((part) => part.map(({ group_key }) => group_key));
    if (parts.length > 1) split.push({ name, parts: actors, isShown: areShown(records, actors) });
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

/** Whether all parts hang together by what their own records say, however much or little that proves. */
function areShown(records: readonly KnownRecord[], parts: readonly (readonly string[])[]): boolean {
  const plain = parts.map((part) => part.map((actor) => actor.slice(actor.lastIndexOf(" ") + 1)));
  const told = plain.map((part) =>
    records.filter((record) => [...actorsOf([record])].some((actor) => part.includes(actor))),
  );
  const words = told.map((own) => new Set(own.flatMap((record) => wordsOf(record))));
  const reached = new Set([0]);
  for (let before = 0; before !== reached.size; ) {
    before = reached.size;
    for (const at of parts.keys())
      if ([...reached].some((one) => [...(words[one] ?? [])].some((word) => words[at]?.has(word)))) reached.add(at);
  }
  return reached.size === parts.length;
}

/** Names of machines, addresses, accounts, sessions and processes in a record; what every machine has left out. */
function wordsOf(record: KnownRecord): string[] {
  const text = JSON.stringify(record).toLowerCase();
  const found = text.match(
    /\b(?:ws|srv)-\d+\b|\bu\d{4}\b|\b10\.20\.\d+\.\d+\b|0x[0-9a-f]{5,}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f-]{17}/g,
  );
  return (found ?? []).filter((word) => !/^0x(?:1010|1410|1438|1fffff)$/.test(word));
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
