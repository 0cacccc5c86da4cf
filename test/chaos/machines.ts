/**
 * `npm run chaos:machines -- [--faults 1000] [--incidents 300] [--seed N] [--lease 5] [--minutes N] [--kinds a,b]`: three machines in network namespaces, under load
 * and faults; exit code 1 at any violation. Needs root and the Debian packages etcd-server, iproute2 and nftables; libfaketime for clocks that jump.
 */
import { parseArgs } from "node:util";
import { type FaultName, faults } from "./machines/faults.ts";
import { machinesRun } from "./machines/run.ts";

const { values } = parseArgs({
  options: {
    faults: { type: "string", default: "100" },
    incidents: { type: "string", default: "300" },
    seed: { type: "string" },
    lease: { type: "string", default: "5" },
    kinds: { type: "string" },
    minutes: { type: "string", default: "Infinity" },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
const asked = values.kinds?.split(",").filter((name): name is FaultName => name in faults);
const begun = performance.now();
console.log(`seed ${seed}`);
const report = await machinesRun({
  count: Number(values.faults),
  seed,
  incidents: Number(values.incidents),
  leaseSeconds: Number(values.lease),
  minutes: Number(values.minutes),
  ...(asked === undefined ? {} : { kinds: asked }),
  onFault: (n, fault) => console.log(`${Math.round((performance.now() - begun) / 1000)} s, ${n + 1}: ${fault}`),
});
const sorted = report.takeOvers.map(({ ms }) => ms).toSorted((a, b) => a - b);
console.log(JSON.stringify({ ...report, takeOvers: undefined }, null, 2));
for (const [fault, of] of Object.entries(Object.groupBy(report.takeOvers, ({ fault }) => fault)))
  console.log(`${fault}: ${of?.map(({ ms }) => ms).join(", ")} ms`);
for (const violation of report.violations) console.error(violation);
console.log(
  `take-over: ${sorted.length}, median ${sorted[sorted.length >> 1]} ms, p99 ${sorted[Math.ceil(sorted.length * 0.99) - 1]} ms, worst ${sorted.at(-1)} ms`,
);
process.exit(report.violations.length > 0 ? 1 : 0);
