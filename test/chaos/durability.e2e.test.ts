/**
 * An answered batch is on the disk. SIGKILL cannot show that, because the kernel survives it; the system calls can: between the
 * answer before and a batch's own 200, the write-ahead log is written and synced (WAL, synchronous=FULL).
 */
import { afterEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { detection } from "../harness/appliance.ts";
import { ApplianceProcess } from "../harness/process.ts";

const batches = 50;
const straceInstalled = spawnSync("strace", ["-V"]).status === 0;

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

/** Under strace without a destination: no position is written, so a sync is a batch's own. */
async function tracedAppliance(): Promise<{ appliance: ApplianceProcess; trace: string; key: string }> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-durability-"));
  const trace = join(folder, "strace.txt");
  // -D: the appliance stays our child. -y: descriptors with their paths.
  const calls = "trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64";
  const wrapper = ["strace", "-D", "-f", "-y", "-s", "16", "-e", calls, "-e", "signal=none", "-o", trace];
  const appliance = await ApplianceProcess.prepare({ folder, wrapper });
  cleanUp.push(() => appliance.dispose());
  const { stdout } = appliance.run(["key", "create", "durability", "--scope", "ingest"]);
  await appliance.start();
  return { appliance, trace, key: stdout.trim() };
}

/** What happened in the order of the trace: writes to the log, completed syncs of it, answers 200. */
function stepsOf(trace: string): ("write" | "sync" | "answer")[] {
  const steps: ("write" | "sync" | "answer")[] = [];
  const syncing = new Set<string>();
  for (const line of readFileSync(trace, "utf8").split("\n")) {
    const [, thread = "", call = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (/^f(data)?sync\(\d+<[^>]*rhythmx\.db-wal>/.test(call)) {
      if (call.includes("<unfinished")) syncing.add(thread);
      else if (/ = 0$/.test(call)) steps.push("sync");
    } else if (/^<\.\.\. f(data)?sync resumed>/.test(call)) {
      if (syncing.delete(thread) && / = 0$/.test(call)) steps.push("sync");
    } else if (/^pwrite64\(\d+<[^>]*rhythmx\.db-wal>/.test(call)) {
      steps.push("write");
    } else if (/"HTTP\/1\.1 200 /.test(call)) {
      steps.push("answer");
    }
  }
  return steps;
}

test.skipIf(!straceInstalled && !process.env.CI)(
  "each batch, of new or repeated detections, is written and synced before it is answered",
  async () => {
    const { appliance, trace, key } = await tracedAppliance();
    for (let batch = 0; batch < batches; batch++) {
      // Every second batch repeats an alert: no event, only counts.
      const record = detection({ user: `user${batch >> 1}` });
      const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, {
        method: "POST",
        headers: { "X-API-Key": key, "Idempotency-Key": `batch-${batch}`, "Content-Type": "application/json" },
        body: JSON.stringify([record]),
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ accepted: 1, alerts_new: batch % 2 === 0 ? 1 : 0 });
    }
    await appliance.kill();
    await traceComplete(trace);

    // What came before each answer, since the one before it; earlier answers are those to "are you ready?".
    const before = stepsOf(trace).join(" ").split("answer").slice(0, -1).slice(-batches);
    expect(before).toHaveLength(batches);
    expect(before.filter((steps) => !/write.* sync/.test(steps))).toEqual([]);
  },
);

/** strace goes on for a moment after the process is gone. */
async function traceComplete(trace: string): Promise<void> {
  let length = -1;
  for (let now = 0; now !== length; now = readFileSync(trace).length) {
    length = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
