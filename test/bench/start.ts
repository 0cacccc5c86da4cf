/** From the start of the program to its first good answer, with 100,000 alerts in the database; and its memory when idle. */
import { absolute, type Bench, megabytes, milliseconds } from "./figure.ts";
import { pause, residentBytes } from "./machine.ts";
import { Product } from "./product.ts";

export const start: Bench = {
  name: "start",
  async run(plan) {
    const alerts = plan.quick ? 20_000 : 100_000;
    const ready: number[] = [];
    const idle: number[] = [];
    const product = await Product.started(plan);
    try {
      await product.load({ count: alerts, alerts, round: 0 });
      for (let run = 1; run <= plan.runs; run++) {
        await product.process.terminate();
        const before = performance.now();
        await product.process.start();
        ready.push(performance.now() - before);
        await pause(plan.quick ? 3000 : 10_000);
        idle.push(residentBytes(product.process.pid));
        plan.say(`start ${run}: ${milliseconds(ready.at(-1) ?? 0)}, idle ${megabytes(idle.at(-1) ?? 0)}`);
      }
    } finally {
      await product.process.dispose();
    }
    const name = `${alerts.toLocaleString("en")} alerts`;
    return [
      absolute(`start to ready, ${name}`, ready, milliseconds, { below: 300 }),
      absolute(`idle memory, ${name}`, idle, megabytes, { below: 80e6 }),
    ];
  },
};
