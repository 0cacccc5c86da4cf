/** What incidents cost: intake with the incident step beside the same without it, and whether the cost grows with history. */
import { join } from "node:path";
import { type Bench, compared, type Figure, milliseconds, type Plan, rate } from "./figure.ts";
import { Product } from "./product.ts";
import type { RecordKind } from "./records.ts";

interface Rates {
  fresh: number[];
  repeated: number[];
}

const rates = (): Rates => ({ fresh: [], repeated: [] });

export const incidents: Bench = {
  name: "incidents",
  async run(plan) {
    const figures: Figure[] = [];
    // As detections come; then ten alerts of each actor at a time; and the worst, each of an actor of its own.
    for (const kind of ["sample", "actors", "detections"] as const) figures.push(...(await beside(plan, kind)));
    figures.push(await flat(plan));
    return figures;
  },
};

async function beside(plan: Plan, kind: Exclude<RecordKind, "alerts">): Promise<Figure[]> {
  const alerts = plan.quick ? 10_000 : 50_000;
  const [whole, without] = [rates(), rates()];
  const bare: Plan = { ...plan, program: [process.execPath, join(import.meta.dirname, "without-incidents.ts")] };
  for (let run = 1; run <= plan.runs; run++) {
    await measure(bare, kind, alerts, without);
    await measure(plan, kind, alerts, whole);
    const last = ({ fresh, repeated }: Rates) =>
      `${rate(fresh.at(-1) ?? 0)} new ${rate(repeated.at(-1) ?? 0)} repeated`;
    plan.say(`incidents ${run}, ${kind}: ${last(whole)}; without the step ${last(without)}`);
  }
  const name = { sample: "real detections", actors: "ten alerts to an actor", detections: "each alert another actor" }[
    kind
  ];
  const aim = { besideName: "without incidents", atLeast: kind === "sample" ? 0.85 : 0.74 };
  return [
    compared(`intake with incidents, new, ${name}`, whole.fresh, without.fresh, rate, aim),
    compared(`intake with incidents, repeated, ${name}`, whole.repeated, without.repeated, rate, aim),
  ];
}

async function measure(plan: Plan, kind: RecordKind, alerts: number, into: Rates): Promise<void> {
  const product = await Product.started(plan);
  try {
    const fresh = await product.load({ kind, count: alerts, alerts, round: 0 });
    const repeated = await product.load({ kind, count: 2 * alerts, alerts, round: 1000 });
    into.fresh.push(fresh.records / fresh.seconds);
    into.repeated.push(repeated.records / repeated.seconds);
  } finally {
    await product.process.dispose();
  }
}

/** The same detections again with a hundred times the alerts, actors and open incidents in the database. */
async function flat(plan: Plan): Promise<Figure> {
  const [few, many] = plan.quick ? [2_000, 20_000] : [10_000, 1_000_000];
  const small: number[] = [];
  const large: number[] = [];
  const product = await Product.started(plan);
  const probe = async (alerts: number, into: number[]) => {
    for (let run = 0; run < plan.runs; run++) {
      const load = { kind: "actors" as const, count: few, alerts, round: 1000 * run, stride: alerts / few };
      const { records, seconds, p99 } = await product.load(load);
      into.push(records / seconds);
      plan.say(`incidents, flat ${run + 1}: ${rate(records / seconds)}, p99 ${milliseconds(p99)} a batch`);
    }
  };
  try {
    await product.load({ kind: "actors", count: few, alerts: few, round: 0 });
    await probe(few, small);
    await product.load({ kind: "actors", count: many, alerts: many, round: 1 });
    await probe(many, large);
  } finally {
    await product.process.dispose();
  }
  const alerts = (count: number) => `${count.toLocaleString("en")} alerts`;
  return compared(`intake with ${alerts(many)}`, large, small, rate, { besideName: alerts(few), atLeast: 0.8 });
}
