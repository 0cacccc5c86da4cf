/**
 * `npm test` and `npm run test:e2e`: the tests of one tier, then what could not run here and why. A file `*.e2e.test.ts` belongs to
 * the second tier: long runs, faults of the machine, real receivers, the binary. One `*.cluster.test.ts` belongs to `npm run test:cluster`, which
 * needs etcd and is not part of `.ci/run`; a short version of it is in the two others. With CI set nothing may be left out, and the last line
 * is `N passed, N failed`. `--times` says at the end what took the processors longest.
 */
import { accessSync, chmodSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CpuTime } from "./harness/cpu-time.ts";
import { program } from "./harness/program.ts";
import { type Counts, countsOf, lastFileOf, told } from "./harness/test-report.ts";

const root = join(import.meta.dirname, "..");
/** Processes of tests at the same time: much of their time is waiting. */
const atATime = 4;
/** Processes for the tests of core, which need nothing and leave nothing behind: most of the time of a process of its own would be its start. */
const processesOfCore = 3;

type Tier = "fast" | "e2e" | "cluster";
const tierOf = (path: string): Tier =>
  path.endsWith(".e2e.test.ts") ? "e2e" : path.endsWith(".cluster.test.ts") ? "cluster" : "fast";

/** Long ones first: at the end all processes then have something to do. */
const firstOnes = [
  "lying-targets",
  "runtimes.e2e",
  "packaging/package.e2e",
  "packaging/guide.e2e",
  "console-pages",
  "packs/pollers.e2e",
  "chaos/tickets.e2e",
  "console-workflow",
  "demo.e2e",
  "clock",
  "faults-process",
  "ticket-week",
  "tickets.e2e",
  "outbreaks.e2e",
  "console-ground",
  "console-incident.e2e",
  "stream-sender",
  "ticket-sync",
  "ways-out",
  "exceptions.test",
  "backup-restore",
  "ticket-lanes",
  "ticket-fields",
  "restore-tickets",
  "cli-key",
  "start.test",
  "tickets.test",
  "made-tickets",
  "cli-destinations",
  "dead-letters",
  "proactive",
  "http-surface",
  "ticket-updates",
  "api-stream",
  "cli-import",
];

function filesOf(tier: Tier): string[] {
  const pattern = new Bun.Glob("{core,store,transports,integrations,appliance,test}/**/*.test.{ts,tsx}");
  const rank = (path: string) => firstOnes.findIndex((name) => path.includes(name)) + 1 || firstOnes.length + 1;
  return [...pattern.scanSync({ cwd: root })]
    .filter((path) => tierOf(path) === tier)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((path) => `./${path}`);
}

/** Programs of Debian packages that some tests put the appliance to the proof with. */
const helpers = [
  { program: "rsyslogd", package: "rsyslog" },
  { program: "zsh", package: "zsh" },
  { program: "fish", package: "fish" },
  { program: "mandoc", package: "mandoc" },
  { program: "groff", package: "groff-base" },
  { program: "strace", package: "strace" },
  { program: "etcd", package: "etcd-server" },
] as const;

