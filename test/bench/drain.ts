/** Draining the log to a receiver over tcp, beside rsyslog's Disk queue and loggen; and the transport alone. */
import { runChild } from "./child.ts";
import { type Bench, compared, rate } from "./figure.ts";
import { cpuSeconds } from "./machine.ts";
import { findPeers, runLoggen, startRelay } from "./peers.ts";
import { Product } from "./product.ts";
import { Receiver } from "./receiver.ts";

export const drain: Bench = {
  name: "drain",
  async run(plan) {
    const events = plan.quick ? 30_000 : 200_000;
    const peers = findPeers();
    const ours: number[] = [];
    const transport: number[] = [];
    const relay: number[] = [];
    const loggen: number[] = [];
    const cpu: { ours: number[]; relay: number[] } = { ours: [], relay: [] };
    const sink = await Receiver.started();
    const { port } = sink;
    const product = await Product.started(plan, port);
    const arriving = (work: () => Promise<unknown>) => sink.after(events, work);
    try {
      const from = new Date(Date.now() - 1000).toISOString();
      const filled = await arriving(() => product.load({ count: events, alerts: events, round: 0 }));
      const size = Math.round(filled.bytes / filled.messages);
      for (let run = 1; run <= plan.runs; run++) {
        const before = cpuSeconds(product.process.pid);
        const { seconds } = await arriving(async () => product.process.run(["replay", "sink", "--from", from]));
        cpu.ours.push(((cpuSeconds(product.process.pid) - before) / events) * 1e6);
        ours.push(events / seconds);
        if (peers.rsyslog && peers.loggen) {
          const relaying = await startRelay(port);
          const result = await arriving(() => runLoggen(relaying.port, events, size));
          cpu.relay.push((cpuSeconds(relaying.pid) / events) * 1e6);
          relay.push(events / result.seconds);
          await relaying.remove();
        }
        const alone = await arriving(() => runChild("transport.ts", { port, events, size }));
        transport.push(events / alone.seconds);
        if (peers.loggen) loggen.push(events / (await arriving(() => runLoggen(port, events, size))).seconds);
        plan.say(
          `drain ${run}: ours ${rate(ours.at(-1) ?? 0)}, ${cpu.ours.at(-1)?.toFixed(1)} CPU/1M; rsyslog ${rate(relay.at(-1) ?? 0)}, ${cpu.relay.at(-1)?.toFixed(1)} CPU/1M; transport ${rate(transport.at(-1) ?? 0)}; loggen ${rate(loggen.at(-1) ?? 0)}; ${size} B`,
        );
      }
    } finally {
      await product.process.dispose();
      sink.stop();
    }
    const disk = "rsyslog Disk queue";
    return [
      compared("draining the log", ours, relay, rate, { besideName: disk, atLeast: 1 }),
      compared("draining the log", ours, loggen, rate, { besideName: "loggen", atLeast: 0.5 }),
      compared("transport alone", transport, loggen, rate, { besideName: "loggen", atLeast: 0.5 }),
      compared("CPU seconds per million drained", cpu.ours, cpu.relay, (value) => value.toFixed(1), {
        besideName: disk,
        atMost: 1.3,
      }),
    ];
  },
};
