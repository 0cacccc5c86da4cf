/** The real program as a process of its own, to be killed and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { program } from "./program.ts";

export interface ProcessOptions {
  /** In the shape of `config.json`. */
  config?: unknown;
  env?: Record<string, string>;
  /** Words before the program, such as `["prlimit", "--nofile=64"]`. */
  wrapper?: string[];
  /** Words that start the program; default: that of this checkout. */
  program?: string[];
  folder?: string;
  /** As it is installed: on every address, with TLS and its own certificate. */
  asInstalled?: boolean;
  /** The address on which it listens with TLS, on another machine. */
  host?: string;
}

export class ApplianceProcess {
  /** Holds `data` and `etc`. */
  readonly folder: string;
  readonly apiPort: number;
  readonly healthPort: number;
  readonly incidentHealthPort: number;
  readonly env: Record<string, string>;
  readonly #wrapper: string[];
  #program: string[];
  readonly #host: string | null;
  #child: ChildProcess | null = null;
  #log = "";

  private constructor(
    folder: string,
    ports: [api: number, health: number, incidents: number],
    options: ProcessOptions,
  ) {
    this.folder = folder;
    [this.apiPort, this.healthPort, this.incidentHealthPort] = ports;
    this.#wrapper = options.wrapper ?? [];
    this.#program = options.program ?? [process.execPath, program];
    this.#host = options.host ?? null;
    this.env = {
      PATH: process.env.PATH ?? "",
      RHYTHMX_DATA_DIR: join(folder, "data"),
      RHYTHMX_CONFIG_DIR: join(folder, "etc"),
      RHYTHMX_LISTEN: `${options.host ?? (options.asInstalled ? "0.0.0.0" : "127.0.0.1")}:${this.apiPort}`,
      RHYTHMX_ALERT_HEALTH: `127.0.0.1:${this.healthPort}`,
      RHYTHMX_INCIDENT_HEALTH: `127.0.0.1:${this.incidentHealthPort}`,
      ...options.env,
    };
  }

  /** Prepares folders and ports; `start` starts it. */
  static async prepare(options: ProcessOptions = {}): Promise<ApplianceProcess> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "rhythmx-process-"));
    mkdirSync(join(folder, "etc"), { recursive: true });
    const prepared = new ApplianceProcess(folder, [await freePort(), await freePort(), await freePort()], options);
    if (options.config !== undefined) prepared.configure(options.config);
    return prepared;
  }

  get apiUrl(): string {
    if (this.#host !== null) return `https://${this.#host}:${this.apiPort}`;
    const isPlain = this.env.RHYTHMX_TLS_CERT_FILE === undefined && !this.env.RHYTHMX_LISTEN?.startsWith("0.0.0.0");
    return `${isPlain ? "http" : "https"}://127.0.0.1:${this.apiPort}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Everything it has logged, all starts together. */
  get log(): string {
    return this.#log;
  }

  /** From the next start on it is this program. */
  use(program: string[]): void {
    this.#program = program;
  }

  configure(config: unknown, file = "config.json"): void {
    writeFileSync(join(this.folder, "etc", file), JSON.stringify(config));
  }

  /** Starts `rhythmx serve` and waits until it answers. */
  async start(): Promise<void> {
    const [command = process.execPath, ...args] = [...this.#wrapper, ...this.#program, "serve"];
    const child = spawn(command, args, { env: this.env, cwd: this.folder, stdio: ["ignore", "ignore", "pipe"] });
    this.#child = child;
    child.stderr?.on("data", (part: Buffer) => {
      this.#log += part.toString();
    });
    const end = performance.now() + 180_000;
    while (!(await this.ready())) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() > end)
        throw new Error(
          `the appliance did not start (exit ${child.exitCode ?? child.signalCode}):\n${this.#log.slice(-2000)}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async ready(): Promise<boolean> {
    try {
      const response = await fetch(`${this.apiUrl}/healthz`, {
        signal: AbortSignal.timeout(10_000),
        tls: { rejectUnauthorized: false },
      });
      return response.ok;
    } catch {
      return false;
    }
  }

  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<number | null> {
    return this.#end("SIGKILL");
  }

  /** SIGTERM; resolves with the exit code. */
  terminate(): Promise<number | null> {
    return this.#end("SIGTERM");
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Runs another command of the program with the same environment. */
  run(args: string[], input: string | Uint8Array = ""): { code: number | null; stdout: string; stderr: string } {
    const [command = process.execPath, ...words] = [...this.#program, ...args];
    const { status, stdout, stderr } = spawnSync(command, words, {
      env: this.env,
      cwd: this.folder,
      input,
      encoding: "utf8",
      timeout: 120_000,
    });
    return { code: status, stdout, stderr };
  }

  /** The same without holding this process up: for commands that talk to a receiver that lives here. */
  async runAside(args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const [command = process.execPath, ...words] = [...this.#program, ...args];
    const child = spawn(command, words, { env: this.env, cwd: this.folder });
    const output = { stdout: "", stderr: "" };
    child.stdout.on("data", (part: Buffer) => {
      output.stdout += part.toString();
    });
    child.stderr.on("data", (part: Buffer) => {
      output.stderr += part.toString();
    });
    await once(child, "close");
    return { code: child.exitCode, ...output };
  }

  /** Ends it and removes its folder. */
  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return null;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  }
}
