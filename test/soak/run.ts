/**
 * `npm run soak [-- --minutes N | --hours N] [--seed N] [--binary]`: the real program for half an hour or for hours at 60 % of what it takes,
 * while receivers and ticket systems fail by turns, and people, pollers and the console go on. In the end a model says what must have
 * arrived; exit code 1 where it did not.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { machineLine } from "../bench/machine.ts";
import { aimsOf, tableOf } from "./report.ts";
import { runSoak } from "./soak.ts";

const mostMinutes = 24 * 60;
const fail = (message: string): never => {
  console.error(`soak: ${message}`);
  process.exit(2);
};

const { values } = parseArgs({
  options: {
    hours: { type: "string" },
    minutes: { type: "string" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
    binary: { type: "boolean", default: false },
  },
});
const given = values.hours === undefined ? Number(values.minutes ?? 30) : Number(values.hours) * 60;
if (values.hours !== undefined && values.minutes !== undefined) fail("--hours or --minutes, not both");
if (!(given >= 0.1 && given <= mostMinutes)) fail("--minutes takes a number from 0.1 to 1440, --hours one up to 24");
if (!/^\d{1,9}$/.test(values.seed)) fail("--seed takes a whole number of at most nine digits");
const binary = join(import.meta.dirname, `../../dist/rhythmx-linux-${process.arch}`);
if (values.binary && !existsSync(binary)) fail("there is no binary: run npm run build first");

console.log(`seed ${values.seed}, ${given} minutes`);
const report = await runSoak(
  { seed: Number(values.seed), minutes: given, ...(values.binary ? { program: [binary] } : {}) },
  (text) => console.log(text),
);
const { violations } = report;
const missed = aimsOf(report, given);
console.log(`\n${tableOf(report, given, values.seed)}\n`);
console.log(machineLine([]));
const kinds = Map.groupBy(violations, (text) => text.replace(/\d+/g, "N"));
for (const [first = "", ...others] of [...kinds.values()].slice(0, 30))
  console.log(`violation: ${first}${others.length > 0 ? `, and ${others.length} more like it` : ""}`);
for (const one of missed) console.log(`missed: ${one}`);
const good = violations.length === 0 && missed.length === 0;
console.log(`soak ${good ? "passed" : "FAILED"}: ${violations.length} violations, ${missed.length} aims missed`);
process.exit(good ? 0 : 1);
