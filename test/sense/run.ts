/**
 * `npm run sense`: how well the appliance tells attacks from noise, on the recorded attacks of the sample and on invented weeks.
 * `npm run sense -- --seed 7 --runs 5 --profile office --sample` changes what is measured; docs/correlation.md has the figures.
 */
import { parseArgs } from "node:util";
import { areaUnderCurve, median, percent } from "./measures.ts";
import { type NoiseProfile, noiseProfiles } from "./noise.ts";
import { isAtLeast, measureSample } from "./sample.ts";
import { type MeasuredWeek, measureWeeks, type PlacedAttack, weekByDays, worldOf } from "./week.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: String(noiseProfiles.length) },
    profile: { type: "string" },
    detections: { type: "string", default: "20000" },
    attacks: { type: "string", default: "12" },
    sample: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const size = { detections: Number(values.detections), attacks: Number(values.attacks) };

const weekNames = ["from an empty appliance", "after a week's history"];

await reportSample();
if (!values.sample) await reportWeeks();
process.exit(0);

async function reportSample(): Promise<void> {
  const scenarios = await measureSample();
  const emergencies = scenarios.filter((one) => one.isEmergency);
  const rest = scenarios.filter((one) => !one.isEmergency);
  const high = emergencies.filter((one) => isAtLeast(one, "high"));
  console.log(`sample: ${scenarios.length} recorded attacks, ${emergencies.length} of them emergencies`);
  console.log(`  emergencies at high or above: ${percent(high.length, emergencies.length)}`);
  const critical = emergencies.filter((one) => isAtLeast(one, "critical"));
  console.log(`  emergencies at critical: ${percent(critical.length, emergencies.length)}`);
  console.log(
    `  the rest at high or above: ${percent(rest.filter((one) => isAtLeast(one, "high")).length, rest.length)}`,
  );
  const curve = (of: "score" | "level") =>
    areaUnderCurve(
      emergencies.map((one) => one[of]),
      rest.map((one) => one[of]),
    ).toFixed(2);
  console.log(`  AUC of emergencies over the rest: ${curve("score")} by score, ${curve("level")} by the highest level`);
  const cases = scenarios.flatMap((one) => one.cases);
  console.log(
    `  cases carried by two rules or a crown jewel: ${percent(cases.filter(({ isCarried }) => isCarried).length, cases.length)}`,
  );
  const tactics = scenarios.flatMap(({ name, tactics }) => tactics.map((one) => ({ name, ...one })));
  console.log(
    `  tactics of three detections of two rules that have a case: ${percent(tactics.filter(({ hasCase }) => hasCase).length, tactics.length)}`,
  );
  if (!values.verbose) return;
  for (const { name, score } of emergencies.filter((one) => !isAtLeast(one, "high")))
    console.log(`    too low: ${score} ${name}`);
  for (const { name, score } of rest.filter((one) => isAtLeast(one, "high"))) console.log(`    rest: ${score} ${name}`);
  for (const { name, family } of tactics.filter(({ hasCase }) => !hasCase))
    console.log(`    no case: ${family} ${name}`);
}

async function reportWeeks(): Promise<void> {
  const seed = Number(values.seed);
  const all: MeasuredWeek[][] = [[], []];
  for (let run = 0; run < Number(values.runs); run++) {
    const profile = profileOf(run);
    console.log(`\nseed ${seed + run}, ${profile.name}: ${size.detections} detections a week, 300 hosts, 200 users`);
    const world = worldOf(seed + run, profile, size);
    const { weeks, outbreaks } = await measureWeeks(world, size);
    for (const [week, measured] of weeks.entries()) {
      all[week]?.push(measured);
      console.log(
        `  ${weekNames[week]}: ${aDay(measured.quiet)} without an attack; attacks: ${ranks(measured.placed)}`,
      );
      if (values.verbose)
        for (const { name, rank, score } of measured.placed) console.log(`    ${rank ?? "none"} ${score} ${name}`);
    }
    console.log(`  outbreaks: ${outbreaks.quiet.size} without an attack, ${outbreaks.attacks.size} of attacks`);
    if (values.verbose)
      for (const [actor, rule] of outbreaks.quiet) console.log(`    outbreak without an attack: ${actor}: ${rule}`);
    if (run === 0) await reportOrder(seed, profile);
  }
  console.log("");
  for (const [week, measured] of all.entries()) {
    const quiet = measured.map((one) => one.quiet / 7);
    const spread = `${Math.min(...quiet).toFixed(1)} to ${Math.max(...quiet).toFixed(1)}, median ${median(quiet).toFixed(1)}`;
    const placed = measured.flatMap((one) => one.placed);
    console.log(`all runs, ${weekNames[week]}: ${spread} incidents a day without an attack; attacks: ${ranks(placed)}`);
  }
}

/** The first week, each day one batch, within the day in the order of its times and in another; the days follow each other. */
async function reportOrder(seed: number, profile: NoiseProfile): Promise<void> {
  const inOrder = await weekByDays(worldOf(seed, profile, size), false);
  const shuffled = await weekByDays(worldOf(seed, profile, size), true);
  const actors = [...new Set([...inOrder.keys(), ...shuffled.keys()])];
  const differ = actors.filter((actor) => inOrder.get(actor) !== shuffled.get(actor));
  console.log(
    `  each day in another order: ${differ.length === 0 ? "nothing changes" : `${differ.length} actors differ`}`,
  );
}

function profileOf(run: number): NoiseProfile {
  const named = noiseProfiles.find(({ name }) => name === values.profile);
  const profile = named ?? noiseProfiles[run % noiseProfiles.length];
  if (profile === undefined || (values.profile !== undefined && named === undefined))
    throw new Error(`no profile ${values.profile}: ${noiseProfiles.map(({ name }) => name).join(", ")}`);
  return profile;
}

function aDay(incidents: number): string {
  return `${(incidents / 7).toFixed(1)} incidents a day`;
}

function ranks(placed: readonly PlacedAttack[]): string {
  const found = placed.flatMap(({ rank }) => rank ?? []);
  const first = found.filter((rank) => rank <= 20).length;
  return `${percent(first, placed.length)} in the first 20, ${placed.length - found.length} without incident, worst rank ${Math.max(0, ...found)}`;
}
