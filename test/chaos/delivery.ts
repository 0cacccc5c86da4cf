/**
 * `npm run chaos:delivery -- [--seed N] [--only TEXT] [--jobs N] [--messages N] [--queued N]`: what receivers and networks do to a
 * sender, against the whole appliance; exit code 1 at any violation.
 */
import { parseArgs } from "node:util";
import { installed } from "../harness/rsyslog.ts";
import { longOutage } from "./delivery-backlog.ts";
import { killedWithBacklog, stalledThenKilled } from "./delivery-crash.ts";
import {
  closingOnAccept,
  halfClosing,
  partitioned,
  receiverKilled,
  refusing,
  resetting,
  rsyslogKilled,
  slow,
  stallAndDie,
  udpAway,
} from "./delivery-faults.ts";
import { Queues } from "./delivery-queue.ts";
import { streams } from "./delivery-receivers.ts";
import { mib, type Row, type Tools } from "./delivery-run.ts";
import { Dice } from "./dice.ts";
import { partitionImpossible } from "./partition.ts";

interface Job {
  name: string;
  play(): Promise<Row>;
}

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
    only: { type: "string", default: "" },
    jobs: { type: "string", default: "3" },
    messages: { type: "string", default: "10000" },
    queued: { type: "string", default: "1000000" },
  },
});
for (const option of ["seed", "jobs", "messages", "queued"] as const) {
  if (/^[1-9]\d{0,8}$/.test(values[option])) continue;
  console.error(`--${option} ${JSON.stringify(values[option])}: a whole number, such as --${option} 3`);
  process.exit(2);
}
const count = Number(values.messages);
console.log(`seed ${values.seed}`);
const tools: Tools = { queues: new Queues(), dice: new Dice(Number(values.seed)) };
const rows: Row[] = [];
/** Rows that could not be played. */
const failures: string[] = [];
try {
  // Mostly waiting, so some at a time.
  await playAll(faults(), Number(values.jobs));
  // At full speed, so one after the other.
  await playAll(loads(), 1);
} finally {
  tools.queues.remove();
}
printTable(rows);
const broken = rows.flatMap((row) => row.violations.map((text) => `${row.fault}, ${row.transport}: ${text}`));
const violations = [...broken, ...failures];
for (const violation of violations) console.error(`violation: ${violation}`);
if (violations.length > 0) process.exit(1);

function faults(): Job[] {
  const jobs: Job[] = [];
  const add = (name: string, play: () => Promise<Row>) => jobs.push({ name, play });
  const cannot = partitionImpossible();
  if (cannot !== null && process.env.CI) throw new Error(cannot);
  if (cannot !== null) console.log(`skipped: silent partition: ${cannot}`);
  // The longest first.
  for (const transport of ["tcp octet", "tls", "relp"] as const) {
    if (cannot === null) add(`partition, ${transport}`, () => partitioned(tools, transport, count));
    add(`slow, ${transport}`, () => slow(tools, transport, count));
  }
  const rsyslog = installed("rsyslogd", "rsyslog rsyslog-relp rsyslog-openssl");
  for (const transport of streams) {
    if (rsyslog) add(`rsyslog killed, ${transport}`, () => rsyslogKilled(tools, transport, count));
    add(`killed, ${transport}`, () => receiverKilled(tools, transport, count));
    add(`resetting, ${transport}`, () => resetting(tools, transport, count));
    add(`half-closing, ${transport}`, () => halfClosing(tools, transport, count));
    add(`closing at accept, ${transport}`, () => closingOnAccept(tools, transport, count));
    add(`refusing, ${transport}`, () => refusing(tools, transport, count));
  }
  if (rsyslog) add("rsyslog killed, udp", () => udpAway(tools, count, true));
  add("killed, udp", () => udpAway(tools, count, false));
  for (const transport of ["tcp octet", "tls"] as const) {
    for (const signal of ["SIGKILL", "SIGTERM"] as const)
      add(`receiver hangs, ${signal}, ${transport}`, () => stalledThenKilled(tools, transport, 8000, signal));
  }
  return jobs;
}

function loads(): Job[] {
  const jobs: Job[] = [];
  for (const transport of streams) {
    jobs.push({ name: `stall, ${transport}`, play: () => stallAndDie(tools, transport, 100_000) });
    jobs.push({ name: `backlog, ${transport}`, play: () => killedWithBacklog(tools, transport, 150_000) });
  }
  jobs.push({ name: "away under load", play: () => longOutage(Number(values.queued)) });
  return jobs;
}

async function playAll(jobs: Job[], atOnce: number): Promise<void> {
  const wanted = jobs.filter(({ name }) => name.includes(values.only));
  const worker = async () => {
    for (let job = wanted.shift(); job !== undefined; job = wanted.shift()) {
      const { name } = job;
      const row = await job.play().catch((error: unknown) => {
        failures.push(`${name}: ${error}`);
      });
      if (row === undefined) continue;
      rows.push(row);
      console.log(
        `${job.name}: ${row.seconds.toFixed(0)} s${row.violations.length > 0 ? `, VIOLATED: ${row.violations.join("; ")}` : ""}`,
      );
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function printTable(all: readonly Row[]): void {
  const head = [
    "fault",
    "transport",
    "messages",
    "lost",
    "repeated",
    "MiB",
    "breaks",
    "restart",
    "s",
    "health said; notes",
  ];
  const lines = all.map((row) => [
    row.fault,
    row.transport,
    String(row.messages),
    String(row.lost),
    String(row.repeated),
    mib(row.repeatedBytes),
    String(row.breaks),
    String(row.mostAfterRestart),
    row.seconds.toFixed(0),
    [row.named.replaceAll(/127\.0\.0\.1:\d+/g, "receiver").slice(0, 60), row.note]
      .filter((text) => text !== "")
      .join("; "),
  ]);
  const widths = head.map((name, column) => Math.max(...[head, ...lines].map((line) => (line[column] ?? name).length)));
  for (const line of [head, ...lines])
    console.log(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    );
  const violated = all.filter(({ violations: found }) => found.length > 0).length;
  console.log(`${all.length} rows, ${violated} with violations`);
}
