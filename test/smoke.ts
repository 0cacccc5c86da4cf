/**
 * `bun test/smoke.ts BINARY`: the compiled binary does the main job, started in an empty folder, with a temporary folder in which
 * nothing can be made, and writes nothing outside its data folder (strace looks on). Prints one line; exit code 0 when all is well.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { freePort } from "./harness/free-port.ts";

const binary = resolve(process.argv[2] ?? "");
const root = mkdtempSync(join(tmpdir(), "rhythmx-smoke-"));
const folders = { empty: join(root, "empty"), data: join(root, "data"), config: join(root, "config") };
const trace = join(root, "strace.txt");

function must(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  return (server.address() as AddressInfo).port;
}

/** Tries until `attempt` gives something, for at most `seconds`. */
async function eventually<T>(what: string, seconds: number, attempt: () => Promise<T | null> | T | null): Promise<T> {
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await Bun.sleep(50)) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw new Error(`${what} within ${seconds} s`);
}

/** Files that were opened for writing, made, renamed or removed outside the data folder. */
function writtenOutside(): string[] {
  const paths = readFileSync(trace, "utf8")
    .split("\n")
    .filter((line) =>
      /^\d+ +(?:(?:mkdir|rename|unlink|creat|link|symlink)\w*\(|open\w*\(.*O_(?:WRONLY|RDWR|CREAT))/.test(line),
    )
    .flatMap((line) => [...line.matchAll(/"([^"]*)"/g)].map(([, path = ""]) => path));
  must(paths.includes(join(folders.data, "rhythmx.db")), "strace did not see the database being opened");
  return paths.filter(
    (path) => !path.startsWith(`${folders.data}/`) && !/^\/(dev|proc|sys)\//.test(path) && path !== folders.data,
  );
}

async function smoke(): Promise<void> {
  for (const folder of [folders.empty, folders.config]) mkdirSync(folder);
  let heard = "";
  const receiver = createServer((socket) => socket.setEncoding("utf8").on("data", (text) => (heard += text)));
  const syslog = { protocol: "tcp", host: "127.0.0.1", port: await listening(receiver) };
  writeFileSync(join(folders.config, "config.json"), JSON.stringify({ syslog }));
  const [port, healthPort] = [await freePort(), await freePort()];
  const env = {
    PATH: "/usr/bin:/bin",
    HOME: folders.empty,
    BUN_TMPDIR: "/proc/nothing-can-be-made-here",
    TMPDIR: "/proc/nothing-can-be-made-here",
    RHYTHMX_DATA_DIR: folders.data,
    RHYTHMX_CONFIG_DIR: folders.config,
    RHYTHMX_LISTEN: `127.0.0.1:${port}`,
    RHYTHMX_ALERT_HEALTH: `127.0.0.1:${healthPort}`,
    RHYTHMX_INCIDENT_HEALTH: "127.0.0.1:0",
  };
  const run = (...args: string[]) => execFileSync(binary, args, { cwd: folders.empty, env, encoding: "utf8" });

  const version = run("version");
  must(version.includes(manifest.version) && version.includes("linux-"), `"rhythmx version" says ${version}`);

  const calls =
    "trace=openat,open,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat";
  const server: ChildProcess = spawn("strace", ["-D", "-f", "-qq", "-z", "-e", calls, "-o", trace, binary, "serve"], {
    cwd: folders.empty,
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const exit = once(server, "exit");
  try {
    const base = `http://127.0.0.1:${port}`;
    await eventually("ready", 60, () =>
      fetch(`${base}/readyz`)
        .then((answer) => (answer.ok ? true : null))
        .catch(() => null),
    );

    const key = run("key", "create", "smoke", "--scope", "ingest").trim();
    must(/^smk_[0-9A-Za-z]{36}$/.test(key), `"rhythmx key create" does not print a key alone`);

    const detection = { rule_title: "Smoke", timestamp: new Date(), level: "high", host: "ws-1", raw: { n: 1 } };
    const headers = { "X-API-Key": key, "Content-Type": "application/x-ndjson" };
    const answer = await fetch(`${base}/api/v1/ingest/detections`, {
      method: "POST",
      headers,
      body: JSON.stringify(detection),
    });
    const text = await answer.text();
    must(answer.status === 200 && JSON.parse(text).accepted === 1, `intake answers ${answer.status} ${text}`);

    const message = await eventually("a syslog message", 60, () => (heard.includes("\n") ? heard : null));
    must(/^<134>1 \S+ RhythmX SigmaAlert \d+ FIRST \[sigma@32473 hash="/.test(message), `the message is ${message}`);
    must(message.includes(`title="Smoke"`) && message.endsWith(`{"n":1}\n`), `the message is ${message}`);

    const signIn = await (await fetch(`${base}/sign-in`)).text();
    const files = [...signIn.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, file]) => base + file);
    const sizes = await Promise.all(files.map(async (file) => (await (await fetch(file)).bytes()).length));
    must(sizes.length === 4 && sizes.every((size) => size > 200), `the console's files have ${sizes.join(", ")} bytes`);

    const health = await fetch(`http://127.0.0.1:${healthPort}/health`);
    const state = (await health.json()) as { status: string; alerts_sent: number };
    must(
      health.status === 200 && state.status === "running" && state.alerts_sent === 1,
      `health is ${JSON.stringify(state)}`,
    );
  } finally {
    server.kill("SIGTERM");
  }
  const [code] = await Promise.race([exit, Bun.sleep(60_000).then(() => ["no exit"])]);
  must(code === 0, `after SIGTERM the exit code is ${code}`);

  must(readdirSync(folders.empty).length === 0, `files in the current folder: ${readdirSync(folders.empty)}`);
  const outside = writtenOutside();
  must(outside.length === 0, `written outside the data folder: ${outside.join(", ")}`);
  receiver.close();
}

try {
  await smoke();
  console.log(`smoke: ${binary} took in a detection, sent its FIRST and stopped cleanly`);
} catch (error) {
  console.error(`smoke: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
process.exit();
