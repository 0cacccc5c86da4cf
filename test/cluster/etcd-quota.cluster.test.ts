/** etcd that has reached its quota: what is wrong is said with what to do, reads go on, and once it has room the node leads again. */
import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { TestNode } from "../harness/cluster.ts";
import { command } from "../harness/command.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";

const cleanUp: (() => unknown)[] = [];

describe.skipIf(!etcdInstalled())("etcd without room", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("is named with its remedy, and the node goes on by itself", async () => {
    const etcd = await Etcd.start(1, { more: ["--quota-backend-bytes", String(8 * 1_048_576)] });
    cleanUp.push(() => etcd.stop());
    const gateway = async (path: string, body: object) => {
      const answer = await fetch(`${etcd.endpoints[0]}/v3/${path}`, { method: "POST", body: JSON.stringify(body) });
      return { ok: answer.ok, body: (await answer.json()) as { header?: { revision: string; member_id: string } } };
    };
    const node = await TestNode.prepare(etcd, "edge1");
    cleanUp.push(() => node.dispose());
    await node.add();
    await node.start();
    await until(() => node.leads());
    const value = btoa("x".repeat(1_048_576));
    while ((await gateway("kv/put", { key: btoa("somebody else"), value })).ok);
    const told = () => node.logLines.find((line) => /quota.*disarm the alarm/.test(line));
    await until(() => told() !== undefined);
    await until(async () => (await node.ready()) === 503);
    expect((await node.ask("/healthz")).status).toBe(200);
    const checked = await command(["check"], { dataDir: node.folder, env: node.env });
    expect([checked.code, checked.out + checked.err]).toEqual([1, expect.stringContaining("has reached its quota")]);
    // As docs/cluster.md says.
    const { header } = (await gateway("kv/range", { key: btoa("somebody else"), keys_only: true })).body;
    await gateway("kv/compaction", { revision: header?.revision });
    await gateway("maintenance/defragment", {});
    await gateway("maintenance/alarm", { action: "DEACTIVATE", memberID: header?.member_id, alarm: "NOSPACE" });
    await until(async () => (await node.ready()) === 200);
  });
});
