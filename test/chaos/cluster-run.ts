/**
 * Three nodes as processes with three members of etcd, under load, with faults by a seed. What was answered 200 has to be in every file afterwards and
 * at the receiver, and the files have to be equal.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { detection } from "../harness/appliance.ts";
import { Etcd } from "../harness/etcd.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { SyslogReceiver } from "../harness/syslog-receiver.ts";
import { differing, hostsIn, rowsApart, sameContent } from "./cluster-files.ts";
import { Dice } from "./dice.ts";

const names = ["edge1", "edge2", "edge3"] as const;
const batchRecords = 20;

export const clusterFaults = [
  "kill-leader",
  "kill-follower",
  "stop-leader",
  "stop-follower",
  "kill-etcd",
  "stop-etcd",
  "no-quorum",
  "promote",
] as const;
type Fault = (typeof clusterFaults)[number];

export interface ClusterReport {
  faults: Record<string, number>;
  /** Batches by the status of their last answer; 0 = none. */
  answers: Record<string, number>;
  accepted: number;
  /** Messages that arrived, and how many of them more than once. */
  messages: number;
  repeated: number;
  /** Milliseconds from a fault of the leader until a batch was answered 200 again. */
  takeOvers: number[];
  violations: string[];
}

class Scene {
  readonly nodes: ApplianceProcess[] = [];
  readonly accepted = new Set<string>();
  readonly answers: Record<string, number> = {};
  etcd!: Etcd;
  receiver!: SyslogReceiver;
  key = "";
  #next = 0;
  #target = 0;
  #loading = true;
  #load: Promise<void> = Promise.resolve();
  lastGood = performance.now();

  async begin(leaseSeconds: number): Promise<void> {
    this.etcd = await Etcd.start(3);
    this.receiver = await SyslogReceiver.started();
    const syslog = { name: "siem", protocol: "tcp", host: "127.0.0.1", port: this.receiver.port };
    for (const name of names) {
      const env = {
        RHYTHMX_CLUSTER: this.etcd.endpoints.join(","),
        RHYTHMX_CLUSTER_NODE: name,
        RHYTHMX_CLUSTER_LEASE_SECONDS: String(leaseSeconds),
        RHYTHMX_LOG_LEVEL: "info",
        RHYTHMX_ADMIN_PASSWORD: "a password of the cluster's chaos",
      };
      this.nodes.push(await ApplianceProcess.prepare({ config: { syslog }, env }));
    }
    const [first, ...others] = this.nodes as [ApplianceProcess, ...ApplianceProcess[]];
    for (const name of names) {
      const { code, stderr } = first.run(["cluster", "add", name]);
      if (code !== 0) throw new Error(stderr);
    }
    await first.start();
    await this.leader();
    this.key = (await first.runAside(["key", "create", "chaos", "--scope", "ingest"])).stdout.trim();
    const data = (node: ApplianceProcess) => node.env.RHYTHMX_DATA_DIR ?? "";
    for (const node of others) {
      mkdirSync(data(node), { recursive: true, mode: 0o700 });
      copyFileSync(join(data(first), "master.key"), join(data(node), "master.key"));
    }
    await Promise.all(others.map((node) => node.start()));
    this.#load = this.#send();
  }

  async end(): Promise<void> {
    this.#loading = false;
    await this.#load;
    await Promise.all(this.nodes.map((node) => node.dispose()));
    await this.receiver.stop();
    await this.etcd.stop();
  }

  async stopLoad(): Promise<void> {
    this.#loading = false;
    await this.#load;
  }

  /** The index of the node that answers 200 to `/readyz`, once one does. */
  async leader(): Promise<number> {
    for (;;) {
      const found = await Promise.all(this.nodes.map((node) => statusOf(`${node.apiUrl}/readyz`)));
      const index = found.indexOf(200);
      if (index >= 0) return index;
      await pause(50);
    }
  }

  async followers(): Promise<void> {
    for (;;) {
      const found = await Promise.all(this.nodes.map((node) => statusOf(`${node.apiUrl}/readyz`)));
      if (
        found.filter((status) => status === 200).length === 1 &&
        found.filter((status) => status === 503).length === 2
      )
        return;
      await pause(50);
    }
  }

  async #send(): Promise<void> {
    while (this.#loading) {
      const hosts = Array.from({ length: batchRecords }, () => `ws-${this.#next++}`);
      const body = hosts.map((host) => JSON.stringify(detection({ id: host, host, user: null }))).join("\n");
      // The same batch until it is answered 200, as a sender does.
      for (const attempt of Array.from({ length: 2_000 }, (_, n) => n)) {
        const status = await this.#post(body, hosts[0] ?? "");
        this.answers[status] = (this.answers[status] ?? 0) + 1;
        if (status === 200) {
          for (const host of hosts) this.accepted.add(host);
          this.lastGood = performance.now();
          break;
        }
        if (!this.#loading && attempt > 200) break;
        this.#target = (this.#target + 1) % this.nodes.length;
        await pause(50);
      }
      await pause(10);
    }
  }

  async #post(body: string, key: string): Promise<number> {
    const node = this.nodes[this.#target];
    const answer = await fetch(`${node?.apiUrl}/api/v1/ingest/detections`, {
      method: "POST",
      body,
      headers: { "X-API-Key": this.key, "Content-Type": "application/x-ndjson", "Idempotency-Key": key },
      signal: AbortSignal.timeout(3_000),
    }).catch(() => null);
    await answer?.arrayBuffer().catch(() => {});
    return answer?.status ?? 0;
  }
}

