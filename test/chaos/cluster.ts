/** `npm run chaos:cluster -- [--faults 1000] [--seed N] [--lease 5]`: a cluster under load and faults; exit code 1 at any violation. */
import { parseArgs } from "node:util";
import { clusterRun } from "./cluster-run.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "100" },
    seed: { type: "string" },
    lease: { type: "string", default: "5" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
console.log(`seed ${seed}`);
const report = await clusterRun({
  faults: Number(values.faults),
  seed,
  leaseSeconds: Number(values.lease),
  onFault: (n, fault) => console.log(`${n + 1}: ${fault}`),
});
const sorted = report.takeOvers.toSorted((a, b) => a - b);
console.log(JSON.stringify({ ...report, takeOvers: undefined }, null, 2));
console.log(
  `take-over: ${sorted.length}, median ${sorted[sorted.length >> 1]} ms, p99 ${sorted[Math.floor(sorted.length * 0.99)]} ms`,
);
process.exit(report.violations.length > 0 ? 1 : 0);
