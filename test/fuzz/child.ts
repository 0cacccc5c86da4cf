/**
 * Tries one target for a while: started by `run.ts`, which ends it where it hangs. Each input is in a file before it is tried. Prints a line of JSON
 * for each finding, and one for the whole.
 */
import { writeFileSync } from "node:fs";
import { Pool } from "./outcomes.ts";
import { type Finding, search } from "./search.ts";
import { corpusOf, targets } from "./targets.ts";

const [name = "", seedText = "1", secondsText = "1", current = "/dev/null"] = process.argv.slice(2);
const target = targets.find((one) => one.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
// Not by the time of day, which may be set meanwhile.
const until = performance.now() + Number(secondsText) * 1_000;
const known = new Set<string>();
const pool = new Pool([...corpusOf(name).values()]);
/** Far more than work in proportion to the largest input takes, and far less than work that grows with its square. */
const slowMs = target.slowMs ?? 2_000;
const before = (input: Uint8Array) => writeFileSync(current, input);
let tried = 0;
let slowest = { ms: 0, bytes: 0 };

function tell(finding: Finding): void {
  const { key, message, input } = finding;
  console.log(JSON.stringify({ key, message, input: Buffer.from(input).toString("base64") }));
}

for (let seed = Number(seedText); performance.now() < until && known.size < 20; seed++) {
  const found = await search(target, { seed, runs: 500, known, pool, before, until, slowMs });
  tried += found.tried;
  if (found.slowest.ms > slowest.ms) slowest = found.slowest;
  if (found.finding === null) continue;
  known.add(found.finding.key);
  tell(found.finding);
}
console.log(JSON.stringify({ tried, slowest, kept: pool.inputs.length }));
process.exit(0);
