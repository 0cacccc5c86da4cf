/**
 * `npm test` and `npm run test:e2e`: the tests of one tier, then what could not run here and why. A file `*.e2e.test.ts` belongs to
 * the second tier: long runs, faults of the machine, real receivers, the binary. With CI set nothing may be left out, and the
 * last line is `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program } from "./harness/program.ts";

const root = join(import.meta.dirname, "..");
const isLong = (path: string) => path.endsWith(".e2e.test.ts");

/** Long ones first: at the end all processes then have something to do. */
const firstOnes = [
  "lying-targets",
  "runtimes.e2e",
  "packaging/package.e2e",
  "packaging/guide.e2e",
  "console-pages",
  "console-workflow",
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

function filesOf(tier: string): string[] {
  const pattern = new Bun.Glob("{core,store,transports,integrations,appliance,test}/**/*.test.{ts,tsx}");
  const rank = (path: string) => firstOnes.findIndex((name) => path.includes(name)) + 1 || firstOnes.length + 1;
  return [...pattern.scanSync({ cwd: root })]
    .filter((path) => isLong(path) === (tier === "e2e"))
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

/** Counts of a JUnit report: the attributes of its outermost element. */
function countsOf(report: string): { tests: number; failures: number; skipped: number } {
  const head = /<testsuites\b[^>]*>/.exec(report)?.[0] ?? "";
  const attribute = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  return {
    tests: attribute("tests"),
    failures: attribute("failures") + attribute("errors"),
    skipped: attribute("skipped"),
  };
}

const words = process.argv.slice(2);
const tier = words[0] === "e2e" ? "e2e" : "fast";

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
const reportFile = join(folder, "junit.xml");
/** `npm test -- PATH...`: these files alone. */
const named = words.filter((word) => word !== "e2e" && word !== "fast");
const { status } = spawnSync(
  process.execPath,
  // Much of the time is waiting: several files at a time, each in a process of its own.
  [
    "test",
    "--parallel=3",
    // What test/harness/deadline.ts says holds for the first file of a process only.
    `--timeout=${tier === "e2e" ? 900_000 : 300_000}`,
    "--reporter=junit",
    `--reporter-outfile=${reportFile}`,
    ...(named.length > 0 ? named : filesOf(tier)),
  ],
  { stdio: "inherit", cwd: root, env: { ...process.env, RHYTHMX_TEST_PROGRAM: program, ...place } },
);
let report = "";
try {
  report = readFileSync(reportFile, "utf8");
} catch {
  console.error("test: bun wrote no report, see above");
}
rmSync(folder, { recursive: true, force: true });

const { tests, failures, skipped } = countsOf(report);
const missing = helpers.filter(({ program }) => !isInstalled(program));
if (skipped > 0) {
  const install = missing.map((helper) => helper.package).join(" ");
  console.log(`\n${skipped} tests did not run here.${install ? ` To run them: apt-get install ${install}` : ""}`);
}
const leftOut = process.env.CI ? skipped : 0;
// A file that cannot be loaded, or a hook that throws, fails the run without a failed test.
const failed = Math.max(failures + leftOut, status === 0 && tests > 0 ? 0 : 1);
if (process.env.CI) console.log(`${Math.max(0, tests - failures - skipped)} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
