/**
 * `npm run bench [-- --runs N] [--only NAME] [--quick] [--binary]`: what the product does beside its limits and peers, measured in
 * turns on the same machine. Prints a table and writes nothing (docs/benchmarks.md says what each figure means).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cluster } from "./cluster.ts";
import { console as consolePages } from "./console.ts";
import { drain } from "./drain.ts";
import { feed } from "./feed.ts";
import { type Bench, type Figure, type Plan, table } from "./figure.ts";
import { growth } from "./growth.ts";
import { hourly } from "./hourly.ts";
import { incidents } from "./incidents.ts";
import { intake } from "./intake.ts";
import { latency } from "./latency.ts";
import { machineLine } from "./machine.ts";
import { findPeers } from "./peers.ts";
import { runtimes } from "./runtimes.ts";
import { single } from "./single.ts";
import { size } from "./size.ts";
import { start } from "./start.ts";
import { tickets } from "./tickets.ts";

const benches: readonly Bench[] = [
  intake,
  incidents,
  drain,
  hourly,
  single,
  latency,
  feed,
  consolePages,
  tickets,
  start,
];

/** Only when asked for: it installs Deno and Node; it takes half an hour; it measures bytes, which do not change from day to day; it needs etcd. */
const onDemand: readonly Bench[] = [runtimes, growth, size, cluster];

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "5" },
    only: { type: "string" },
    quick: { type: "boolean", default: false },
    binary: { type: "boolean", default: false },
  },
});
const binary = join(import.meta.dirname, `../../dist/rhythmx-linux-${process.arch}`);
const fail = (message: string): never => {
  console.error(`bench: ${message}`);
  process.exit(2);
};
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1) fail("--runs takes a whole number from 1 on");
if (values.binary && !existsSync(binary)) fail("there is no binary: run npm run build first");
const all = [...benches, ...onDemand];
const chosen = values.only === undefined ? benches : all.filter(({ name }) => name === values.only);
if (chosen.length === 0) fail(`--only takes one of ${all.map(({ name }) => name).join(", ")}`);

const plan: Plan = {
  runs,
  quick: values.quick,
  ...(values.binary ? { program: [binary] } : {}),
  say: (text) => console.log(`  ${text}`),
};
const { versions } = findPeers();
const figures: Figure[] = [];
for (const bench of chosen) {
  console.log(`${bench.name} …`);
  figures.push(...(await bench.run(plan)));
}
console.log(`\n${table(figures)}\n`);
console.log(machineLine(versions));
console.log(
  `medians of ${runs}${values.quick ? ", quick: not to be quoted" : ""}, ${values.binary ? "binary" : "checkout"}`,
);
process.exit(0);
