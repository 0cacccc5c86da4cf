/** A node whose version is older than the database: it follows, and leaves it to others to lead. */
import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { promoteNode } from "../../appliance/cluster/members.ts";
import { Database } from "../../store/database/database.ts";
import { EtcdClient } from "../../store/replica/etcd/client.ts";
import { EtcdLog } from "../../store/replica/etcd/log.ts";
import { openReplica } from "../../store/replica/open-replica.ts";
import { detection, until } from "../harness/appliance.ts";
import { leadAndFollow, patienceMs, TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];

describe.skipIf(!etcdInstalled())("a node of an older version", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("applies what a newer one writes, says that it cannot lead, and writes nothing to the log", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const [one, two] = [await TestNode.prepare(etcd, "edge1"), await TestNode.prepare(etcd, "edge2")];
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
    const key = await one.appliance?.operations.createKey({
      ...{ name: "t", scopes: ["ingest"] as const, entities: [], expiresInDays: null },
    });
    const send = (id: string) =>
      two.ask("/api/v1/ingest/detections", {
        method: "POST",
        body: JSON.stringify(detection({ id, host: id })),
        headers: { "X-API-Key": key?.key ?? "", "Content-Type": "application/x-ndjson" },
      });
    await one.stop();
    await until(() => two.leads());
    expect((await send("before")).status).toBe(200);
    // A newer version leads with a copy of the file, and brings it to its schema.
    const { id, leader } = await two.directory((directory) => directory.read(patienceMs));
    const file = join(one.folder, "rhythmx.db");
    const newer = await Database.open(file);
    const options = { endpoints: etcd.endpoints, tls: null, prefix: two.settings.cluster.prefix };
    const epoch = (leader?.row.epoch ?? 0) + 1;
    const order = { role: "leader", etcd: options, node: "edge9", cluster: id, epoch, founder: false } as const;
    const { log } = await openReplica(newer, order, async () => {});
    await newer.script(
      "BEGIN IMMEDIATE;\ncreate table of_the_next_version (n);\ninsert into schema_journal select max(id) + 1, '9999_next', 'x', 'now' from schema_journal;\nCOMMIT;",
    );
    const faultOf = async () =>
      (await two.directory((directory) => directory.read(patienceMs))).live.get("edge2")?.row.fault ?? "";
    await until(async () => /until it is upgraded: .*9999_next/.test(await faultOf()));
    const end = await log.last();
    expect(await two.directory((directory) => promoteNode(directory, "edge2")).catch((error) => error.code)).toBe(
      "cluster_not_ready",
    );
    expect((await command(["cluster"], { dataDir: two.folder, env: two.env })).out).toContain("9999_next");
    expect(two.logLines.some((line) => line.includes('"cluster_version"'))).toBe(true);
    // It may have been taking the lease just then.
    await until(async () => (await send("meanwhile").catch(() => null))?.status === 503);
    await until(async () => (await two.directory((directory) => directory.read(patienceMs))).leader?.row.node === null);
    // Nobody leads, and it still does not: neither the lease nor the log is touched while its row is told five times.
    let seen = "";
    for (let told = 0; told < 5; ) {
      const content = await two.directory((directory) => directory.read(patienceMs));
      expect(content.leader?.row.node).toBeNull();
      const at = content.live.get("edge2")?.revision ?? "";
      if (at !== seen) told++;
      seen = at;
      await Bun.sleep(200);
    }
    const fresh = new EtcdLog(new EtcdClient(options));
    expect(await fresh.last()).toEqual(end);
    fresh.close();
    // What it knows again it leads.
    await newer.script("BEGIN IMMEDIATE;\ndelete from schema_journal where name = '9999_next';\nCOMMIT;");
    log.close();
    newer.close();
    await until(async () => (await send("after").catch(() => null))?.status === 200);
  });
});
