/** Three nodes on a real etcd, by the front door: one leads, the others follow, and another one goes on. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { promoteNode, removeNode, reseedNode } from "../../appliance/cluster/members.ts";
import { detection, until } from "../harness/appliance.ts";
import { patienceMs, TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const installed = etcdInstalled();
const runFile = promisify(execFile);

let etcd: Etcd;
let nodes: TestNode[] = [];
let key = "";

const leads = (node: TestNode) => node.leads();
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

/** All rows of all tables, read by a process of its own: two SQLites in one would take each other's locks away. */
const reading = `import { Database } from "bun:sqlite";
  const file = new Database(process.argv[1], { readonly: true });
  const tables = file.query("select name from sqlite_master where type = 'table' order by name").all();
  console.log(JSON.stringify(tables.map(({ name }) => [name, file.query('select * from "' + name + '"').values()])));`;

async function contentOf(node: TestNode): Promise<string> {
  const { stdout } = await runFile(process.execPath, ["-e", reading, join(node.folder, "rhythmx.db")], {
    maxBuffer: 64 * 1_048_576,
  });
  return stdout;
}

async function same(one: TestNode, other: TestNode): Promise<void> {
  await until(async () => (await contentOf(one)) === (await contentOf(other)));
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
    await three.directory((directory) => reseedNode(directory, "edge3", Date.now()));
    await until(async () => three.logLines.filter((line) => line.includes("database copied")).length === 2);
    await until(() => follows(three));
    await same(one, three);
    const cli = (...args: string[]) => command(args, { dataDir: one.folder, env: one.env });
    let shown = await cli("cluster");
    // Rows in etcd are a moment old.
    await until(async () => {
      shown = await cli("cluster");
      return shown.code === 0;
    });
    expect([shown.code, shown.out.split("\n").map((line) => line.split(/ +/).slice(0, 2).join(" "))]).toEqual([
      0,
      ["NODE ROLE", "edge1 leader", "edge2 follower", "edge3 follower", ""],
    ]);
    expect(await cli("cluster", "add", "edge2")).toMatchObject({
      code: 1,
      err: expect.stringContaining("belongs to the cluster already"),
    });
    expect(await cli("cluster", "reseed", "edge1", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("edge1 leads"),
    });
    expect(await cli("cluster", "promote", "nobody")).toMatchObject({
      code: 1,
      err: expect.stringContaining("edge1, edge2, edge3 do"),
    });
    expect(await cli("restore", "x", "--yes")).toMatchObject({ code: 1 });
    expect((await cli("check")).out).toContain("cluster: edge1 leads");
    const doctor = JSON.parse((await cli("doctor", "--json")).out);
    expect(doctor.running.cluster).toMatchObject({ node: "edge1", role: "leader", lag: 0, quorum: true });
    const metrics = await (await fetch(`${two.url}/metrics`)).text();
    expect(metrics).toContain("rhythmx_cluster_leader 0\n");
    expect((await two.ask("/readyz")).body).toMatchObject({ reason: `this node follows ${one.url}` });
    // A person signs in at a follower, and is sent on with what changes something.
    const token = (
      await two.ask("/api/login", {
        method: "POST",
        body: JSON.stringify({ username: "admin", password: two.settings.adminPassword }),
        headers: { "Content-Type": "application/json" },
      })
    ).body;
    const bearer = { Authorization: `Bearer ${token.access_token}` };
    expect((await two.ask("/api/system", { headers: bearer })).body.cluster).toMatchObject({
      node: "edge2",
      role: "follower",
      leader: { node: "edge1", address: one.url },
    });
    expect((await two.ask("/api/keys", { method: "POST", headers: bearer, body: "{}" })).status).toBe(421);
    const page = await two.ask("/console/preferences", { method: "POST", headers: { Accept: "text/html" }, body: "" });
    expect([page.status, page.body]).toEqual([421, expect.stringMatching(/Nothing was changed.*To the leader/s)]);
    expect(page.body).toContain(`href="${one.url}/"`);
    // A stopped node's file is nobody's to change by itself.
    const stopped = three.stop();
    // Its appliance ends its waits itself: loops whose every wait ends at once leave the thread no turn for anything else.
    expect([...three.waits].map((signal) => signal.aborted)).not.toContain(true);
    expect(three.waits.size).toBeGreaterThan(0);
    await stopped;
    // Asked to lead, it does not come: the leader steps down once, and another one leads for good.
    await three.directory((directory) => promoteNode(directory, "edge3"));
    const said = (words: string) =>
      [...one.logLines, ...two.logLines].filter((line) => line.includes(words) && line.includes("edge3")).length;
    await until(async () => said("has not taken over") === 1);
    await until(async () => (await three.directory((directory) => directory.read(patienceMs))).promote === null);
    await until(async () => (await leads(one)) || (await leads(two)));
    expect(said("steps down")).toBe(1);
    const offline = await command(["key", "create", "x", "--scope", "ingest"], {
      dataDir: three.folder,
      env: three.env,
    });
    expect(offline).toMatchObject({ code: 1, err: expect.stringContaining("belongs to a cluster") });
    await three.start();
    await until(() => follows(three));
    // Taken out and in again, one more copy is one more, whatever it has copied before.
    await three.directory((directory) => removeNode(directory, "edge3"));
    await three.add();
    await three.directory((directory) => reseedNode(directory, "edge3", Date.now()));
    await until(async () => three.logLines.filter((line) => line.includes("database copied")).length === 3);
    await until(() => follows(three));
  });
});
