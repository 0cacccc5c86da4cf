/**
 * `bun test/bench/cluster.ts [--alerts 1000000]`: what a cluster costs with three members of etcd on this disk. Writes of one detection and batches of
 * 1,000, alone and replicated, and a new follower that takes a copy while the leader writes.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { detection } from "../harness/appliance.ts";
import { Etcd } from "../harness/etcd.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { fillHistory } from "./growth-fill.ts";

const { values } = parseArgs({ options: { alerts: { type: "string", default: "1000000" } } });
const alerts = Number(values.alerts);
let next = 0;

const data = (node: ApplianceProcess) => node.env.RHYTHMX_DATA_DIR ?? "";

async function post(node: ApplianceProcess, key: string, records: number): Promise<number> {
  const body = Array.from({ length: records }, () =>
    JSON.stringify(detection({ id: `b${next}`, host: `b-${next++}`, user: null })),
  ).join("\n");
  const begun = performance.now();
  const answer = await fetch(`${node.apiUrl}/api/v1/ingest/detections`, {
    method: "POST",
    body,
    headers: { "X-API-Key": key, "Content-Type": "application/x-ndjson" },
  });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  return performance.now() - begun;
}

function figures(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${sorted.length})`;
}

async function measure(node: ApplianceProcess, key: string, what: string): Promise<void> {
  const single: number[] = [];
  for (let n = 0; n < 300; n++) single.push(await post(node, key, 1));
  const begun = performance.now();
  for (let n = 0; n < 40; n++) await post(node, key, 1_000);
  const rate = Math.round(40_000 / ((performance.now() - begun) / 1000));
  console.log(`${what}: one detection ${figures(single)}; batches of 1,000: ${rate}/s`);
}

async function prepared(env: Record<string, string>): Promise<ApplianceProcess> {
  const node = await ApplianceProcess.prepare({ env: { RHYTHMX_ADMIN_PASSWORD: "a password of the bench", ...env } });
  mkdirSync(data(node), { recursive: true, mode: 0o700 });
  return node;
}

const keyOf = async (node: ApplianceProcess) =>
  (await node.runAside(["key", "create", "bench", "--scope", "ingest"])).stdout.trim();

async function ready(node: ApplianceProcess): Promise<number> {
  return (await fetch(`${node.apiUrl}/readyz`).catch(() => null))?.status ?? 0;
}

const alone = await prepared({});
await alone.start();
await measure(alone, await keyOf(alone), "alone");
await alone.dispose();

/** Its file has a history. */
const old = await prepared({});
await old.start();
await old.terminate();
fillHistory(join(data(old), "rhythmx.db"), { alerts, incidents: Math.ceil(alerts / 100), entities: 1 });

const etcd = await Etcd.start(3);
const clustered = (name: string) => ({ RHYTHMX_CLUSTER: etcd.endpoints.join(","), RHYTHMX_CLUSTER_NODE: name });
const nodes = [
  await prepared(clustered("edge1")),
  await prepared(clustered("edge2")),
  await prepared(clustered("edge3")),
];
const [first, second, third] = nodes as [ApplianceProcess, ApplianceProcess, ApplianceProcess];
try {
  for (const name of ["edge1", "edge2", "edge3"]) first.run(["cluster", "add", name]);
  await first.start();
  while ((await ready(first)) !== 200) await Bun.sleep(20);
  const key = await keyOf(first);
  for (const node of [second, third]) copyFileSync(join(data(first), "master.key"), join(data(node), "master.key"));
  await second.start();
  await third.start();
  await measure(first, key, "three nodes, empty at first");
} finally {
  for (const node of nodes) await node.dispose();
}

const own = await Etcd.start(3);
const large = (name: string) => ({ RHYTHMX_CLUSTER: own.endpoints.join(","), RHYTHMX_CLUSTER_NODE: name });
const leader = await prepared(large("edge1"));
const late = await prepared(large("edge2"));
try {
  copyFileSync(join(data(old), "rhythmx.db"), join(data(leader), "rhythmx.db"));
  copyFileSync(join(data(old), "master.key"), join(data(leader), "master.key"));
  copyFileSync(join(data(old), "master.key"), join(data(late), "master.key"));
  leader.run(["cluster", "add", "edge1"]);
  leader.run(["cluster", "add", "edge2"]);
  await leader.start();
  while ((await ready(leader)) !== 200) await Bun.sleep(20);
  const key = await keyOf(leader);
  const before: number[] = [];
  for (let n = 0; n < 300; n++) before.push(await post(leader, key, 1));
  const begun = performance.now();
  let isThere = false;
  const starting = late.start().then(() => {
    isThere = true;
  });
  const meanwhile: number[] = [];
  while (!isThere) meanwhile.push(await post(leader, key, 1));
  await starting;
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  console.log(
    `a new follower with ${alerts} alerts: ${seconds} s; the leader's writes before ${figures(before)}, meanwhile ${figures(meanwhile)}`,
  );
} finally {
  await leader.dispose();
  await late.dispose();
  await own.stop();
  await etcd.stop();
  await old.dispose();
}
