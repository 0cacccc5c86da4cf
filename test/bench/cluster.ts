/** What a cluster costs, with three members of etcd on this disk, beside the same appliance alone; and how soon a new node has a copy. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { Etcd } from "../harness/etcd.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { runChild } from "./child.ts";
import { type Bench, compared, type Figure, milliseconds, type Plan, quantile, rate, seconds } from "./figure.ts";
import { fillHistory } from "./growth-fill.ts";
import { HttpConnection } from "./http-connection.ts";
import type { LoadResult } from "./load.ts";
import { bodiesOf } from "./records.ts";

const password = "a password of the bench";
const detections = "/api/v1/ingest/detections";
/** A new node has a copy of a million alerts within so many seconds. */
const copySeconds = 60;

/** Nodes of one cluster with three members of etcd, the first of them the leader; or one appliance alone. */
class Site {
  readonly nodes: readonly ApplianceProcess[];
  readonly #etcd: Etcd | null;
  #key = "";
  /** Detections that were sent. */
  #sent = 0;

  private constructor(nodes: readonly ApplianceProcess[], etcd: Etcd | null) {
    this.nodes = nodes;
    this.#etcd = etcd;
  }

  /** `started`: how many of its nodes begin at once. `from`: the data folder that the leader has a copy of. */
  static async begin(
    { program }: Plan,
    { names, started = names.length, from }: { names: readonly string[]; started?: number; from?: string },
  ): Promise<Site> {
    const etcd = names.length > 0 ? await Etcd.start(3) : null;
    const of = (name: string) =>
      etcd === null ? {} : { RHYTHMX_CLUSTER: etcd.endpoints.join(","), RHYTHMX_CLUSTER_NODE: name };
    const nodes = await Promise.all(
      (etcd === null ? ["alone"] : names).map((name) =>
        ApplianceProcess.prepare({
          env: { RHYTHMX_ADMIN_PASSWORD: password, ...of(name) },
          ...(program === undefined ? {} : { program }),
        }),
      ),
    );
    const site = new Site(nodes, etcd);
    for (const node of nodes) mkdirSync(dataOf(node), { recursive: true, mode: 0o700 });
    if (from !== undefined)
      for (const file of ["rhythmx.db", "master.key"]) copyFileSync(join(from, file), join(dataOf(site.leader), file));
    for (const name of names) must(site.leader.run(["cluster", "add", name]));
    await site.leader.start();
    while ((await fetch(`${site.leader.apiUrl}/readyz`).catch(() => null))?.status !== 200) await Bun.sleep(20);
    site.#key = must(await site.leader.runAside(["key", "create", "bench", "--scope", "ingest"])).trim();
    for (const node of nodes.slice(1))
      copyFileSync(join(dataOf(site.leader), "master.key"), join(dataOf(node), "master.key"));
    for (const node of nodes.slice(1, started)) await node.start();
    return site;
  }

  get leader(): ApplianceProcess {
    const [leader] = this.nodes;
    if (leader === undefined) throw new Error("there is no node");
    return leader;
  }

