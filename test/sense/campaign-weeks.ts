/** Plays an invented world through store and intake, and says what became of its attacks. */
import { dayMs, hourMs } from "../../core/time.ts";
import { sampleScenarios } from "./attacks.ts";
import { type CampaignFigures, judgeCampaigns } from "./campaign-measures.ts";
import { type CampaignWorld, worldStart } from "./campaign-world.ts";
import { actorsOf, type KnownAttack, type KnownRecord } from "./known-attack.ts";
import { MeasuredAppliance } from "./measured-appliance.ts";
import { sampleRecords } from "./rules.ts";

/** Everything together; `batch` (ms): how much of the detections' time is sent at once. */
export async function measureCampaigns(world: CampaignWorld, batch = hourMs): Promise<CampaignFigures> {
  const { noise, visits, attacks } = world;
  return await played([...noise, ...visits, ...attacks.flatMap(({ records }) => records)], batch, async (appliance) =>
    judgeCampaigns(attacks, await appliance.incidents(), await appliance.links()),
  );
}

/** The sample as it was recorded, each attack an entity of its own. */
export async function measureRecorded(): Promise<CampaignFigures> {
  const bySource = Map.groupBy(sampleRecords(), ({ source }) => source);
  const appliance = await MeasuredAppliance.started(worldStart);
  try {
    const attacks: KnownAttack[] = [];
    for (const { source, name } of sampleScenarios()) {
      const records = bySource.get(source) ?? [];
      await appliance.ingest(records.map((record) => ({ ...record, entity: name })));
      await appliance.followActors();
      attacks.push({ name, records, actors: actorsOf(records), start: 0, end: 0 });
    }
    const incidents = await appliance.incidents();
    const own = incidents.map((row) => ({ ...row, group_key: `${row.entity_name}: ${row.group_key}` }));
    const named = attacks.map((attack) => ({
      ...attack,
      actors: new Set([...attack.actors].map((actor) => `${attack.name}: ${actor}`)),
    }));
    return judgeCampaigns(named, own, await appliance.links());
  } finally {
    await appliance.close();
  }
}

/** Nothing but noise: how many incidents and campaigns it makes. */
export async function measureQuiet(
  { noise }: CampaignWorld,
  batch = hourMs,
): Promise<CampaignFigures & { incidents: number }> {
  return await played(noise, batch, async (appliance) => {
    const incidents = await appliance.incidents();
    return { incidents: incidents.length, ...judgeCampaigns([], incidents, await appliance.links()) };
  });
}

async function played<T>(
  records: readonly KnownRecord[],
  batch: number,
  judge: (appliance: MeasuredAppliance) => Promise<T>,
): Promise<T> {
  const appliance = await MeasuredAppliance.started(worldStart);
  try {
    const batches = Map.groupBy(records, ({ timestamp }) => Math.floor(Date.parse(timestamp) / batch));
    let day = Math.floor(worldStart / dayMs);
    for (const number of [...batches.keys()].sort((a, b) => a - b)) {
      const end = (number + 1) * batch;
      appliance.now = Math.max(appliance.now, end);
      if (Math.floor(end / dayMs) > day) {
        day = Math.floor(end / dayMs);
        while (await appliance.store.incidents.decayScores(appliance.now));
      }
      const sorted = (batches.get(number) ?? []).sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1));
      await appliance.ingest(sorted);
      await appliance.followActors();
    }
    return await judge(appliance);
  } finally {
    await appliance.close();
  }
}
