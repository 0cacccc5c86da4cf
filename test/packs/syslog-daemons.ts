/** rsyslog and syslog-ng with the files of the pack `syslog`; only ports, folders and addresses are others. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../harness/free-port.ts";
import { messagesOnce } from "../harness/message-file.ts";
import { syslogNgProgram } from "../harness/syslog-ng.ts";

const pack = join(import.meta.dirname, "../../appliance/packs/syslog");
const certificates = join(import.meta.dirname, "../data/tls");

type Ports = Record<"tcp" | "octet" | "tls" | "relp" | "udp", number>;

export class Daemon {
  #process: ChildProcess | null = null;

  constructor(
    readonly folder: string,
    readonly ports: Ports,
    private readonly command: readonly [program: string, ...args: string[]],
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  async start(): Promise<void> {
    const [program, ...args] = this.command;
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: this.env, cwd: this.folder });
    let errors = "";
    child.stderr?.on("data", (text) => {
      errors += text;
    });
    this.#process = child;
    for (const port of new Set([this.ports.tcp, this.ports.octet, this.ports.tls])) {
      while (!listens(port)) {
        if (child.exitCode !== null) throw new Error(`${program} ended: ${errors}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  /** The lines of a file in its folder, once there are so many. */
  until(file: string, count: number): Promise<string[]> {
    return messagesOnce(join(this.folder, file), (lines) => lines.length >= count, 180_000);
  }

  /** The same once each of these lines is there, however often. */
  untilAll(file: string, wanted: readonly string[]): Promise<string[]> {
    const all = new Set(wanted);
    return messagesOnce(join(this.folder, file), (lines) => all.isSubsetOf(new Set(lines)), 180_000);
  }

  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (child === null || child.exitCode !== null) return;
    const over = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await over;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function listens(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const rows = readFileSync("/proc/net/tcp", "latin1").split("\n");
  return rows.some((row) => row.includes(wanted) && row.includes(" 0A "));
}

/** A line that is commented out in the file, and those that go on with it, switched on. */
function switchedOn(text: string, beginning: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => line.trimStart().startsWith(`# ${beginning}`));
  if (first < 0) throw new Error(`no line "# ${beginning}"`);
  for (let n = first; ; n++) {
    lines[n] = (lines[n] ?? "").replace(/^(\s*)# ?/, "$1");
    if (/\)\)?;?$/.test(lines[n] ?? "") && !/^\s*\w+\(ip.*yes\)$/.test(lines[n] ?? "")) return lines.join("\n");
  }
}

async function portsOf(octetApart: boolean): Promise<Ports> {
  const [tcp, tls, relp, udp] = [await freePort(), await freePort(), await freePort(), await freePort()];
  return { tcp, octet: octetApart ? await freePort() : tcp, tls, relp, udp };
}

/** `siem`: forwards there, as rsyslog-forward.conf says. */
export async function rsyslogOfPack({ siem }: { siem?: number } = {}): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-pack-"));
  const ports = await portsOf(false);
  let text = switchedOn(readFileSync(join(pack, "rsyslog-receive.conf"), "utf8"), 'input(type="imtcp" port="6514"')
    .replaceAll("/var/log/rhythmx", folder)
    .replace('type="imtcp" port="514"', `type="imtcp" port="${ports.tcp}"`)
    .replace('port="6514"', `port="${ports.tls}"`)
    .replace('port="2514"', `port="${ports.relp}"`)
    .replace('type="imudp" port="514"', `type="imudp" port="${ports.udp}"`)
    .replaceAll("/etc/rsyslog.d/rhythmx-", `${certificates}/`);
  if (siem !== undefined) {
    const forward = readFileSync(join(pack, "rsyslog-forward.conf"), "utf8")
      .replace("siem.example", "127.0.0.1")
      .replace('port="514"', `port="${siem}"`)
      .replace('resumeInterval="10"', 'resumeInterval="1"');
    text = `${forward}\n${text.replaceAll(/^}\n\n(?=# What RELP|# "protocol": "tcp")/gm, "  call rhythmx_forward\n}\n\n")}`;
  }
  writeFileSync(join(folder, "conf"), `global(workDirectory="${folder}")\n${text}`);
  return new Daemon(folder, ports, ["rsyslogd", "-n", "-iNONE", "-f", join(folder, "conf")], process.env);
}

export async function syslogNgOfPack(): Promise<Daemon> {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-pack-"));
  const ports = await portsOf(true);
  const text = switchedOn(readFileSync(join(pack, "syslog-ng.conf"), "utf8"), 'syslog(ip("0.0.0.0") port(6514)')
    .replaceAll("/var/log/rhythmx", folder)
    .replaceAll("0.0.0.0", "127.0.0.1")
    .replace("port(601)", `port(${ports.octet})`)
    .replace('port(514) transport("tcp")', `port(${ports.tcp}) transport("tcp")`)
    .replace('port(514) transport("udp")', `port(${ports.udp}) transport("udp")`)
    .replace("port(6514)", `port(${ports.tls})`)
    .replaceAll("/etc/syslog-ng/rhythmx-", `${certificates}/`);
  writeFileSync(join(folder, "conf"), text);
  const { program, modules, environment } = syslogNgProgram;
  const state = ["-R", join(folder, "persist"), "-p", join(folder, "pid"), "-c", join(folder, "control")];
  const args = ["-F", "--no-caps", "-f", join(folder, "conf"), modules, ...state];
  return new Daemon(folder, ports, [program, ...args], environment);
}
