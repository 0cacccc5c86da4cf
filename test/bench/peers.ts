/**
 * Peers out of Debian packages. Alertmanager and loggen are unpacked beside the machine instead of installed (`apt-get download`,
 * `dpkg -x`, once per machine): one would start a service, the other excludes rsyslog.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { pause } from "./machine.ts";

const cache = join(tmpdir(), "rhythmx-bench-peers");
const unpacked = join(cache, "root");
const alertmanager = join(unpacked, "usr/bin/prometheus-alertmanager");
const loggen = join(unpacked, "usr/bin/loggen");
const loggenEnvironment = {
  ...process.env,
  LD_LIBRARY_PATH: join(unpacked, "usr/lib/syslog-ng"),
  SYSLOGNG_PREFIX: join(unpacked, "usr"),
};

export interface Peers {
  alertmanager: boolean;
  rsyslog: boolean;
  loggen: boolean;
  /** Names with versions of those that are there. */
  versions: string[];
}

/** Finds the peers, unpacking what is not there yet. What stays missing is missing in the table. */
export function findPeers(): Peers {
  for (const [file, name] of [
    [alertmanager, "prometheus-alertmanager"],
    [loggen, "syslog-ng-core"],
  ] as const)
    if (!existsSync(file)) unpack(name);
  const versions: string[] = [];
  const found = (name: string, program: string, flag: string, env: NodeJS.ProcessEnv = process.env): boolean => {
    const { status, stdout, stderr } = spawnSync(program, [flag], { env, encoding: "utf8" });
    const version = /\d+\.[\d.]*\d/.exec(`${stdout}${stderr}`)?.[0];
    if (status === 0) versions.push(version === undefined ? name : `${name} ${version}`);
    return status === 0;
  };
  return {
    alertmanager: found("Alertmanager", alertmanager, "--version"),
    rsyslog: found("rsyslog", "rsyslogd", "-v"),
    loggen: found("loggen", loggen, "--help-all", loggenEnvironment),
    versions,
  };
}

function unpack(name: string): void {
  mkdirSync(unpacked, { recursive: true });
  const command = `apt-get download ${name} && dpkg -x ${name}_*.deb root`;
  spawnSync("sh", ["-c", command], { cwd: cache, stdio: "ignore", timeout: 60_000 });
}

export interface RunningPeer {
  pid: number;
  port: number;
  /** Ends it and removes its folder. */
  remove(): Promise<void>;
}

async function running(program: string, port: number, folder: string, args: string[]): Promise<RunningPeer> {
  const child: ChildProcess = spawn(program, args, { stdio: "ignore", cwd: folder });
  const until = performance.now() + 10_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > until) throw new Error(`${program} does not listen`);
    await pause(20);
  }
  return {
    pid: child.pid ?? 0,
    port,
    remove: async () => {
      if (child.exitCode === null) {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Alertmanager that groups everything and notifies nobody: nothing but intake. */
export async function startAlertmanager(): Promise<RunningPeer> {
  const folder = mkdtempSync(join(tmpdir(), "alertmanager-"));
  writeFileSync(join(folder, "config.yml"), "route:\n  receiver: none\nreceivers:\n  - name: none\n");
  const port = await freePort();
  // It looks for its templates under /usr/share and nowhere else: in a namespace of its own, that folder is the unpacked one.
  const inNamespace = `mount --bind "${join(unpacked, "usr/share")}" /usr/share && exec "$0" "$@"`;
  return running("unshare", port, folder, [
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    inNamespace,
    alertmanager,
    "--config.file=config.yml",
    "--storage.path=data",
    `--web.listen-address=127.0.0.1:${port}`,
    "--cluster.listen-address=",
    "--log.level=error",
  ]);
}

/** rsyslog that takes syslog over TCP and relays it through a Disk queue to `sinkPort`. */
export async function startRelay(sinkPort: number): Promise<RunningPeer> {
  const folder = mkdtempSync(join(tmpdir(), "rsyslog-relay-"));
  const port = await freePort();
  const lines = [
    `global(workDirectory="${folder}" maxMessageSize="64k")`,
    'module(load="imtcp")',
    `input(type="imtcp" port="${port}" address="127.0.0.1" ruleset="relay")`,
    'ruleset(name="relay") {',
    `  action(type="omfwd" target="127.0.0.1" port="${sinkPort}" protocol="tcp" TCP_Framing="octet-counted"`,
    '    template="RSYSLOG_SyslogProtocol23Format" queue.type="Disk" queue.filename="relay" queue.size="5000000"',
    '    queue.checkpointInterval="1000" action.resumeRetryCount="-1")',
    "}",
    "",
  ];
  writeFileSync(join(folder, "rsyslog.conf"), lines.join("\n"));
  return running("rsyslogd", port, folder, ["-n", "-iNONE", "-f", join(folder, "rsyslog.conf")]);
}

/** loggen sends `count` messages of RFC 5424, octet-counted, as fast as it can. */
export async function runLoggen(port: number, count: number, size: number): Promise<void> {
  const form = ["--inet", "--stream", "--syslog-proto", "--quiet", `--size=${size}`];
  const pace = ["--rate=100000000", `--number=${count}`, "--interval=120"];
  const child = spawn(loggen, [...form, ...pace, "127.0.0.1", String(port)], {
    env: loggenEnvironment,
    stdio: "ignore",
  });
  await once(child, "exit");
}
