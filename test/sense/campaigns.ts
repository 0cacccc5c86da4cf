/** How well what is one attack becomes one campaign, and what nobody did together stays apart. */
import { type Attack, sampleScenarios, Targets } from "./attacks.ts";
import { type ListedIncident, MeasuredAppliance } from "./measured-appliance.ts";
import { sampleRecords } from "./rules.ts";
import { onAppliance, plantAttacks, type Sent, send, type WeekSize, type World } from "./week.ts";

/** A recorded attack with several incidents. */
export interface SplitAttack {
  name: string;
  /** Actors of its incidents: those of one campaign together. */
  parts: string[][];
}

/** The recorded attacks of the sample that have more than one incident, each an entity of its own. */
export async function measureSampleCampaigns(): Promise<SplitAttack[]> {
  const bySource = Map.groupBy(sampleRecords(), ({ source }) => source);
  const appliance = await MeasuredAppliance.started(Date.UTC(2026, 8, 7));
  try {
    for (const { source, name } of sampleScenarios())
      await appliance.ingest((bySource.get(source) ?? []).map((record) => ({ ...record, entity: name })));
    await appliance.join();
    const byEntity = Map.groupBy(await appliance.incidents(), ({ entity_name }) => entity_name);
    return [...byEntity]
      .filter(([, incidents]) => incidents.length > 1)
      .map(([name, incidents]) => ({ name, parts: partsOf(incidents) }));
  } finally {
    await appliance.close();
  }
}

export interface MeasuredCampaigns {
  /** Attacks with an incident, and those of them whose incidents are not one campaign. */
  attacks: number;
  split: SplitAttack[];
  /** Campaigns of more than one attack. */
  glued: string[][];
  /** Campaigns of an attack and of somebody whom no attack touches. */
  mixed: string[][];
  /** Campaigns that no attack touches. */
  quiet: string[][];
}

/** Two weeks with attacks at random times on random machines. */
export async function measureCampaigns(world: World, { attacks }: WeekSize): Promise<MeasuredCampaigns> {
  const targets = new Targets(world.dice, world.estate);
  const planted = [0, 1].flatMap((week) => plantAttacks(world.dice, targets, week, attacks));
  const records: Sent[] = [...world.noise, ...planted.flatMap((one) => one.records)].sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : 1,
  );
  return await onAppliance(async (appliance) => {
    await send(appliance, records, { after: () => appliance.join() });
    return judged(await appliance.incidents(), planted);
  });
}

function judged(incidents: readonly ListedIncident[], planted: readonly Attack[]): MeasuredCampaigns {
  const attackOf = (actor: string) => planted.findIndex(({ actors }) => actors.has(actor));
  const own = planted.map(({ name, actors }) => ({
    name,
    parts: partsOf(incidents.filter(({ group_key }) => actors.has(group_key))),
  }));
  const campaigns = partsOf(incidents)
    .filter((actors) => actors.length > 1)
    .map((actors) => ({ actors, of: new Set(actors.map(attackOf)) }));
  const touching = ({ of }: { of: Set<number> }) => [...of].filter((attack) => attack >= 0).length;
  const named = (list: typeof campaigns) => list.map(({ actors }) => actors);
  return {
    attacks: own.filter(({ parts }) => parts.length > 0).length,
    split: own.filter(({ parts }) => parts.length > 1),
    glued: named(campaigns.filter((one) => touching(one) > 1)),
    mixed: named(campaigns.filter((one) => touching(one) === 1 && one.of.has(-1))),
    quiet: named(campaigns.filter((one) => touching(one) === 0)),
  };
}

/** Actors by campaign; one without a campaign is a part by itself. */
function partsOf(incidents: readonly ListedIncident[]): string[][] {
  const groups = Map.groupBy(incidents, ({ incident_id, campaign_id }) => campaign_id ?? incident_id);
  return [...groups.values()].map((group) => group.map(({ group_key }) => group_key));
}
