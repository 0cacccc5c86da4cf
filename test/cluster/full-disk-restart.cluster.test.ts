/** A follower that is started again while its disk is full: it serves what it has, says what is wrong, and does not lead. Needs root. */
import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { detection, until } from "../harness/appliance.ts";
import { patienceMs, TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";
import { ApplianceProcess } from "../harness/process.ts";
import { disksMountable, SmallDisk } from "../harness/small-disk.ts";

const cleanUp: (() => unknown)[] = [];

describe.skipIf(!etcdInstalled() || !disksMountable())("a follower on a full disk", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("serves reads after a restart, says why it applies nothing, and leads only once it can write", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const disk = SmallDisk.mounted(64);
    cleanUp.push(() => disk.remove());
    const one = await TestNode.prepare(etcd, "edge1");
    cleanUp.push(() => one.dispose());
    const two = await ApplianceProcess.prepare({
      folder: disk.folder,
      env: {
        RHYTHMX_CLUSTER: etcd.endpoints.join(","),
        RHYTHMX_CLUSTER_NODE: "edge2",
        RHYTHMX_CLUSTER_LEASE_SECONDS: "5",
        // No limit of free space tells of it: the first write that fails does.
        RHYTHMX_MIN_FREE_BYTES: "0",
        RHYTHMX_MIN_FREE_PERCENT: "0",
      },
    });
    cleanUp.push(() => two.kill());
    await one.add();
    await one.start();
    await until(() => one.leads());
    const made = await one.appliance?.operations.createKey({
      ...{ name: "t", scopes: ["ingest" as const, "feed:read" as const], entities: [], expiresInDays: null },
    });
    const key = { "X-API-Key": made?.key ?? "" };
    const send = async (id: string) => {
      const headers = { ...key, "Content-Type": "application/x-ndjson" };
      const record = { id, host: id, user: id, level: "critical", tags: ["attack.execution"] };
      const body = JSON.stringify(detection(record));
      expect((await one.ask("/api/v1/ingest/detections", { method: "POST", body, headers })).status).toBe(200);
    };
    const read = async () => {
      const answer = await fetch(`${two.apiUrl}/api/incidents`, { headers: key }).catch(() => null);
      return answer?.status === 200 ? ((await answer.json()) as { total: number }).total : answer?.status;
    };
    const health = async () =>
      fetch(`http://127.0.0.1:${two.healthPort}/health`).then(
        (answer) => answer.text(),
        () => "",
      );
    const told = () => one.directory((directory) => directory.read(patienceMs));
    expect(two.run(["cluster", "add", "edge2"]).code).toBe(0);
    copyFileSync(join(one.folder, "master.key"), join(disk.data, "master.key"));
    await two.start();
    await send("before");
    await until(async () => (await read()) === 1);

    // What is left of the room of a WAL may still take a record.
    await two.kill();
    await send("killed");
    disk.fill();
    await two.start();
    await until(async () => [1, 2].includes((await read()) ?? 0));
    disk.empty();
    await until(async () => (await read()) === 2);

    await two.terminate();
    await send("stopped");
    disk.fill();
    await two.start();
    await until(async () => (await health()).includes("is full: free some space"));
    await until(async () => (await told()).live.get("edge2")?.row.fault?.includes("is full") === true);
    expect(two.log.split('"ready"').at(-1)).toMatch(/"fault":"cluster_log".*is full: free some space/);
    expect(await read()).toBe(2);
    await one.stop();
    // It says five times more that it follows, while nobody leads.
    let seen = "";
    for (let times = 0; times < 5; ) {
      const { leader, live } = await told();
      expect([leader?.row.node, live.get("edge2")?.row.role]).toEqual([null, "follower"]);
      const at = live.get("edge2")?.revision ?? "";
      if (at !== seen) times++;
      seen = at;
      await Bun.sleep(200);
    }
    expect(await read()).toBe(2);
    disk.empty();
    await until(async () => (await told()).leader?.row.node === "edge2");
    await until(async () => (await read()) === 3);
  });
});
