/** Debian's Prometheus and promtool. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "./appliance.ts";
import { freePort } from "./free-port.ts";

export function promtool(args: string[], input = ""): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", args, { input, encoding: "utf8", timeout: 60_000 });
  return { code: status, output: stdout + stderr };
}

interface Alarm {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: "pending" | "firing";
}

export class Prometheus {
  readonly #url: string;
  readonly #child: ChildProcess;
  #log = "";

  private constructor(port: number, folder: string) {
    this.#url = `http://127.0.0.1:${port}`;
    const args = [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "tsdb")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    this.#child = spawn("prometheus", args, { stdio: ["ignore", "ignore", "pipe"] });
    this.#child.stderr?.on("data", (part: Buffer) => {
      this.#log += part.toString();
    });
  }

  /** `config`: prometheus.yml as an object; the folder is the caller's to remove. */
  static async started(config: unknown, folder: string): Promise<Prometheus> {
    writeFileSync(join(folder, "prometheus.yml"), JSON.stringify(config));
    const prometheus = new Prometheus(await freePort(), folder);
    await until(
      async () => (await fetch(`${prometheus.#url}/-/ready`).catch(() => null))?.ok === true,
      undefined,
      () => `Prometheus does not start: ${prometheus.#log.slice(-2_000)}`,
    );
    return prometheus;
  }

  /** The answer of its API, without the envelope. @throws Error with what it says */
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async ask(path: string, parameters: Record<string, string> = {}): Promise<any> {
    const answer = await fetch(`${this.#url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as { status: string; data: unknown; error?: string };
    if (body.status !== "success") throw new Error(`${path} ${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  }

  async alarm(name: string): Promise<Alarm | undefined> {
    const { alerts } = (await this.ask("alerts")) as { alerts: Alarm[] };
    return alerts.find(({ labels }) => labels.alertname === name);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }
}
