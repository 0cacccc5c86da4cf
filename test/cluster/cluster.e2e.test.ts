/** Three nodes on a real etcd, by the front door: one leads, the others follow, and another one goes on. */
import { Database as Sqlite } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { promoteNode, reseedNode, viewCluster } from "../../appliance/cluster/members.ts";
import { detection, until } from "../harness/appliance.ts";
import { TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const installed = etcdInstalled();

let etcd: Etcd;
let nodes: TestNode[] = [];
let key = "";

const leads = (node: TestNode) => node.ready().then((status) => status === 200);
const follows = (node: TestNode) => node.ready().then((status) => status === 503);
const send = (node: TestNode, records: object[], idempotencyKey?: string) =>
  node.ask("/api/v1/ingest/detections", {
    method: "POST",
    body: records.map((one) => JSON.stringify(one)).join("\n"),
    headers: {
      "X-API-Key": key,
      "Content-Type": "application/x-ndjson",
      ...(idempotencyKey ? { "Idempotency-Key": idempotencyKey } : {}),
    },
  });

function contentOf(node: TestNode): string {
  const sqlite = new Sqlite(join(node.folder, "rhythmx.db"), { readonly: true });
  try {
    const tables = sqlite.query("select name from sqlite_master where type = 'table' order by name").all() as {
      name: string;
    }[];
    return JSON.stringify(tables.map(({ name }) => [name, sqlite.query(`select * from "${name}"`).values()]));
  } finally {
    sqlite.close();
  }
}

async function same(one: TestNode, other: TestNode): Promise<void> {
  await until(() => contentOf(one) === contentOf(other));
}

describe.skipIf(!installed)("a cluster", () => {
  beforeAll(async () => {
    etcd = await Etcd.start();
    nodes = await Promise.all(["edge1", "edge2", "edge3"].map((name) => TestNode.prepare(etcd, name)));
  });

  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.dispose()));
    await etcd?.stop();
  });

  test("begins, takes in, follows, takes over", async () => {
    const [one, two, three] = nodes as [TestNode, TestNode, TestNode];
    expect(await one.add()).toEqual({ founder: true });
    await one.start();
    await until(() => leads(one));
    key =
      (
        await one.appliance?.operations.createKey({
          name: "t",
          scopes: ["ingest", "feed:read"],
          entities: [],
          expiresInDays: null,
        })
      )?.key ?? "";
    expect((await send(one, [detection({ id: "a" })])).body).toMatchObject({ accepted: 1 });
    // A node without a file takes a copy; the master key is the people's to copy.
    copyFileSync(join(one.folder, "master.key"), join(two.folder, "master.key"));
    expect(await two.add()).toEqual({ founder: false });
    await two.start();
    await until(() => follows(two));
    await same(one, two);
    const refused = await send(two, [detection({ id: "b" })]);
    expect([refused.status, refused.headers.get("x-rhythmx-leader")]).toEqual([421, one.url]);
    expect((await send(one, [detection({ id: "b", host: "WS-2" })])).status).toBe(200);
    await same(one, two);
    expect((await two.ask("/api/incidents", { headers: { "X-API-Key": key } })).status).toBe(200);
    // In order: at once.
    await one.stop();
    await until(() => leads(two));
    expect((await send(two, [detection({ id: "c", host: "WS-3" })])).body).toMatchObject({ accepted: 1 });
    expect((await send(two, [detection({ id: "a" })])).body).toMatchObject({ duplicates: 1 });
    await one.start();
    await until(() => follows(one));
    await same(one, two);
    copyFileSync(join(one.folder, "master.key"), join(three.folder, "master.key"));
    await three.add();
    await three.start();
    await until(() => follows(three));
    await three.directory((directory) => promoteNode(directory, "edge1"));
    await until(() => leads(one));
    await until(() => follows(two));
    await three.directory((directory) => reseedNode(directory, "edge3"));
    await until(async () => three.logLines.filter((line) => line.includes("database copied")).length === 2);
    await until(() => follows(three));
    await same(one, three);
    const view = await one.directory(viewCluster);
    expect(view.nodes.map(({ name, role, fault }) => [name, role, fault])).toEqual([
      ["edge1", "leader", null],
      ["edge2", "follower", null],
      ["edge3", "follower", null],
    ]);
  });
});
