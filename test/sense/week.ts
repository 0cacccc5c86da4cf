/** Weeks of an invented company: what a quiet one gives, and where attacks stand that are put into it. */
import { dayMs, hourMs } from "../../core/time.ts";
import { Dice } from "../chaos/dice.ts";
import { type Attack, isEmergency, moveAttack, sampleScenarios, Targets } from "./attacks.ts";
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
    await appliance.followActors();
    await after?.(end);
  }
}

export interface PlacedAttack {
  name: string;
  /** Of its incident with the highest risk, at its end, among all incidents; null = it has none. */
  rank: number | null;
  score: number;
}

export interface MeasuredWeek {
  /** New incidents of actors that no attack touches. */
  quiet: number;
  placed: PlacedAttack[];
}

/** Both weeks, and the outbreaks in them. */
export interface MeasuredWeeks {
  weeks: MeasuredWeek[];
  /** By actor, with the rule: of actors that no attack touches, and of those of attacks. */
  outbreaks: { quiet: Map<string, string>; attacks: Map<string, string> };
}

/**
 * Two weeks with attacks at random times on random machines, the first from an empty appliance. In the second week the incidents of the
 * first week's attacks do not count for ranks: they have been dealt with.
 */
export async function measureWeeks(world: World, { attacks }: WeekSize): Promise<MeasuredWeeks> {
  const targets = new Targets(world.dice, world.estate);
  const weeks = [0, 1].map((week) => plantAttacks(world.dice, targets, week, attacks));
  const planted = weeks.flat();
  const records: Sent[] = [...world.noise, ...planted.flatMap((one) => one.records)].sort((a, b) =>
    a.timestamp < b.timestamp ? -1 : 1,
  );
  return await onAppliance(async (appliance) => {
    const waiting = new Set(planted);
    const placed = new Map<Attack, PlacedAttack>();
    const settle = async (at: number) => {
      const over = [...waiting].filter(({ end }) => end < at);
      const incidents = over.length === 0 ? [] : await appliance.incidents();
      for (const attack of over) {
        waiting.delete(attack);
        const past = weeks[1]?.includes(attack) === true ? (weeks[0] ?? []) : [];
        placed.set(attack, place(attack, without(incidents, past)));
      }
    };
    await send(appliance, records, { after: settle });
    await settle(Number.POSITIVE_INFINITY);
    const quiet = without(await appliance.incidents(), planted);
    const outbreaks = (await appliance.outbreaks()).map(({ actor, rule }) => [actor, rule] as [string, string]);
    const isOfAttack = ([actor]: [string, string]) => planted.some(({ actors }) => actors.has(actor));
    return {
      weeks: weeks.map((own, week) => ({
        quiet: quiet.filter(({ created_at }) => weekOf(Date.parse(created_at)) === week).length,
        placed: own.flatMap((attack) => placed.get(attack) ?? []),
      })),
      outbreaks: {
        quiet: new Map(outbreaks.filter((one) => !isOfAttack(one))),
        attacks: new Map(outbreaks.filter(isOfAttack)),
      },
    };
  });
}

function plantAttacks(dice: Dice, targets: Targets, week: number, attacks: number): Attack[] {
  const begin = start + week * weekMs;
  const chosen = dice.shuffled(sampleScenarios().filter(hasMedium).filter(isEmergency)).slice(0, attacks);
  // All of them end within the week.
  return chosen.map((scenario) => moveAttack(targets, scenario, begin + dice.next() * 6.5 * dayMs));
}

/** A batch is taken in at its end, so what happens in a week's last hour is recorded when the week is over. */
function weekOf(recorded: number): number {
  return Math.floor((recorded - 1 - start) / weekMs);
}

function without(incidents: readonly ListedIncident[], attacks: readonly Attack[]): ListedIncident[] {
  return incidents.filter(({ group_key }) => !attacks.some(({ actors }) => actors.has(group_key)));
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
