/** What the history takes: the disk for each kind of detection, the search's index and the backup with it, and the memory that it needs. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type Figure, megabytes, type Plan } from "./figure.ts";
import { residentBytes } from "./machine.ts";
import { Product } from "./product.ts";
import type { RecordKind } from "./records.ts";

const kinds = [
  { kind: "detections", name: "a new alert of 1.2 KB, each of another actor" },
  { kind: "actors", name: "a new alert of 1.2 KB, ten to an actor, every tenth with an incident" },
  { kind: "sample", name: "a detection of the sample, with its incidents and cases" },
] as const satisfies readonly { kind: RecordKind; name: string }[];

export const size: Bench = {
  name: "size",
  async run(plan) {
    const figures: Figure[] = [];
    for (const { kind, name } of kinds) figures.push(...(await sizes(plan, kind, name)));
    return figures;
  },
};

/** Bytes do not change from run to run, so one is enough. */
async function sizes(plan: Plan, kind: RecordKind, name: string): Promise<Figure[]> {
  const alerts = plan.quick ? 10_000 : 100_000;
  const product = await Product.started(plan);
  const database = join(product.process.folder, "data", "rhythmx.db");
  /** Everything in the file, nothing in the log beside it. */
  const bytes = async () => {
    await product.indexed();
    await product.process.terminate();
    const size = statSync(database).size;
    await product.process.start();
    return size;
  };
  const line = (what: string, ours: string): Figure => ({
    name: what,
    ours,
    beside: "",
    ratio: "",
    aim: "",
    reached: null,
  });
  try {
    const empty = await bytes();
    const fresh = await product.load({ kind, count: alerts, alerts, round: 0 });
    const first = await bytes();
    const repeated = await product.load({ kind, count: 2 * alerts, alerts, round: 1000 });
    const second = await bytes();
    const idle = residentBytes(product.process.pid);
    const file = join(product.process.folder, "one.backup");
    const { code, stderr } = await product.process.runAside(["backup", file, "--force"]);
    if (code !== 0) throw new Error(`no backup: ${stderr}`);
    const each = (count: number) => `${count.toFixed(0)} B`;
    return [
      line(`database, ${name}`, each((first - empty) / fresh.records)),
      line("database, its repeat", each((second - first) / repeated.records)),
      line("backup, per MB of the database", `${(statSync(file).size / (second / 1e6) / 1000).toFixed(0)} kB`),
      line(`memory after a start on ${megabytes(second)}`, megabytes(idle)),
    ];
  } finally {
    await product.process.dispose();
  }
}
