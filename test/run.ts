/**
 * `npm test` and `npm run test:e2e`: the tests of one tier, then what could not run here and why. A file `*.e2e.test.ts` belongs to
 * the second tier: long runs, faults of the machine, real receivers, the binary. One `*.cluster.test.ts` belongs to `npm run test:cluster`, which
 * needs etcd. With CI set nothing may be left out, and the last line is `N passed, N failed`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./harness/program.ts";

const root = join(import.meta.dirname, "..");
/** Files of tests that run at the same time. */
const atATime = 3;

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

interface Counts {
  tests: number;
  failures: number;
  skipped: number;
  /** Name and file of each failed test. */
  failed: readonly string[];
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
const plain = (text: string) => text.replace(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);

/** What a JUnit report says: the attributes of its outermost element, and which tests failed. */
function countsOf(report: string): Counts {
  const failed = [...report.matchAll(/<testcase\b([^>]*[^/>])>\s*<(?:failure|error)\b/g)].map(([, attributes = ""]) => {
    const [name, file, line] = ["name", "file", "line"].map((key) =>
      plain(new RegExp(`\\b${key}="([^"]*)"`).exec(attributes)?.[1] ?? "?"),
    );
    return `${file}:${line} ${name}`;
  });
  const head = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const attribute = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return {
    tests: attribute("tests"),
    failures: attribute("failures") + attribute("errors"),
    skipped: attribute("skipped"),
    failed,
  };
}

const words = process.argv.slice(2);
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

/** For bun, which sorts files itself and begins with those that took longest: their order here, told as times. */
function timesInOrder(paths: readonly string[]): string {
  const file = join(folder, "times.json");
  const files = Object.fromEntries(paths.map((path, n) => [path.replace("./", ""), (paths.length - n) * 1000]));
  writeFileSync(file, JSON.stringify({ version: 1, files }));
  return file;
}

interface Outcome extends Counts {
  status: number | null;
}

/** One `bun test`. `output`: what to do with what it says; by default it goes where ours goes. */
async function testsOf(name: string, args: readonly string[], output?: (text: string) => void): Promise<Outcome> {
  const report = join(folder, `${name}.xml`);
  const child = spawn(
    process.execPath,
    // What test/harness/deadline.ts says holds for the first file of a process only.
    [
      "test",
      `--timeout=${tier === "fast" ? 300_000 : 900_000}`,
      "--reporter=junit",
      `--reporter-outfile=${report}`,
      ...args,
    ],
    {
      stdio: ["ignore", output === undefined ? "inherit" : "pipe", output === undefined ? "inherit" : "pipe"],
      cwd: root,
      env: { ...process.env, RHYTHMX_TEST_PROGRAM: program, ...place },
    },
  );
  const said: Buffer[] = [];
  child.stdout?.on("data", (data: Buffer) => said.push(data));
  child.stderr?.on("data", (data: Buffer) => said.push(data));
  const [status] = (await once(child, "close")) as [number | null];
  output?.(Buffer.concat(said).toString());
  if (!existsSync(report)) {
    console.error(`test: bun wrote no report of ${name}, see above`);
    return {
      status: status || 1,
      tests: 0,
      failures: 0,
      skipped: 0,
      failed: [`${args.join(" ")} ended without a report`],
    };
  }
  return { status, ...countsOf(readFileSync(report, "utf8")) };
}

/** Each file by itself, a few at a time, in their order: bun itself sorts them, and the longest would come one after the other. */
async function oneByOne(paths: readonly string[]): Promise<Outcome> {
  const whole = { status: 0 as number | null, tests: 0, failures: 0, skipped: 0, failed: [] as string[] };
  const waiting = [...paths.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [n, path] = next;
      const { status, tests, failures, skipped, failed } = await testsOf(String(n), [path], (text) =>
        process.stdout.write(`${text.trimEnd()}\n\n`),
      );
      whole.status ||= status;
      whole.tests += tests;
      whole.failures += failures;
      whole.skipped += skipped;
      whole.failed.push(...failed);
      if (status !== 0 && failed.length === 0) whole.failed.push(`${path}: outside its tests`);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return whole;
}

// Much of the time is waiting: several files at a time, each in a process of its own.
const outcome =
  tier === "fast"
    ? await testsOf("all", [`--parallel=${atATime}`, `--timings=${timesInOrder(files)}`, ...files])
    : await oneByOne(files);
const { status, tests, failures, skipped } = outcome;
rmSync(folder, { recursive: true, force: true });

const missing = helpers.filter(({ program }) => !isInstalled(program));
if (skipped > 0) {
  const install = missing.map((helper) => helper.package).join(" ");
  console.log(`\n${skipped} tests did not run here.${install ? ` To run them: apt-get install ${install}` : ""}`);
}
const leftOut = process.env.CI ? skipped : 0;
// A file that cannot be loaded, or a hook that throws, fails the run without a failed test.
const failed = Math.max(failures + leftOut, status === 0 && tests > 0 ? 0 : 1);
if (outcome.failed.length > 0) console.log(`\nFailed:\n${outcome.failed.map((test) => `  ${test}`).join("\n")}`);
if (process.env.CI) console.log(`${Math.max(0, tests - failures - skipped)} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
