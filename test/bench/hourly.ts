/** The hourly tick: every alert has a delta to tell; from the start of the program to the last HOURLY at the receiver. */
import { join } from "node:path";
import { Database } from "../../store/database/database.ts";
import { absolute, type Bench, seconds } from "./figure.ts";
import { Product } from "./product.ts";
import { Receiver } from "./receiver.ts";

/** Alertmanager with one notification per alert took so long for 100,000 alerts on a machine like this one (2 cores, Node receiver). */
const alertmanagerSeconds = 73;
const atMost = 0.06;

export const hourly: Bench = {
  name: "hourly",
  async run(plan) {
    const alerts = plan.quick ? 20_000 : 100_000;
    const beside = (alertmanagerSeconds * alerts) / 100_000;
    const took: number[] = [];
    const sink = await Receiver.started();
    const product = await Product.started(plan, sink.port);
    try {
      await sink.after(alerts, () => product.load({ count: alerts, alerts, round: 0 }));
      for (let run = 1; run <= plan.runs; run++) {
        await product.process.terminate();
        await ageByHours(join(product.process.folder, "data", "rhythmx.db"));
        const before = performance.now();
        const { seconds: sending } = await sink.after(alerts, () => product.process.start());
        took.push((performance.now() - before) / 1000);
        plan.say(`hourly ${run}: ${took.at(-1)?.toFixed(2)} s, first to last message ${sending.toFixed(2)} s`);
      }
    } finally {
      await product.process.dispose();
      sink.stop();
    }
    const figure = absolute("hourly tick to the last message", took, seconds, { below: beside * atMost });
    const ratio = `${(took.toSorted((a, b) => a - b)[took.length >> 1]! / beside).toFixed(3)} ×`;
    return [
      {
        ...figure,
        name: `${figure.name}, ${alerts.toLocaleString("en")} deltas`,
        beside: `Alertmanager ${seconds(beside)} (anchor)`,
        ratio,
        aim: `≤ ${atMost} ×`,
      },
    ];
  },
};

/** One occurrence of every alert is untold, and the last message was long ago. */
async function ageByHours(file: string): Promise<void> {
  const database = await Database.open(file);
  await database.write([
    { sql: "update sigma_alerts set sent_count = count - 1, last_message_at = '2026-01-01T00:00:00.000Z'" },
  ]);
  database.close();
}
