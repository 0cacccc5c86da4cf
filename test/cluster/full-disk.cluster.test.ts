/** A leader whose disk is full: another node, which has room, leads. Needs root. */
import { afterAll, describe, expect, test } from "bun:test";
import { until } from "../harness/appliance.ts";
import { leadAndFollow, patienceMs, TestNode } from "../harness/cluster.ts";
import { Etcd, etcdInstalled } from "../harness/etcd.ts";
import { disksMountable, SmallDisk } from "../harness/small-disk.ts";

const cleanUp: (() => unknown)[] = [];
const leads = (node: TestNode) => node.leads();

describe.skipIf(!etcdInstalled() || !disksMountable())("a leader whose disk is full", () => {
  afterAll(async () => {
    for (const one of cleanUp.splice(0).reverse()) await one();
  });

  test("lets a node lead that has room, and follows it once it has room itself", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const disk = SmallDisk.mounted(64);
    cleanUp.push(() => disk.remove());
    const room = { RHYTHMX_MIN_FREE_BYTES: String(16 * 1_048_576), RHYTHMX_MIN_FREE_PERCENT: "0" };
    const one = await TestNode.prepare(etcd, "edge1", { env: { ...room, RHYTHMX_DATA_DIR: disk.data } });
    const two = await TestNode.prepare(etcd, "edge2", { env: room });
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
    disk.fill();
    await until(() => leads(two));
    expect(one.logLines.filter((line) => line.includes("steps down")).join()).toMatch(/"why":"[^"]*(?:disk|free)/);
    disk.empty();
    const shown = async () => (await one.directory((directory) => directory.read(patienceMs))).live.get("edge1")?.row;
    await until(async () => (await shown())?.role === "follower" && (await shown())?.fault === null);
    expect(await leads(two)).toBe(true);
  });

  test("does not lead again before it can write, also where nobody else is left", async () => {
    const etcd = await Etcd.start();
    cleanUp.push(() => etcd.stop());
    const disk = SmallDisk.mounted(64);
    cleanUp.push(() => disk.remove());
    // No limit of free space tells of it: the first write that fails does.
    const noLimit = { RHYTHMX_MIN_FREE_BYTES: "0", RHYTHMX_MIN_FREE_PERCENT: "0" };
    const one = await TestNode.prepare(etcd, "edge1", { env: { ...noLimit, RHYTHMX_DATA_DIR: disk.data } });
    const two = await TestNode.prepare(etcd, "edge2", { env: noLimit });
    for (const node of [one, two]) cleanUp.push(() => node.dispose());
    await leadAndFollow(one, two);
    disk.fill();
    await until(() => leads(two));
    const led = () => one.logLines.filter((line) => line.includes('"leads the cluster"')).length;
    expect(led()).toBe(1);
    const row = () => one.directory((directory) => directory.read(patienceMs));
    await until(async () => (await row()).live.get("edge1")?.row.fault != null);
    await two.stop();
    // It says five times more that it follows, while nobody leads.
    let seen = "";
    for (let told = 0; told < 5; ) {
      const { leader, live } = await row();
      expect([leader?.row.node, live.get("edge1")?.row.role]).toEqual([null, "follower"]);
      const at = live.get("edge1")?.revision ?? "";
      if (at !== seen) told++;
      seen = at;
      await Bun.sleep(200);
    }
    expect(led()).toBe(1);
    disk.empty();
    await until(() => leads(one));
    await until(
      () => led() === 2,
      20_000,
      () => one.logLines.slice(-12).join("\n"),
    );
  });
});
