/**
 * `npm run sense:campaigns`: how well campaigns tell one attack from two and from noise, on invented weeks with the sample's and with invented
 * attacks. `npm run sense:campaigns -- --seed 7 --runs 1 --profile office --verbose`; docs/correlation.md has the figures.
 */
import { parseArgs } from "node:util";
import { minuteMs } from "../../core/time.ts";
import type { CampaignFigures } from "./campaign-measures.ts";
import { measureCampaigns, measureInvented, measureQuiet, measureRecorded } from "./campaign-weeks.ts";
import { campaignWorld } from "./campaign-world.ts";
import { percent } from "./measures.ts";
import { noiseProfiles } from "./noise.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "3" },
    profile: { type: "string" },
    detections: { type: "string", default: "20000" },
    attacks: { type: "string", default: "48" },
    days: { type: "string", default: "14" },
    /** Only attacks alone. */
    alone: { type: "boolean", default: false },
    /** Minutes of detections in one batch. */
    batch: { type: "string", default: "60" },
    verbose: { type: "boolean", default: false },
  },
});
const size = { detections: Number(values.detections), attacks: Number(values.attacks), days: Number(values.days) };
const batch = Number(values.batch) * minuteMs;

console.log("the sample as it was recorded, each attack an entity of its own:");
report(await measureRecorded());
console.log("invented attacks, each an entity of its own:");
report(await measureInvented(Number(values.seed), 4));

if (values.alone) process.exit(0);

const all: CampaignFigures[] = [];
let quietCampaigns = 0;
for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run;
  const profile =
    noiseProfiles.find(({ name }) => name === values.profile) ?? noiseProfiles[run % noiseProfiles.length];
  if (profile === undefined) throw new Error("no profile");
  console.log(`\nseed ${seed}, ${profile.name}: ${size.days} days, ${size.detections} detections a week`);
  const world = campaignWorld(seed, profile, size);
  const quiet = await measureQuiet(world, batch);
  quietCampaigns += quiet.ofNoise.length;
  console.log(`  without attacks: ${quiet.incidents} incidents, ${quiet.ofNoise.length} campaigns`);
  for (const { actors, links } of quiet.ofNoise.slice(0, 10)) console.log(`    ${actors.join(", ")}: ${some(links)}`);
  const figures = await measureCampaigns(world, batch);
  all.push(figures);
  report(figures);
}
console.log("\nall runs:");
const sum = (of: (one: CampaignFigures) => number) => all.reduce((total, one) => total + of(one), 0);
const attacks = sum((one) => one.attacks);
console.log(
  `  attacks split without a common campaign: ${percent(
    sum((one) => one.split.length),
    attacks,
  )}`,
);
console.log(
  `  of ${sum((one) => one.inPieces)} with two incidents or more, ${sum((one) => one.seen)} with one at least`,
);
console.log(`  campaigns of two attacks: ${sum((one) => one.mixed.length)}`);
console.log(`  campaigns of an attack with incidents of noise: ${sum((one) => one.withNoise.length)}`);
console.log(
  `  campaigns of noise alone beside attacks: ${sum((one) => one.ofNoise.length)}; without attacks: ${quietCampaigns}`,
);
process.exit(0);

function report({ attacks, seen, inPieces, split, mixed, withNoise, ofNoise, met }: CampaignFigures): void {
  console.log(`  ${attacks} attacks, ${seen} with an incident, ${inPieces} with two or more`);
  const shown = split.filter(({ isShown }) => isShown).length;
  console.log(
    `  split without a common campaign: ${percent(split.length, attacks)}, ${shown} of them though records name the other part`,
  );
  for (const { name, parts, isShown } of split)
    console.log(
      `    ${isShown ? "" : "(nothing names the other) "}${name}: ${parts.map((part) => part.map((actor) => actor.replace(`${name}: `, "")).join("+")).join(" | ")}`,
    );
  console.log(`  campaigns of two attacks: ${mixed.length}`);
  for (const { campaign, attacks, links } of mixed)
    console.log(`    ${campaign} ${attacks.join(", ")}: ${some(links)}`);
  console.log(`  campaigns of an attack with incidents of noise: ${withNoise.length}`);
  for (const { attacks, noise, links } of withNoise)
    console.log(`    ${attacks.join(", ")} with ${noise.join(", ")}: ${some(links)}`);
  console.log(`  campaigns of noise alone: ${ofNoise.length}`);
  for (const { actors, links } of ofNoise.slice(0, 10)) console.log(`    ${actors.join(", ")}: ${some(links)}`);
  if (met.length > 0)
    console.log(`  attacks that met in one incident: ${met.map((names) => names.join("+")).join(", ")}`);
}

function some(links: readonly string[]): string {
  const shown = values.verbose ? links : links.slice(0, 4);
  return shown.join("; ") + (links.length > shown.length ? `; and ${links.length - shown.length} more` : "");
}
