/** The same program under Bun, Deno and Node, in turns: start, idle memory, intake. For docs/runtimes.md, which has no aims. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeProgram } from "../runtimes/installed.mjs";
import { type Bench, type Figure, median, megabytes, milliseconds, type Plan, rate, seconds } from "./figure.ts";
import { cpuSeconds, pause, residentBytes } from "./machine.ts";
import { Product } from "./product.ts";

const root = join(import.meta.dirname, "../..");
const kinds = {
  start: { name: "start to ready", show: milliseconds },
  idle: { name: "idle memory", show: megabytes },
  fresh: { name: "intake, new", show: rate },
  repeated: { name: "intake, repeated", show: rate },
  cpu: { name: "CPU for a million of both", show: seconds },
} as const;
type Measured = Record<keyof typeof kinds, number>;

export const runtimes: Bench = {
  name: "runtimes",
  async run(plan) {
    const built = mkdtempSync(join(tmpdir(), "rhythmx-node-"));
    try {
      Bun.spawnSync([process.execPath, join(root, "appliance/packaging/build-node.ts"), "--outdir", built]);
      const programs: Record<string, string[] | undefined> = {
        bun: plan.program,
        deno: [runtimeProgram("deno"), "run", "--allow-all", join(root, "main.ts")],
        node: [runtimeProgram("node"), join(built, "rhythmx.mjs")],
      };
      const runs: Record<string, Measured>[] = [];
      for (let run = 1; run <= plan.runs; run++) {
        const measured: Record<string, Measured> = {};
        for (const [name, program] of Object.entries(programs)) {
          const { program: _, ...rest } = plan;
          measured[name] = await oneRun(program === undefined ? rest : { ...rest, program });
          const said = Object.entries(kinds).map(([key, { show }]) =>
            show(measured[name]?.[key as keyof Measured] ?? 0),
          );
          plan.say(`runtimes ${run}: ${name} ${said.join(", ")}`);
        }
        runs.push(measured);
      }
      return ["deno", "node"].flatMap((name) => figuresOf(name, runs));
    } finally {
      rmSync(built, { recursive: true, force: true });
    }
  },
};

async function oneRun(plan: Plan): Promise<Measured> {
  const alerts = plan.quick ? 5_000 : 20_000;
  const product = await Product.started(plan);
  try {
    const cpuBefore = cpuSeconds(product.process.pid);
    const fresh = await product.load({ count: alerts, alerts, round: 0 });
    const repeated = await product.load({ count: alerts, alerts, round: 1 });
    const cpu = (cpuSeconds(product.process.pid) - cpuBefore) * (1e6 / (2 * alerts));
    await product.process.terminate();
    const before = performance.now();
    await product.process.start();
    const start = performance.now() - before;
    await pause(plan.quick ? 3_000 : 10_000);
    const idle = residentBytes(product.process.pid);
    return { start, idle, cpu, fresh: fresh.records / fresh.seconds, repeated: repeated.records / repeated.seconds };
  } finally {
    await product.process.dispose();
  }
}

/** A runtime beside Bun, with the median of the runs' own ratios. */
function figuresOf(name: string, runs: Record<string, Measured>[]): Figure[] {
  return Object.entries(kinds).map(([key, { name: what, show }]) => {
    const of = (runtime: string) => runs.map((run) => run[runtime]?.[key as keyof Measured] ?? Number.NaN);
    const [ours, bun] = [of(name), of("bun")];
    return {
      name: `${name}: ${what}`,
      ours: show(median(ours)),
      beside: `bun ${show(median(bun))}`,
      ratio: `${median(ours.map((value, run) => value / (bun[run] ?? Number.NaN))).toFixed(2)} ×`,
      aim: "",
      reached: null,
    };
  });
}
