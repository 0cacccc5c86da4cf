/** Numbered detections, one alert each, and data folders in which they wait for a destination that has not had any of them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApplianceProcess } from "../harness/process.ts";
import { program } from "../harness/program.ts";

const fill = "x".repeat(600);

/** Detection `n`: its message is about 1.2 kB long. */
export function numberedDetection(n: number): string {
  return JSON.stringify({
    rule_title: "Suspicious Logon",
    rule_id: "8f2c0e5a-0000-4000-8000-000000000001",
    rule_author: "Jane Doe",
    level: "high",
    timestamp: "2026-03-13T04:29:55Z",
    user: `u-${n}`,
    host: `WS-${n % 500}`,
    raw: { EventID: 4624, n, Keywords: 0, Fill: fill },
  });
}

/** The folders of one run; removed together. */
export class Queues {
  readonly #folder = mkdtempSync(join(tmpdir(), "rhythmx-delivery-"));
  readonly #filled = new Map<number, Promise<string>>();
  readonly #files = new Map<string, Promise<string>>();
  #copies = 0;

  /** A new folder in which detections 1 to `count` wait for the destination `siem`. */
  async withQueue(count: number): Promise<string> {
    const filled = this.#filled.get(count) ?? this.#fill(count);
    this.#filled.set(count, filled);
    const copy = join(this.#folder, `run-${++this.#copies}`);
    // A killed appliance leaves its socket behind.
    cpSync(await filled, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
    return copy;
  }

  /** A file of detections `from` to `to` as NDJSON. */
  file(from: number, to: number): Promise<string> {
    const key = `${from}-${to}`;
    const file = this.#files.get(key) ?? this.#write(from, to);
    this.#files.set(key, file);
    return file;
  }

  async #write(from: number, to: number): Promise<string> {
    const path = join(this.#folder, `${from}-${to}.ndjson`);
    const stream = createWriteStream(path);
    for (let n = from; n <= to; n++) {
      if (!stream.write(`${numberedDetection(n)}\n`)) await once(stream, "drain");
    }
    stream.end();
    await once(stream, "close");
    return path;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #fill(count: number): Promise<string> {
    const folder = join(this.#folder, `filled-${count}`);
    const appliance = await ApplianceProcess.prepare({ folder, config: siem({ protocol: "tcp", port: 9 }) });
    // Its first start gives the destination its place, before the first event.
    await appliance.start();
    await appliance.terminate();
    if (count > 0) await importFile(appliance, await this.file(1, count));
    return folder;
  }
}

/** `config.json` with the one destination of these runs. */
export function siem(destination: Record<string, unknown>): unknown {
  return { syslog: { name: "siem", host: "127.0.0.1", ...destination }, daemon: { poll_interval_seconds: 5 } };
}

/** `rhythmx import`, beside whatever this process does. */
export async function importFile(appliance: ApplianceProcess, file: string): Promise<void> {
  const child: ChildProcess = spawn(process.execPath, [program, "import", file], {
    env: appliance.env,
    cwd: appliance.folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr?.on("data", (part: Buffer) => {
    errors += part.toString();
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error(`import: exit code ${code}: ${errors.slice(0, 500)}`);
}
