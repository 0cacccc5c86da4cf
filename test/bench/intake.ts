/** Intake: new and repeated detections in batches of 500, beside the database alone and beside Alertmanager. */

import { runChild } from "./child.ts";
import { absolute, type Bench, compared, type Figure, megabytes, type Plan, rate } from "./figure.ts";
import type { LimitResult } from "./limit.ts";
import type { LoadResult } from "./load.ts";
import { cpuSeconds, pause, residentBytes, settled } from "./machine.ts";
import { findPeers, type RunningPeer, startAlertmanager } from "./peers.ts";
import { Product } from "./product.ts";

/** Memory is measured this long after the load: both runtimes give garbage back with a delay. */
const restMs = 15_000;

interface Series {
  fresh: number[];
  repeated: number[];
  /** CPU seconds per million repeated. */
  cpu: number[];
  /** Bytes with all alerts live, some time after the load. */
  memory: number[];
}

const series = (): Series => ({ fresh: [], repeated: [], cpu: [], memory: [] });

export const intake: Bench = {
  name: "intake",
  async run(plan) {
    const alerts = plan.quick ? 20_000 : 100_000;
    const ours = series();
    const theirs = series();
    const limit: { fresh: number[]; repeated: number[] } = { fresh: [], repeated: [] };
    const { alertmanager } = findPeers();
    for (let run = 1; run <= plan.runs; run++) {
      const result = await runChild<LimitResult>("limit.ts", { alerts, repeats: 2 * alerts, batch: 500 });
      limit.fresh.push(result.fresh);
      limit.repeated.push(result.repeated);
      await ourRun(plan, alerts, ours);
      if (alertmanager) await theirRun(alerts, theirs);
      plan.say(
        `intake ${run}: ours ${last(ours)}; libsql ${rate(result.fresh)} new ${rate(result.repeated)} repeated; Alertmanager ${last(theirs)}`,
      );
    }
    const held = await holding(plan);
    const libsql = { besideName: "libsql", atLeast: 0.5 };
    const peer = "Alertmanager";
    return [
      compared("intake, new", ours.fresh, limit.fresh, rate, libsql),
      compared("intake, repeated", ours.repeated, limit.repeated, rate, libsql),
      held,
      compared("intake, new", ours.fresh, theirs.fresh, rate, { besideName: peer, atLeast: 1 }),
      compared("intake, repeated", ours.repeated, theirs.repeated, rate, { besideName: peer, atLeast: 1.4 }),
      compared("CPU seconds per million repeated", ours.cpu, theirs.cpu, (value) => value.toFixed(1), {
        besideName: peer,
        atMost: 0.7,
      }),
      compared(`memory, ${alerts.toLocaleString("en")} live alerts`, ours.memory, theirs.memory, megabytes, {
        besideName: peer,
        atMost: 0.2,
      }),
    ];
  },
};

async function ourRun(plan: Plan, alerts: number, into: Series): Promise<void> {
  const product = await Product.started(plan);
  try {
    await record(product.process.pid, alerts, into, (count, round) => product.load({ count, alerts, round }));
  } finally {
    await product.process.dispose();
  }
}

async function theirRun(alerts: number, into: Series): Promise<void> {
  const peer: RunningPeer = await startAlertmanager();
  const target = { port: peer.port, path: "/api/v2/alerts", headers: { "Content-Type": "application/json" } };
  try {
    await record(peer.pid, alerts, into, (count, round) =>
      runChild<LoadResult>("load.ts", { ...target, kind: "alerts", batch: 500, connections: 2, count, alerts, round }),
    );
  } finally {
    await peer.remove();
  }
}

type Load = (count: number, round: number) => Promise<LoadResult>;

async function record(pid: number, alerts: number, into: Series, load: Load): Promise<void> {
  const fresh = await load(alerts, 0);
  into.fresh.push(fresh.records / fresh.seconds);
  await settled(pid);
  const before = cpuSeconds(pid);
  const repeated = await load(2 * alerts, 1000);
  into.cpu.push(((cpuSeconds(pid) - before) / repeated.records) * 1e6);
  into.repeated.push(repeated.records / repeated.seconds);
  await pause(restMs);
  into.memory.push(residentBytes(pid));
}

function last({ fresh, repeated, cpu, memory }: Series): string {
  if (fresh.length === 0) return "missing";
  const [cpuSecondsPerMillion = 0, bytes = 0] = [cpu.at(-1), memory.at(-1)];
  return `${rate(fresh.at(-1) ?? 0)} new ${rate(repeated.at(-1) ?? 0)} repeated ${cpuSecondsPerMillion.toFixed(1)} CPU/1M ${megabytes(bytes)}`;
}

/** One long run of half new, half repeated detections; its slowest five seconds count. */
async function holding(plan: Plan): Promise<Figure> {
  const seconds = plan.quick ? 10 : 60;
  const product = await Product.started(plan);
  try {
    const { slowest, records, p99 } = await product.load({ seconds, alerts: Number.MAX_SAFE_INTEGER, round: 0 });
    plan.say(
      `held ${seconds} s: ${rate(records / seconds)}, slowest 5 s ${rate(slowest)}, p99 ${p99.toFixed(0)} ms a batch`,
    );
    return absolute(`intake held ${seconds} s, slowest 5 s`, [slowest], rate, { atLeast: 15_000 });
  } finally {
    await product.process.dispose();
  }
}
