/** One durable detection per request, beside what the disk itself takes for one durable append. */
import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type Bench, compared, milliseconds, quantile } from "./figure.ts";
import { Product } from "./product.ts";

export const single: Bench = {
  name: "single",
  async run(plan) {
    const requests = plan.quick ? 500 : 3000;
    const ours: number[] = [];
    const disk: number[] = [];
    const product = await Product.started(plan);
    try {
      for (let run = 1; run <= plan.runs; run++) {
        disk.push(appends(join(product.process.folder, "data", "append"), requests));
        const load = { batch: 1, connections: 1, count: requests, alerts: requests, round: run };
        const { p50, p99 } = await product.load(load);
        ours.push(p99);
        plan.say(
          `single ${run}: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}; fdatasync p99 ${milliseconds(disk.at(-1) ?? 0)}`,
        );
      }
    } finally {
      await product.process.dispose();
    }
    return [
      compared("one detection per request, p99", ours, disk, milliseconds, { besideName: "fdatasync", atMost: 4 }),
    ];
  },
};

/** p99 of fdatasync after an append of 4 KiB, milliseconds. */
function appends(file: string, count: number): number {
  const block = Buffer.alloc(4096, 1);
  const descriptor = openSync(file, "w");
  const took: number[] = [];
  for (let index = 0; index < count; index++) {
    const before = performance.now();
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
    took.push(performance.now() - before);
  }
  closeSync(descriptor);
  return quantile(took, 0.99);
}
