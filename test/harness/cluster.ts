/** Nodes of a cluster inside a test, on a real etcd and with the real clock: leases are times of machines that know nothing of each other. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withDirectory } from "../../appliance/cluster/connection.ts";
import { addNode } from "../../appliance/cluster/members.ts";
import { startClusterNode } from "../../appliance/cluster-node.ts";
import type { Appliance } from "../../appliance/options.ts";
import { createLog } from "../../appliance/runtime/log.ts";
import { argon2id } from "../../appliance/runtime/passwords.ts";
import { systemClock, systemSleep } from "../../appliance/runtime/time.ts";
import { type ResolvedSettings, resolveSettings } from "../../core/settings/resolve.ts";
import type { Settings } from "../../core/settings.ts";
import type { Directory } from "../../store/replica/etcd/directory.ts";
import { until } from "./appliance.ts";
import type { Etcd } from "./etcd.ts";
import { freePort } from "./free-port.ts";

/** For what is looked up in etcd by a test. */
export const patienceMs = 60_000;
const adminPassword = "a password of the cluster's tests";

export class TestNode {
  readonly name: string;
  readonly folder: string;
  readonly logLines: string[] = [];
  readonly resolved: ResolvedSettings;
  appliance: Appliance | null = null;
  /** By which its present waits are ended. */
  readonly waits = new Set<AbortSignal>();

  /** For commands. */
  readonly env: Record<string, string>;

  constructor(name: string, folder: string, resolved: ResolvedSettings, env: Record<string, string>) {
    this.env = env;
    this.name = name;
    this.folder = folder;
    this.resolved = resolved;
  }

  static async prepare(
    etcd: Etcd,
    name: string,
    more: { config?: unknown; env?: Record<string, string> } = {},
  ): Promise<TestNode> {
    const folder = mkdtempSync(join(tmpdir(), `rhythmx-${name}-`));
    const port = await freePort();
    const file = (text: unknown) =>
      text === undefined ? null : { source: "config.json", folder: "/", content: { text: JSON.stringify(text) } };
    const env = {
      RHYTHMX_LISTEN: `127.0.0.1:${port}`,
      RHYTHMX_ALERT_HEALTH: `127.0.0.1:${await freePort()}`,
      RHYTHMX_INCIDENT_HEALTH: `127.0.0.1:${await freePort()}`,
      RHYTHMX_DATA_DIR: folder,
      RHYTHMX_ADMIN_PASSWORD: adminPassword,
      RHYTHMX_CLUSTER: etcd.endpoints.join(","),
      RHYTHMX_CLUSTER_NODE: name,
      RHYTHMX_CLUSTER_LEASE_SECONDS: "5",
      ...more.env,
    };
    const resolved = resolveSettings({
      environment: env,
      envFile: null,
      alertFeedFile: file(more.config),
      configDir: "/nonexistent",
      defaultDataDir: "/nonexistent",
    });
    return new TestNode(name, folder, resolved, env);
  }

  get settings(): Settings {
    return this.resolved.settings;
  }

  /** What it has logged last, for a test that has waited in vain. */
  get story(): string {
    return `${this.name}: ${this.logLines.slice(-20).join("")}`;
  }

  get url(): string {
    return `http://127.0.0.1:${this.settings.listen.port}`;
  }

  async start(): Promise<void> {
    this.appliance = await startClusterNode({
      resolved: this.resolved,
      clock: systemClock,
      sleep: (milliseconds, signal) => this.#sleep(milliseconds, signal),
      random: () => 0.5,
      log: createLog({
        level: "debug",
        format: "json",
        clock: systemClock,
        write: (line) => void this.logLines.push(line),
      }),
      passwords: argon2id(8, 1),
    });
  }

  async #sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal === undefined) return systemSleep(milliseconds);
    this.waits.add(signal);
    await systemSleep(milliseconds, signal).finally(() => this.waits.delete(signal));
  }

  async stop(): Promise<void> {
    await this.appliance?.stop();
    this.appliance = null;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  directory<T>(work: (directory: Directory) => Promise<T>): Promise<T> {
    return withDirectory(this.settings, work);
  }

  /** On a busy machine etcd may not answer in time, and have taken it all the same. */
  async add(): Promise<{ founder: boolean }> {
    for (;;) {
      const added = await this.directory((directory) => addNode(directory, this.name, Date.now())).catch(
        (error: { code?: string }) => error,
      );
      if ("founder" in added) return added;
      if (added.code === "cluster_known") {
        const { members } = await this.directory((directory) => directory.read(patienceMs));
        return { founder: members.get(this.name)?.row.founder === true };
      }
      if (added.code !== "cluster_unreachable") throw added;
    }
  }

  /** What `/readyz` says; 0 while nothing listens. */
  async ready(): Promise<number> {
    return (await fetch(`${this.url}/readyz`).catch(() => null))?.status ?? 0;
  }

  /** Once it says so itself; `/readyz` is there a moment earlier. */
  async leads(): Promise<boolean> {
    return (await this.ready()) === 200 && this.logLines.some((line) => line.includes('"leads the cluster"'));
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async ask(path: string, init: RequestInit = {}): Promise<{ status: number; headers: Headers; body: any }> {
    const response = await fetch(`${this.url}${path}`, { redirect: "manual", ...init });
    const text = await response.text();
    let body: unknown = text;
    try {
      body = JSON.parse(text);
    } catch {}
    return { status: response.status, headers: response.headers, body };
  }
}

/** Adds both, and starts them with the same master key: the one leads, the other follows. */
export async function leadAndFollow(one: TestNode, two: TestNode): Promise<void> {
  await one.add();
  await two.add();
  await one.start();
  await until(
    () => one.leads(),
    undefined,
    () => one.story,
  );
  const key = (node: TestNode) => join(node.settings.dataDir, "master.key");
  copyFileSync(key(one), key(two));
  await two.start();
  await until(
    () => two.ready().then((status) => status === 503),
    undefined,
    () => `${one.story}\n${two.story}`,
  );
}
