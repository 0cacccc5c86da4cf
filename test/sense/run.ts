/**
 * `npm run sense`: how well the appliance tells attacks from noise, on the recorded attacks of the sample and on invented weeks.
 * `npm run sense -- --seed 7 --runs 5 --profile office --sample` changes what is measured; docs/correlation.md has the figures.
 */
import { parseArgs } from "node:util";
import { areaUnderCurve, median, percent } from "./measures.ts";
import { type NoiseProfile, noiseProfiles } from "./noise.ts";
import { isAtLeast, measureSample } from "./sample.ts";
import { attackedWeek, type PlacedAttack, quietWeeks, weekByDays, worldOf } from "./week.ts";

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
  if (!values.verbose) return;
  for (const { name, score } of emergencies.filter((one) => !isAtLeast(one, "high")))
    console.log(`    too low: ${score} ${name}`);
  for (const { name, score } of rest.filter((one) => isAtLeast(one, "high"))) console.log(`    rest: ${score} ${name}`);
}

async function reportWeeks(): Promise<void> {
  const seed = Number(values.seed);
  const all: { quiet: number[][]; placed: PlacedAttack[][] } = { quiet: [[], []], placed: [[], []] };
  for (let run = 0; run < Number(values.runs); run++) {
    const profile = profileOf(run);
    const world = worldOf(seed + run, profile, size);
    const { first, second } = await quietWeeks(world);
    const [inFirst, inSecond] = [await attackedWeek(world, 0, size), await attackedWeek(world, 1, size)];
    const [inOrder, shuffled] = [await weekByDays(world, false), await weekByDays(world, true)];
    const differ = [...new Set([...inOrder.keys(), ...shuffled.keys()])].filter(
      (actor) => inOrder.get(actor) !== shuffled.get(actor),
    );
    console.log(`\nseed ${seed + run}, ${profile.name}: ${size.detections} detections a week, 300 hosts, 200 users`);
    console.log(
      `  quiet week from an empty appliance: ${aDay(first.length)}; after a week's history: ${aDay(second.length)}`,
    );
    console.log(`  attacks from an empty appliance: ${ranks(inFirst)}`);
    console.log(`  attacks after a week's history: ${ranks(inSecond)}`);
    console.log(
      `  days in another order: ${differ.length === 0 ? "nothing changes" : `${differ.length} actors differ`}`,
    );
    if (values.verbose)
      for (const { name, rank, score } of [...inFirst, ...inSecond])
        console.log(`    ${rank ?? "none"} ${score} ${name}`);
    for (const [week, incidents] of [first, second].entries()) all.quiet[week]?.push(incidents.length / 7);
    for (const [week, placed] of [inFirst, inSecond].entries()) all.placed[week]?.push(...placed);
  }
  console.log("");
  for (const [week, name] of ["from an empty appliance", "after a week's history"].entries()) {
    const quiet = all.quiet[week] ?? [];
    const spread = `${Math.min(...quiet).toFixed(1)} to ${Math.max(...quiet).toFixed(1)}, median ${median(quiet).toFixed(1)}`;
    console.log(
      `all runs, ${name}: ${spread} incidents a day in a quiet week; attacks: ${ranks(all.placed[week] ?? [])}`,
    );
  }
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
