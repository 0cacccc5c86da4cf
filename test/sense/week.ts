/** Weeks of an invented company: what a quiet one gives, and where attacks stand that are put into it. */
import { dayMs, hourMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { type Attack, isEmergency, moveAttack, sampleScenarios } from "./attacks.ts";
import { type Estate, estateOf } from "./estate.ts";
import { type ListedIncident, MeasuredAppliance } from "./measured-appliance.ts";
import { rankOf } from "./measures.ts";
import { type NoiseProfile, type NoiseRecord, quietDetections } from "./noise.ts";

const weekMs = 7 * dayMs;
/** A Monday. */
const start = Date.UTC(2026, 8, 7);

export interface WeekSize {
  /** Detections a week. */
  detections: number;
  attacks: number;
}

export interface World {
  estate: Estate;
  /** Two weeks. */
  noise: NoiseRecord[];
  dice: Dice;
}

export function worldOf(seed: number, profile: NoiseProfile, { detections }: WeekSize): World {
  const dice = new Dice(seed);
  const estate = estateOf(dice);
  return { estate, dice, noise: quietDetections(dice, estate, profile, { start, days: 14, count: 2 * detections }) };
}

type Sent = { timestamp: string };

/** Sends records as they happen, in batches of an hour or a day, with the appliance's clock beside them. */
async function send(
  appliance: MeasuredAppliance,
  records: readonly Sent[],
  { batch = hourMs, after }: { batch?: number; after?: (at: number) => Promise<void> } = {},
): Promise<void> {
  const batches = Map.groupBy(records, ({ timestamp }) => Math.floor(Date.parse(timestamp) / batch));
  let day = 0;
  for (const number of [...batches.keys()].sort((a, b) => a - b)) {
    const end = (number + 1) * batch;
    appliance.now = Math.max(appliance.now, end);
    if (Math.floor(end / dayMs) > day) {
      day = Math.floor(end / dayMs);
      while (await appliance.store.incidents.decayScores(appliance.now));
    }
    await appliance.ingest(batches.get(number) ?? []);
    await after?.(end);
  }
}

/** Incidents of two quiet weeks, the first from an empty appliance. */
export async function quietWeeks({ noise }: World): Promise<{ first: ListedIncident[]; second: ListedIncident[] }> {
  return await onAppliance(async (appliance) => {
    await send(appliance, noise);
    const incidents = await appliance.incidents();
    const isFirst = ({ created_at }: ListedIncident) => Date.parse(created_at) <= start + weekMs;
    return { first: incidents.filter(isFirst), second: incidents.filter((one) => !isFirst(one)) };
  });
}

export interface PlacedAttack {
  name: string;
  /** Of its incident with the highest risk, at its end, among all incidents; null = it has none. */
  rank: number | null;
  score: number;
}

/** A week with attacks at random times on random machines; `week` 0 is the first of an empty appliance, 1 the one after. */
export async function attackedWeek(world: World, week: 0 | 1, { attacks }: WeekSize): Promise<PlacedAttack[]> {
  const { dice, estate, noise } = world;
  const begin = start + week * weekMs;
  const chosen = dice.shuffled(sampleScenarios().filter(hasMedium).filter(isEmergency)).slice(0, attacks);
  const planted = chosen.map((scenario) => moveAttack(dice, estate, scenario, begin + dice.next() * 6.5 * dayMs));
  const records: Sent[] = [...noise, ...planted.flatMap((one) => one.records)].filter(
    ({ timestamp }) => Date.parse(timestamp) < begin + weekMs,
  );
  const placed: PlacedAttack[] = [];
  const waiting = new Set(planted);
  await onAppliance(async (appliance) => {
    const after = async (at: number) => {
      for (const attack of [...waiting].filter(({ end }) => end < at)) {
        waiting.delete(attack);
        placed.push(place(attack, await appliance.incidents()));
      }
    };
    await send(appliance, records, { after });
    for (const attack of waiting) placed.push(place(attack, await appliance.incidents()));
  });
  return placed;
}

function hasMedium({ levels }: { levels: Record<string, number> }): boolean {
  return ["medium", "high", "critical"].some((level) => level in levels);
}

function place({ name, actors }: Attack, incidents: readonly ListedIncident[]): PlacedAttack {
  const own = incidents.filter(({ group_key }) => actors.has(group_key));
  const others = incidents.filter(({ group_key }) => !actors.has(group_key));
  const score = Math.max(0, ...own.map(({ risk_score }) => risk_score));
  const scores = others.map(({ risk_score }) => risk_score);
  return { name, score, rank: own.length === 0 ? null : rankOf(score, scores) };
}

/** Score by actor after a week whose days are sent as one batch each, in the order of their times or in any. */
export async function weekByDays({ noise, dice }: World, isShuffled: boolean): Promise<Map<string, number>> {
  const week = noise.filter(({ timestamp }) => Date.parse(timestamp) < start + weekMs);
  return await onAppliance(async (appliance) => {
    await send(appliance, isShuffled ? dice.shuffled(week) : week, { batch: dayMs });
    return new Map((await appliance.incidents()).map(({ group_key, risk_score }) => [group_key, risk_score]));
  });
}

async function onAppliance<T>(run: (appliance: MeasuredAppliance) => Promise<T>): Promise<T> {
  const appliance = await MeasuredAppliance.started(start);
  try {
    return await run(appliance);
  } finally {
    await appliance.close();
  }
}