/** Runs `faults` faults of these kinds, in an order by the seed. */
export async function clusterRun({
  faults,
  seed,
  kinds = clusterFaults,
  leaseSeconds = 2,
  onFault = () => {},
}: {
  faults: number;
  seed: number;
  kinds?: readonly Fault[];
  leaseSeconds?: number;
  onFault?: (n: number, fault: string) => void;
}): Promise<ClusterReport> {
  const dice = new Dice(seed);
  const scene = new Scene();
  const report: ClusterReport = {
    faults: {},
    answers: scene.answers,
    accepted: 0,
    messages: 0,
    repeated: 0,
    takeOvers: [],
    violations: [],
  };
  try {
    await scene.begin(leaseSeconds);
    for (let n = 0; n < faults; n++) {
      const fault = kinds.length >= faults ? (kinds[n] ?? dice.pick(kinds)) : dice.pick(kinds);
      onFault(n, fault);
      report.faults[fault] = (report.faults[fault] ?? 0) + 1;
      await happen(scene, fault, dice, report);
      await scene.followers();
      await goodAfter(scene, performance.now());
    }
    await scene.stopLoad();
    await verify(scene, report);
  } finally {
    await scene.end();
  }
  return report;
}

async function happen(scene: Scene, fault: Fault, dice: Dice, report: ClusterReport): Promise<void> {
  const { nodes, etcd } = scene;
  await pause(dice.int(100, 600));
  const leader = await scene.leader();
  const other = (leader + dice.int(1, nodes.length - 1)) % nodes.length;
  const [led, follows] = [nodes[leader], nodes[other]];
  const member = dice.int(0, 2);
  const at = performance.now();
  switch (fault) {
    case "kill-leader":
      await led?.kill();
      await goodAfter(scene, at);
      report.takeOvers.push(Math.round(scene.lastGood - at));
      return led?.start();
    case "kill-follower":
      await follows?.kill();
      await pause(dice.int(0, 800));
      return follows?.start();
    case "stop-leader":
      led?.signal("SIGSTOP");
      await goodAfter(scene, at);
      report.takeOvers.push(Math.round(scene.lastGood - at));
      led?.signal("SIGCONT");
      return;
    case "stop-follower":
      follows?.signal("SIGSTOP");
      await pause(dice.int(200, 2_000));
      follows?.signal("SIGCONT");
      return;
    case "kill-etcd":
      await etcd.signal(member, "SIGKILL");
      await goodAfter(scene, performance.now());
      etcd.begin(member);
      return etcd.answers();
    case "stop-etcd":
      await etcd.signal(member, "SIGSTOP");
      await goodAfter(scene, performance.now());
      await etcd.signal(member, "SIGCONT");
      return;
    case "no-quorum": {
      const lost = [member, (member + 1) % 3];
      for (const one of lost) await etcd.signal(one, "SIGKILL");
      await pause(dice.int(500, 3_000));
      for (const one of lost) etcd.begin(one);
      return etcd.answers();
    }
    case "promote":
      nodes[leader]?.run(["cluster", "promote", names[other] ?? ""]);
  }
}

/** Waits until a batch that was sent after a moment is taken in. */
async function goodAfter(scene: Scene, at: number): Promise<void> {
  while (scene.lastGood <= at) await pause(20);
}

async function verify(scene: Scene, report: ClusterReport): Promise<void> {
  const { nodes, accepted, receiver } = scene;
  report.accepted = accepted.size;
  await scene.followers();
  const path = (node: ApplianceProcess) => join(node.env.RHYTHMX_DATA_DIR ?? "", "rhythmx.db");
  const hostOf = (message: string) => /ws-\d+/.exec(message)?.[0] ?? "";
  // Everything is sent, then everybody stops: what the last wrote in stopping is in the log, and read at a start.
  const until = performance.now() + 120_000;
  const missing = () => {
    const arrived = new Set(receiver.messages.map(hostOf));
    return [...accepted].filter((host) => !arrived.has(host));
  };
  while (missing().length > 0 && performance.now() < until) await pause(100);
  if (missing().length > 0)
    report.violations.push(`${missing().length} accepted detections never arrived at the receiver`);
  report.messages = receiver.messages.length;
  report.repeated = receiver.messages.length - new Set(receiver.messages.map(hostOf)).size;
  const equal = () => sameContent(nodes.map(path));
  // The leader goes on to write a little; at one moment they are the same.
  let isEqual = equal();
  while (!isEqual && performance.now() < until) {
    await pause(100);
    isEqual = equal();
  }
  if (!isEqual) {
    const tables = differing(nodes.map(path));
    const rows = tables.flatMap((table) => rowsApart(nodes.map(path), table).map((row) => `${table} ${row}`));
    report.violations.push(`the files of the nodes differ in ${tables.join(", ")}\n${rows.join("\n")}`);
  }
  for (const [index, node] of nodes.entries()) {
    const hosts = hostsIn(path(node));
    const lost = [...accepted].filter((host) => !hosts.has(host));
    if (lost.length > 0) report.violations.push(`${names[index]} lacks ${lost.length} accepted detections`);
    for (const name of ["crashed", "cluster_halt"])
      if (node.log.includes(`"${name}"`)) report.violations.push(`${names[index]} ${name}: ${node.log.slice(-400)}`);
  }
}

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  await answer?.arrayBuffer().catch(() => {});
  return answer?.status ?? 0;
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