  get target() {
    const headers = { "X-API-Key": this.#key, "Content-Type": "application/x-ndjson" };
    return { port: this.leader.apiPort, path: detections, headers };
  }

  /** New detections, each of another actor, over one connection. */
  async load(batch: number, count: number): Promise<LoadResult> {
    const first = this.#sent;
    this.#sent += count;
    const all = { kind: "detections", connections: 1, alerts: this.#sent, round: first, first } as const;
    return runChild<LoadResult>("load.ts", { ...this.target, ...all, batch, count });
  }

  /** One detection after the other, while it holds; milliseconds of each. */
  async singles(goesOn: (done: number) => boolean): Promise<number[]> {
    const connection = await HttpConnection.open(this.target);
    const body = bodiesOf("detections", 1);
    const times: number[] = [];
    while (goesOn(times.length)) {
      body.renumber(this.#sent, this.#sent);
      this.#sent++;
      const before = performance.now();
      await connection.post(body.bytes);
      times.push(performance.now() - before);
    }
    connection.close();
    return times;
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.dispose();
    await this.#etcd?.stop();
  }
}

export const cluster: Bench = {
  name: "cluster",
  async run(plan) {
    return [...(await besideAlone(plan)), ...(await newNode(plan))];
  },
};

async function besideAlone(plan: Plan): Promise<Figure[]> {
  const [batches, singles] = plan.quick ? [5, 200] : [40, 1_000];
  const kinds = {
    alone: await Site.begin(plan, { names: [] }),
    one: await Site.begin(plan, { names: ["edge1"] }),
    three: await Site.begin(plan, { names: ["edge1", "edge2", "edge3"] }),
  };
  const measured = { alone: series(), one: series(), three: series() };
  try {
    for (let run = 0; run <= plan.runs; run++)
      for (const kind of ["alone", "one", "three"] as const) {
        const { p50, p99 } = await kinds[kind].load(1, singles);
        const { records, seconds: took } = await kinds[kind].load(1_000, batches * 1_000);
        // The first turn is for what is compiled and read once.
        if (run === 0) continue;
        measured[kind].p50.push(p50);
        measured[kind].p99.push(p99);
        measured[kind].rate.push(records / took);
        plan.say(
          `cluster ${run}, ${kind}: one detection p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)}; batches of 1,000 ${rate(records / took)}`,
        );
      }
  } finally {
    for (const site of Object.values(kinds)) await site.end();
  }
  const { alone } = measured;
  return (["one", "three"] as const).flatMap((kind) => {
    const nodes = kind === "one" ? "three etcd, one node" : "three etcd and three nodes on these processors";
    const ours = measured[kind];
    return [
      compared(`batches of 1,000, ${nodes}`, ours.rate, alone.rate, rate, { besideName: "alone", atLeast: 0.5 }),
      compared(`one detection p99, ${nodes}`, ours.p99, alone.p99, milliseconds, { besideName: "alone", atMost: 5 }),
      compared(`one detection p50, ${nodes}`, ours.p50, alone.p50, milliseconds, { besideName: "alone", atMost: 5 }),
    ];
  });
}

/** A second node that has nothing begins beside a leader that goes on writing. */
async function newNode(plan: Plan): Promise<Figure[]> {
  const alerts = plan.quick ? 50_000 : 1_000_000;
  const old = await Site.begin(plan, { names: [] });
  let site: Site | null = null;
  try {
    await old.leader.terminate();
    fillHistory(join(dataOf(old.leader), "rhythmx.db"), { alerts, incidents: alerts / 100, entities: 1 });
    site = await Site.begin(plan, { names: ["edge1", "edge2"], started: 1, from: dataOf(old.leader) });
    await site.singles((done) => done < 200);
    const before = await site.singles((done) => done < 1_000);
    const begun = performance.now();
    let took = 0;
    // It answers once it follows.
    const started = site.nodes[1]?.start().then(() => {
      took = (performance.now() - begun) / 1000;
    });
    const meanwhile = await site.singles(() => took === 0);
    await started;
    const p99 = (times: readonly number[]) => [quantile(times, 0.99)];
    const name = `a new node, ${alerts.toLocaleString("en")} alerts`;
    return [
      {
        name,
        ours: seconds(took),
        ...{ beside: "", ratio: "", aim: `≤ ${seconds(copySeconds)}`, reached: took <= copySeconds },
      },
      compared(`${name}: the leader's one detection p99 meanwhile`, p99(meanwhile), p99(before), milliseconds, {
        besideName: "before",
        atMost: 2,
      }),
    ];
  } finally {
    await site?.end();
    await old.end();
  }
}

function series() {
  return { p50: [] as number[], p99: [] as number[], rate: [] as number[] };
}

function dataOf(node: ApplianceProcess): string {
  return node.env.RHYTHMX_DATA_DIR ?? "";
}

function must({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): string {
  if (code !== 0) throw new Error(stderr);
  return stdout;
}
