/** The log has reached its limit while a follower is behind: what the follower lacks goes, and it takes a copy when it is back. */
import { afterAll, describe, expect, test } from "bun:test";
import { etcdOptions } from "../../appliance/cluster/connection.ts";
import { EtcdClient } from "../../store/replica/etcd/client.ts";
import { EtcdLog } from "../../store/replica/etcd/log.ts";
import { detection, until } from "../harness/appliance.ts";
import { leadAndFollow, patienceMs, TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];
/** The least that can be set. */
const limitMib = 16;

describe.skipIf(!etcdInstalled())("a log at its limit", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("is kept for a follower that is away as long as there is room, and then no longer", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const env = { RHYTHMX_CLUSTER_LOG_MIB: String(limitMib) };
    const [one, two] = [await TestNode.prepare(etcd, "edge1", { env }), await TestNode.prepare(etcd, "edge2", { env })];
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
    const made = await one.appliance?.operations.createKey({
      ...{ name: "t", scopes: ["ingest" as const, "feed:read" as const], entities: [], expiresInDays: null },
    });
    const key = { "X-API-Key": made?.key ?? "" };
    let sent = 0;
    const send = async () => {
      const headers = { ...key, "Content-Type": "application/x-ndjson" };
      const body = JSON.stringify(detection({ id: `d${sent}`, host: `h-${sent++}` }));
      expect((await one.ask("/api/v1/ingest/detections", { method: "POST", body, headers })).status).toBe(200);
    };
    const alertsAt = async (node: TestNode) => {
      const answer = await node.ask("/api/alerts?per_page=1", { headers: key }).catch(() => null);
      return answer?.status === 200 ? answer.body.total : null;
    };
    const told = async () => (await one.directory((directory) => directory.read(patienceMs))).live.get("edge2")?.row;
    const log = new EtcdLog(new EtcdClient(etcdOptions(one.settings.cluster)));
    cleanUp.push(() => log.close());
    await send();
    await until(async () => (await alertsAt(two)) === sent);
    const end = (await log.last())?.seq ?? 0;
    await until(async () => ((await told())?.applied ?? 0) >= end);
    await two.stop();
    const applied = (await told())?.applied ?? 0;

    // There is room: it finds everything in the log, and needs no copy.
    for (let n = 0; n < 150; n++) await send();
    expect((await log.size()).oldest).toBeLessThanOrEqual(applied + 1);
    await two.start();
    await until(async () => (await alertsAt(two)) === sent);
    const copies = () => two.logLines.filter((line) => line.includes("database copied")).length;
    expect(copies()).toBe(1);
    await until(async () => ((await told())?.applied ?? 0) > applied + 150);
    await two.stop();
    const then = (await told())?.applied ?? 0;

    const value = btoa("x".repeat(1_048_576));
    for (let n = 0; n < limitMib; n++) {
      const body = JSON.stringify({ key: btoa(`of somebody else, ${n}`), value });
      expect((await fetch(`${etcd.endpoints[0]}/v3/kv/put`, { method: "POST", body })).ok).toBe(true);
    }
    while ((await log.size()).oldest <= then + 1) await send();
    await two.start();
    await until(() => copies() === 2);
    await until(async () => (await alertsAt(two)) === sent);
    await until(async () => (await told())?.fault === null);
    expect(two.logLines.filter((line) => line.includes("cluster_halt"))).toEqual([]);
    expect(await one.leads()).toBe(true);
  });
});
