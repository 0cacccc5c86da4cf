/** A long outage under load: what piles up is on the disk, not in memory, and intake does not feel it. */
import { readFileSync } from "node:fs";
import { ApplianceProcess } from "../harness/process.ts";
import { Arrivals } from "./delivery-arrivals.ts";
import { numberedDetection, siem } from "./delivery-queue.ts";
import { destinationOf, ourReceiver } from "./delivery-receivers.ts";
import { type Row, sleep } from "./delivery-run.ts";

const recordsPerBatch = 500;
const posters = 2;
const mostGrowthMb = 50;
const mostP99Ratio = 2;

interface Load {
  /** Largest resident memory, MB. */
  memory: number;
  /** Milliseconds of the slowest hundredth of the answers. */
  p99: number;
  violations: string[];
  arrivals: Arrivals;
}

/**
 * The same `count` detections twice, with the receiver present and with it away until all are in.
 * @param slackMs what p99 may be longer besides its ratio: a short load has too few answers for a steady one.
 */
export async function longOutage(count: number, slackMs = 0): Promise<Row> {
  const began = performance.now();
  const present = await load(count, true);
  const away = await load(count, false);
  const violations = [...present.violations, ...away.violations];
  const growth = away.memory - present.memory;
  if (growth > mostGrowthMb) violations.push(`memory grew by ${growth.toFixed(0)} MB; at most ${mostGrowthMb}`);
  if (away.p99 > mostP99Ratio * present.p99 + slackMs)
    violations.push(`intake p99 ${away.p99.toFixed(0)} ms; at most ${mostP99Ratio} × ${present.p99.toFixed(0)} ms`);
  const told = ({ memory, p99 }: Load) => `memory ${memory.toFixed(0)} MB, p99 ${p99.toFixed(0)} ms`;
  return {
    fault: "away under load",
    transport: "tcp octet",
    messages: count,
    lost: away.arrivals.lost(count),
    repeated: away.arrivals.repeated,
    repeatedBytes: away.arrivals.repeatedBytes,
    breaks: 0,
    mostAfterRestart: 0,
    named: "",
    seconds: (performance.now() - began) / 1000,
    note: `present: ${told(present)}; away: ${told(away)}`,
    violations,
  };
}

async function load(count: number, receiverPresent: boolean): Promise<Load> {
  const receiver = await ourReceiver("tcp octet");
  if (!receiverPresent) await receiver.stop();
  const appliance = await ApplianceProcess.prepare({ config: siem(destinationOf("tcp octet", receiver.port)) });
  const arrivals = new Arrivals("any");
  const violations: string[] = [];
  const memory = watchMemory(appliance, () => arrivals.addAll(receiver.take()));
  let p99 = 0;
  try {
    const key = appliance.run(["key", "create", "load", "--scope", "ingest"]).stdout.trim();
    await appliance.start();
    p99 = await post(appliance, key, count);
    if (!receiverPresent) await receiver.start();
    await delivered(arrivals, count);
  } catch (error) {
    violations.push(error instanceof Error ? error.message : String(error));
  } finally {
    memory.stop();
    await appliance.dispose();
    await receiver.remove();
  }
  const lost = arrivals.lost(count);
  if (lost > 0) violations.push(`${lost} lost with the receiver ${receiverPresent ? "present" : "away"}`);
  if (arrivals.repeated > 0) violations.push(`${arrivals.repeated} repeated`);
  return { memory: memory.most(), p99, violations: [...violations, ...arrivals.violations], arrivals };
}

async function delivered(arrivals: Arrivals, count: number): Promise<void> {
  let before = -1;
  for (let waited = 0; arrivals.distinct < count && waited < 100; waited++) {
    if (arrivals.distinct !== before) waited = 0;
    before = arrivals.distinct;
    await sleep(200);
  }
}

/** Posts all of it as two clients. Returns the p99. */
async function post(appliance: ApplianceProcess, key: string, count: number): Promise<number> {
  const answers: number[] = [];
  let next = 1;
  const client = async () => {
    while (next <= count) {
      const from = next;
      next = Math.min(count + 1, from + recordsPerBatch);
      const body = Array.from({ length: next - from }, (_, index) => numberedDetection(from + index)).join("\n");
      const began = performance.now();
      const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson" };
      const response = await fetch(`${appliance.apiUrl}/api/v1/ingest/detections`, { method: "POST", headers, body });
      await response.text();
      if (response.status !== 200) throw new Error(`intake answered ${response.status}`);
      answers.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: posters }, client));
  return answers.toSorted((a, b) => a - b)[Math.floor(answers.length * 0.99)] ?? 0;
}

function watchMemory(appliance: ApplianceProcess, also: () => void): { most(): number; stop(): void } {
  let most = 0;
  const timer = setInterval(() => {
    also();
    try {
      const status = readFileSync(`/proc/${appliance.pid}/status`, "utf8");
      most = Math.max(most, Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // Not started yet, or over.
    }
  }, 100);
  return {
    most: () => most,
    stop: () => {
      clearInterval(timer);
      also();
    },
  };
}
