import { expect, test } from "bun:test";
import { etcdInstalled } from "../harness/etcd.ts";
import { clusterRun } from "./cluster-run.ts";

// The same run with hundreds of faults: npm run chaos:cluster.
test.skipIf(!etcdInstalled())("a cluster keeps what it has answered, whoever is killed or stopped", async () => {
  const seed = 7;
  console.log(`cluster run: seed ${seed}`);
  const report = await clusterRun({ faults: 3, seed, kinds: ["kill-leader", "kill-etcd", "stop-leader"] });
  expect(report.violations).toEqual([]);
  expect(report.faults).toEqual({ "kill-leader": 1, "kill-etcd": 1, "stop-leader": 1 });
  expect(report.accepted).toBeGreaterThan(200);
  // A destination repeats at most what it was sending when the leader went.
  expect(report.repeated).toBeLessThanOrEqual(100 * 2);
});
