/** A private rsyslogd in a temporary folder that writes every message it gets, as received, to one file. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { messagesIn, messagesOnce } from "./message-file.ts";

const tlsFolder = join(import.meta.dir, "../data/tls");

/** Whether `program` can be run; says so once, visibly, when it cannot. In CI a missing one is a failure. */
export function installed(program: string, packages: string): boolean {
  if (spawnSync("sh", ["-c", `command -v ${program}`]).status === 0) return true;
  if (process.env.CI) throw new Error(`${program} is not installed (apt-get install ${packages})`);
  console.log(`skipped: ${program} is not installed (apt-get install ${packages})`);
  return false;
}

export type Input = "imtcp" | "imptcp" | "imtcp-tls" | "imudp" | "imrelp" | "imrelp-tls";

export class Rsyslog {
  readonly port: number;
  readonly #input: Input;
  readonly #folder: string;
  #process: ChildProcess | null = null;

  private constructor(input: Input, port: number) {
    this.#input = input;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), "rsyslog-"));
    writeFileSync(join(this.#folder, "rsyslog.conf"), this.#configuration());
  }

  static async started(input: Input): Promise<Rsyslog> {
    const rsyslog = new Rsyslog(input, await freePort());
    await rsyslog.start();
    return rsyslog;
  }

  async start(): Promise<void> {
    const folder = this.#folder;
    const child = spawn("rsyslogd", ["-n", "-iNONE", "-f", join(folder, "rsyslog.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let errors = "";
    child.stderr?.on("data", (text) => {
      errors += text;
    });
    this.#process = child;
    const listening = this.#input === "imudp" ? "udp" : "tcp";
    const port = `:${this.port.toString(16).toUpperCase().padStart(4, "0")} `;
    const end = performance.now() + 180_000;
    while (performance.now() < end) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`rsyslogd ended: ${errors}`);
      const rows = readFileSync(`/proc/net/${listening}`, "latin1").split("\n");
      if (rows.some((row) => row.includes(port) && (listening === "udp" || row.includes(" 0A ")))) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`rsyslogd does not listen: ${errors}`);
  }

  /** The file that every message is written to as it came in, and a line feed behind it. */
  get file(): string {
    return join(this.#folder, "out");
  }

  /** Every message as it came in, without its trailing line feed. */
  messages(): string[] {
    return messagesIn(this.file);
  }

  until(condition: (messages: string[]) => boolean, milliseconds = 180_000): Promise<string[]> {
    return messagesOnce(this.file, condition, milliseconds);
  }

  /** Ends the process; `SIGKILL` loses what it holds in memory. */
  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    const over = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await over;
  }

  async remove(): Promise<void> {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configuration(): string {
    return [
      `global(workDirectory="${this.#folder}" maxMessageSize="64k")`,
      'template(name="raw" type="string" string="%rawmsg%\\n")',
      ...this.#inputs(),
      // Written before it is acknowledged or more is read: what RELP has acknowledged survives a kill.
      'ruleset(name="all" queue.type="Direct") {',
      `  action(type="omfile" file="${this.file}" template="raw" asyncWriting="off" ioBufferSize="1m" flushOnTXEnd="on")`,
      "}",
      "",
    ].join("\n");
  }

  #inputs(): string[] {
    const at = `port="${this.port}" address="127.0.0.1" ruleset="all"`;
    const ca = join(tlsFolder, "ca.pem");
    const cert = join(tlsFolder, "server.pem");
    const key = join(tlsFolder, "server.key");
    switch (this.#input) {
      case "imudp":
        return ['module(load="imudp")', `input(type="imudp" ${at} rcvbufSize="4m")`];
      case "imtcp":
        return ['module(load="imtcp")', `input(type="imtcp" ${at})`];
      case "imptcp":
        return ['module(load="imptcp")', `input(type="imptcp" ${at})`];
      case "imtcp-tls":
        return [
          `global(defaultNetstreamDriverCAFile="${ca}" defaultNetstreamDriverCertFile="${cert}" defaultNetstreamDriverKeyFile="${key}")`,
          'module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/name" permittedPeer="rhythmx-test-client")',
          `input(type="imtcp" ${at})`,
        ];
      case "imrelp":
        return [
          'module(load="imrelp" ruleset="all")',
          `input(type="imrelp" port="${this.port}" address="127.0.0.1" maxDataSize="64k")`,
        ];
      case "imrelp-tls":
        return [
          'module(load="imrelp" ruleset="all")',
          `input(type="imrelp" port="${this.port}" address="127.0.0.1" maxDataSize="64k" tls="on" tls.authMode="name" tls.permittedPeer=["rhythmx-test-client"] tls.caCert="${ca}" tls.myCert="${cert}" tls.myPrivKey="${key}")`,
        ];
    }
  }
}
