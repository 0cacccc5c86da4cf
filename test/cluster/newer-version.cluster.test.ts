/**
 * A node whose version is newer than the database, as in an upgrade, followers first: it applies what the older one writes as it is, serves
 * nothing of it, and upgrades the database for all once it leads. Nobody else upgrades it.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { promoteNode } from "../../appliance/cluster/members.ts";
import { Database } from "../../store/database/database.ts";
import { schemaVersion } from "../../store/database/migrate.ts";
import { EtcdClient } from "../../store/replica/etcd/client.ts";
import { Directory } from "../../store/replica/etcd/directory.ts";
import { openReplica } from "../../store/replica/open-replica.ts";
import { until } from "../harness/appliance.ts";
import { patienceMs, TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { DatabaseFile } from "../harness/database-file.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];
const old = schemaVersion - 1;
const oldFile = join(import.meta.dirname, `../data/databases/schema-${old}.db.gz`);
const leaseMs = 2_000;

const schemaOf = (folder: string) => {
  const file = new DatabaseFile(join(folder, "rhythmx.db"), { readonly: true });
  const { n } = file.query("select count(*) as n from schema_journal").get() as { n: number };
  file.close();
  return n;
};

describe.skipIf(!etcdInstalled())("a node of a newer version", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("follows an older leader without upgrading anything, and upgrades the database once it leads", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const [two, three] = [await TestNode.prepare(etcd, "edge2"), await TestNode.prepare(etcd, "edge3")];
    for (const node of [two, three]) cleanUp.push(() => node.dispose());

    // The leader of the older version: its own file of the schema before this one, by which a cluster has begun.
    const prefix = two.settings.cluster.prefix;
    const etcdOptions = { endpoints: etcd.endpoints, tls: null, prefix };
    const directory = new Directory(new EtcdClient(etcdOptions));
    cleanUp.push(() => directory.close());
    await two.add();
    await three.add();
    const { id } = await directory.read(patienceMs);
    const folder = join(two.folder, "..", `older-${process.pid}`);
    const file = `${folder}.db`;
    cleanUp.push(() => Bun.file(file).delete());
    writeFileSync(file, gunzipSync(readFileSync(oldFile)));
    const older = await Database.open(file);
    cleanUp.push(() => older.close());
    const row = { node: "edge1", epoch: 1, address: "http://edge1.example:8443", holder: "the older one" };
    const renewed = async () => {
      const { leader } = await directory.read(patienceMs);
      if (leader !== null && leader.row.holder !== row.holder) return;
      await directory.lead(leader?.revision ?? null, row, 2_000);
    };
    await renewed();
    let leads = true;
    const lease = (async () => {
      for (; leads; await Bun.sleep(leaseMs / 10)) await renewed().catch(() => {});
    })();
    cleanUp.push(async () => {
      leads = false;
      await lease;
    });
    const order = { role: "leader", etcd: etcdOptions, node: "edge1", cluster: id, epoch: 1, founder: true } as const;
    const { log } = await openReplica(older, order, async () => {});
    await older.read("PRAGMA wal_checkpoint(TRUNCATE)");
    const masterKey = `${randomBytes(32).toString("base64")}\n`;
    for (const node of [two, three]) {
      copyFileSync(file, join(node.folder, "rhythmx.db"));
      writeFileSync(join(node.folder, "master.key"), masterKey, { mode: 0o600 });
    }
    const note = (value: string) =>
      older.write([{ sql: "insert into meta (key, value) values (?, ?)", args: [value, value] }]);
    await note("one");

    await two.start();
    await three.start();
    const told = async () => (await directory.read(patienceMs)).live;
    const end = async () => (await log.last())?.seq ?? 0;
    const follows = async () => {
      const [live, last] = [await told(), await end()];
      return ["edge2", "edge3"].every((name) => live.get(name)?.row.applied === last);
    };
    await until(follows);
    expect(two.logLines.some((line) => line.includes('"cluster_schema"'))).toBe(true);
    await note("two");
    await until(follows);
    expect([two, three].map(({ folder }) => schemaOf(folder))).toEqual([old, old]);
    // It has no fault that would keep it from leading, and serves none of what its program may not find.
    expect([...(await told()).values()].map(({ row }) => row.fault)).toEqual([null, null]);
    expect((await two.ask("/healthz")).status).toBe(200);
    expect((await two.ask("/readyz")).body).toMatchObject({ reason: `this node follows ${row.address}` });
    const read = await two.ask("/api/incidents");
    expect([read.status, read.headers.get("x-rhythmx-leader")]).toEqual([503, row.address]);
    expect(read.body.detail).toContain("newer than the database");
    expect((await two.ask("/api/v1/ingest/detections", { method: "POST", body: "{}" })).status).toBe(421);
    const page = await two.ask("/incidents", { headers: { Accept: "text/html" } });
    expect([page.status, page.headers.get("location")]).toEqual([307, `${row.address}/incidents`]);
    const health = await (await fetch(two.appliance?.healthUrl.concat("/health") ?? "")).json();
    expect(health).toMatchObject({ status: "degraded", cluster: { role: "follower", lag: 0 } });
    const cli = await command(["key", "list"], { dataDir: two.folder, env: two.env });
    expect(cli).toMatchObject({ code: 1, err: expect.stringContaining("newer than the database") });

    // Started anew it is the same: nothing of it was upgraded in the meantime.
    await two.stop();
    await note("three");
    await two.start();
    await until(follows);
    expect(schemaOf(two.folder)).toBe(old);

    await directory.read(patienceMs).then(() => promoteNode(directory, "edge2"));
    leads = false;
    await lease;
    const { leader } = await directory.read(patienceMs);
    await directory.lead(leader?.revision ?? null, { ...row, node: null, address: "" }, 2_000);
    await until(() => two.leads());
    // The other one gets the upgrade by the log, and serves reads from then on.
    const key = await two.appliance?.operations.createKey({
      ...{ name: "t", scopes: ["feed:read" as const], entities: [], expiresInDays: null },
    });
    const headers = { "X-API-Key": key?.key ?? "" };
    await until(async () => (await three.ask("/api/incidents", { headers }).catch(() => null))?.status === 200);
    await until(follows);
    expect([two, three].map(({ folder }) => schemaOf(folder))).toEqual([schemaVersion, schemaVersion]);
    expect(three.logLines.filter((line) => line.includes("cluster_halt"))).toEqual([]);
    expect((await three.ask("/readyz")).body).toMatchObject({ reason: `this node follows ${two.url}` });
    // What it was upgraded from is kept beside the file of the one that led.
    expect(await Bun.file(join(two.folder, `rhythmx.db.schema-${old}`)).exists()).toBe(true);
    log.close();
  });
});
