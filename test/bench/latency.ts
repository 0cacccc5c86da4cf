/** From the moment a POST was due to its message at the receiver, at 1,000 detections per second. */
import { Child } from "./child.ts";
import { absolute, type Bench, milliseconds } from "./figure.ts";
import { Product } from "./product.ts";
import type { RoundTripResult } from "./round-trip.ts";

export const latency: Bench = {
  name: "latency",
  async run(plan) {
    const seconds = plan.quick ? 5 : 20;
    const ours: number[] = [];
    for (let run = 1; run <= plan.runs; run++) {
      const child = new Child("round-trip.ts", { perSecond: 1000, seconds });
      const { port } = await child.next<{ port: number }>();
      const product = await Product.started(plan, port);
      try {
        child.send(product.target);
        const { p50, p99, achieved } = await child.next<RoundTripResult>();
        ours.push(p99);
        plan.say(`latency ${run}: p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} at ${achieved.toFixed(0)}/s`);
      } finally {
        child.stop();
        await product.process.dispose();
      }
    }
    return [absolute("POST to receiver at 1,000/s, p99", ours, milliseconds, { below: 100 })];
  },
};