function isInstalled(program: string): boolean {
  const folders = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", ...(process.env.PATH ?? "").split(":")];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const showsTimes = process.argv.includes("--times");
const words = process.argv.slice(2).filter((word) => word !== "--times");
const tier: Tier = words[0] === "e2e" || words[0] === "cluster" ? words[0] : "fast";

/** Where the fast tests put their files: in memory where there is room, so that none waits for the disk; what a disk does is for the long tests. */
function inMemory(): string | null {
  const place = "/dev/shm";
  try {
    accessSync(place, constants.W_OK);
    const { bavail, bsize } = statfsSync(place);
    return bavail * bsize > 2 * 1024 ** 3 ? place : null;
  } catch {
    return null;
  }
}

const folder = mkdtempSync(join((tier === "fast" ? inMemory() : null) ?? tmpdir(), "rhythmx-test-"));
// Some tests start the program as another user.
chmodSync(folder, 0o755);
const place = tier === "fast" ? { TMPDIR: folder } : {};
/** `npm test -- PATH...`: these files alone. */
const named = words.filter((word) => !["e2e", "fast", "cluster"].includes(word));
const files = named.length > 0 ? named : filesOf(tier);

/** What one process runs: files, by the name of the first. */
type Batch = readonly [first: string, ...others: string[]];

/** Each file in a process of its own, in their order; those of core together, in a few. */
function batchesOf(paths: readonly string[]): Batch[] {
  const alone = paths.filter((path) => !path.startsWith("./core/"));
  const core = paths.filter((path) => path.startsWith("./core/"));
  const together = Array.from({ length: processesOfCore }, (_, n) =>
    core.filter((_, at) => at % processesOfCore === n),
  );
  return [...together, ...alone.map((path) => [path])].flatMap(([first, ...others]) =>
    first === undefined ? [] : [[first, ...others] as Batch],
  );
}

interface Outcome extends Counts {
  batch: Batch;
  good: boolean;
  /** Seconds: what it took, and of the processors. */
  took: number;
  cpu: number;
}

/** One `bun test`. What it says is told in one piece when it has ended. */
async function testsOf(batch: Batch, n: number): Promise<Outcome> {
  const report = join(folder, `${n}.xml`);
  const cpuTime = showsTimes ? CpuTime.of(`rhythmx-test-${process.pid}-${n}`) : null;
  // As test/harness/deadline.ts says, which holds for the first file of a process only.
  const timeout = "--timeout=900000";
  const command = [
    ...[process.execPath, "test", timeout, "--reporter=junit", `--reporter-outfile=${report}`],
    ...batch,
  ];
  const began = performance.now();
  const child = Bun.spawn(cpuTime?.wrapped(command) ?? command, {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: root,
    env: { ...process.env, RHYTHMX_TEST_PROGRAM: program, ...place },
  });
  const said: Uint8Array[] = [];
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream) said.push(part);
  };
  await Promise.all([collect(child.stdout), collect(child.stderr), child.exited]);
  const took = (performance.now() - began) / 1000;
  const waitedFor = Number(child.resourceUsage()?.cpuTime.total ?? 0) / 1e6;
  const output = Buffer.concat(said).toString().trimEnd();
  process.stdout.write(`${output}\n\n`);
  const end = child.signalCode === null ? `exit code ${child.exitCode}` : `signal ${child.signalCode}`;
  const good = child.exitCode === 0;
  const ran = { batch, good, took, cpu: cpuTime?.end(waitedFor) ?? waitedFor };
  if (!existsSync(report)) {
    const what = `${lastFileOf(output) ?? batch[0]}: its process ended without a report, ${end}; the last that it said:`;
    const last = output.split("\n").slice(-6).join("\n");
    return { ...ran, good: false, tests: 0, failures: 0, skipped: 0, failed: [told(what, last)] };
  }
  const counts = countsOf(readFileSync(report, "utf8"));
  const outside = good || counts.failed.length > 0 ? [] : [`${batch[0]}: outside its tests, ${end}`];
  return { ...ran, ...counts, failed: [...counts.failed, ...outside] };
}

const outcomes: Outcome[] = [];
const waiting = [...batchesOf(files).entries()];
const work = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
    outcomes.push(await testsOf(next[1], next[0]));
};
await Promise.all(Array.from({ length: atATime }, work));
rmSync(folder, { recursive: true, force: true });

const sum = (of: (one: Outcome) => number) => outcomes.reduce((total, one) => total + of(one), 0);
const [tests, failures, skipped] = [sum((one) => one.tests), sum((one) => one.failures), sum((one) => one.skipped)];
if (showsTimes) {
  const dearest = outcomes.toSorted((a, b) => b.cpu - a.cpu);
  const column = (seconds: number) => seconds.toFixed(1).padStart(8);
  console.log(`\n${column(sum((one) => one.cpu))} s of processors in all; of them, and as it was waited for:`);
  for (const { batch, cpu, took } of dearest.slice(0, 60))
    console.log(`${column(cpu)}${column(took)} ${batch[0]}${batch.length > 1 ? ` and ${batch.length - 1} more` : ""}`);
}
const missing = helpers.filter(({ program }) => !isInstalled(program));
if (skipped > 0) {
  const install = missing.map((helper) => helper.package).join(" ");
  console.log(`\n${skipped} tests did not run here.${install ? ` To run them: apt-get install ${install}` : ""}`);
}
const leftOut = process.env.CI ? skipped : 0;
// A file that cannot be loaded, or a hook that throws, fails the run without a failed test.
const faults = outcomes.flatMap((one) => one.failed);
const outsideTests = outcomes.filter((one) => !one.good && one.failures === 0).length;
const failed = Math.max(failures + leftOut + outsideTests, tests > 0 ? 0 : 1);
if (faults.length > 0) console.log(`\nFailed:\n${faults.map((test) => `  ${test}`).join("\n")}`);
if (process.env.CI) console.log(`${Math.max(0, tests - failures - skipped)} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
