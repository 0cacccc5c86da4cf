/**
 * `npm test`: all tests, then what could not run here and why. With CI set nothing may be left out, and the last line is
 * `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rooms = ["core", "store", "transports", "integrations", "appliance", "test"];

/** Programs of Debian packages that some tests put the appliance to the proof with. */
const helpers = [
  { program: "rsyslogd", package: "rsyslog" },
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

const folder = mkdtempSync(join(tmpdir(), "rhythmx-test-"));
const reportFile = join(folder, "junit.xml");
const paths = process.argv.length > 2 ? process.argv.slice(2) : rooms.map((room) => `./${room}`);
const { status } = spawnSync(
  process.execPath,
  // Most of the time is waiting: two files at a time, each in a process of its own.
  ["test", "--parallel=2", "--reporter=junit", `--reporter-outfile=${reportFile}`, ...paths],
  { stdio: "inherit", cwd: join(import.meta.dirname, "..") },
);
let report = "";
try {
  report = readFileSync(reportFile, "utf8");
} catch {
  console.error("test: bun wrote no report, see above");
}
rmSync(folder, { recursive: true });

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
