import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { etcdInstalled } from "../harness/etcd.ts";
import { disksMountable } from "../harness/small-disk.ts";
import { machinesRun } from "./machines/run.ts";

/** Whether there is nft. CI has to have it. */
function cutsPossible(): boolean {
  const found = spawnSync("nft", ["--version"]).status === 0;
  if (!found && process.env.CI) throw new Error("CI needs nftables: apt-get install nftables");
  if (!found) console.warn("skipped: machines that are cut off from each other need nft (apt-get install nftables)");
  return found;
}

// The same run with hundreds of faults of every kind: npm run chaos:machines.
test.skipIf(!etcdInstalled() || !disksMountable() || !cutsPossible())(
  "three machines keep what they have answered, whoever is cut off, set back or full",
  async () => {
    const seed = 5;
    console.log(`machines run: seed ${seed}`);
    const kinds = ["cut-to-leader", "old-file-leader", "full-disk-leader", "loss"] as const;
    const report = await machinesRun({ count: kinds.length, seed, kinds, incidents: 20 });
    expect(report.violations).toEqual([]);
    expect(report.faults).toEqual({ "cut-to-leader": 1, "old-file-leader": 1, "full-disk-leader": 1, loss: 1 });
    // After each fault, and during three of them, a batch of five is waited for.
    expect(report.accepted).toBeGreaterThanOrEqual(5 * (kinds.length + 3));
    expect(report.incidents).toBeGreaterThan(0);
    expect(report.tickets).toBe(report.incidents);
  },
  600_000,
);
