/** A node whose file was set back so far that the log no longer has what follows: it takes a copy by itself, and nothing is called a fault. */
import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { etcdOptions } from "../../appliance/cluster/connection.ts";
import { EtcdClient } from "../../store/replica/etcd/client.ts";
import { EtcdLog } from "../../store/replica/etcd/log.ts";
import { detection, until } from "../harness/appliance.ts";
import { leadAndFollow, patienceMs, TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];

describe.skipIf(!etcdInstalled())("a file that was set back", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("behind the log it is replaced by a copy", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const [one, two] = [await TestNode.prepare(etcd, "edge1"), await TestNode.prepare(etcd, "edge2")];
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
    const made = await one.appliance?.operations.createKey({
      name: "t",
      scopes: ["ingest"],
      entities: [],
      expiresInDays: null,
    });
    const copies = () => two.logLines.filter((line) => line.includes("database copied")).length;
    expect(copies()).toBe(1);
    await two.stop();
    const file = join(two.folder, "rhythmx.db");
    copyFileSync(file, `${file}.old`);
    await two.start();
    const log = new EtcdLog(new EtcdClient(etcdOptions(one.settings.cluster)));
    cleanUp.push(() => log.close());
    const oldest = (await log.size()).oldest;
    for (let n = 0; (await log.size()).oldest === oldest; n++) {
      const { status } = await one.ask("/api/v1/ingest/detections", {
        method: "POST",
        body: JSON.stringify(detection({ id: `d${n}`, host: `h-${n}` })),
        headers: { "X-API-Key": made?.key ?? "", "Content-Type": "application/x-ndjson" },
      });
      expect(status).toBe(200);
    }
    await two.stop();
    rmSync(file);
    copyFileSync(`${file}.old`, file);
    await two.start();
    await until(() => copies() === 2);
    await until(() => two.ready().then((status) => status === 503));
    const view = () => two.directory((directory) => directory.read(patienceMs));
    await until(async () => (await view()).live.get("edge2")?.row.fault === null);
    expect(two.logLines.filter((line) => line.includes("cluster_halt"))).toEqual([]);
  });
});
