/** Plays an invented world through store and intake, and says what became of its attacks. */
import { dayMs, hourMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { sampleScenarios, Targets } from "./attacks.ts";
import { type CampaignFigures, judgeCampaigns } from "./campaign-measures.ts";
import { type CampaignWorld, worldStart } from "./campaign-world.ts";
import { estateOf } from "./estate.ts";
import { intrusion, playbooks } from "./intrusions/playbooks.ts";
import { actorsOf, type KnownAttack, type KnownRecord, ofAttack } from "./known-attack.ts";
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
  return await measureAlone(
    sampleScenarios().map(({ source, name }) => {
      const records = bySource.get(source) ?? [];
      return { name, records, actors: actorsOf(ofAttack(name, records)), start: 0, end: 0 };
    }),
  );
}

/** Invented attacks, `times` of each kind, each an entity of its own. */
export async function measureInvented(seed: number, times: number): Promise<CampaignFigures> {
  const attacks = Array.from({ length: times }, (_, round) =>
    playbooks.map((playbook, at) => {
      const dice = new Dice(seed * 10_000 + round * 100 + at);
      const estate = estateOf(dice);
      return intrusion(dice, new Targets(dice, estate), estate, playbook, worldStart);
    }),
  );
  return await measureAlone(attacks.flat().map((attack, at) => ({ ...attack, name: `${attack.name}-${at}` })));
}

async function measureAlone(attacks: readonly KnownAttack[]): Promise<CampaignFigures> {
  const appliance = await MeasuredAppliance.started(worldStart);
  try {
    for (const { name, records } of attacks) {
      // One alert of two attacks would be one.
      await appliance.ingest(records.map((record, at) => ({ ...record, id: `${name}-${at}`, entity: name })));
      await appliance.followActors();
    }
    const of = (entity: string, actor: string) => `${entity}: ${actor}`;
    const incidents = (await appliance.incidents()).map((row) => ({
      ...row,
      group_key: of(row.entity_name, row.group_key),
    }));
    const named = attacks.map(({ actors, ...attack }) => ({
      ...attack,
      actors: new Set([...actors].map((actor) => of(attack.name, actor))),
    }));
    return judgeCampaigns(named, incidents, await appliance.links());
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
