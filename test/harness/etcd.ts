/** Real etcd in a test: one member or several, each a process that can be killed, stopped and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";

/** Whether etcd is installed (Debian: etcd-server). CI has to have it. */
export function etcdInstalled(): boolean {
  const found = spawnSync("etcd", ["--version"]).status === 0;
  if (!found && process.env.CI) throw new Error("CI needs etcd: apt-get install etcd-server");
  if (!found)
    console.warn("skipped: etcd is not installed, so nothing of a cluster is tested (apt-get install etcd-server)");
  return found;
}

interface Member {
  name: string;
  client: string;
  args: string[];
  process: ChildProcess | null;
}

export class Etcd {
  readonly #folder: string;
  readonly #members: readonly Member[];

  private constructor(folder: string, members: readonly Member[]) {
    this.#folder = folder;
    this.#members = members;
  }

  /** Starts `count` members and waits until a quorum answers. */
  static async start(count = 1): Promise<Etcd> {
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-etcd-"));
    const ports = await Promise.all(Array.from({ length: count * 2 }, () => freePort()));
    const address = (n: number) => `http://127.0.0.1:${ports[n]}`;
    const names = Array.from({ length: count }, (_, n) => `m${n + 1}`);
    const cluster = names.map((name, n) => `${name}=${address(count + n)}`).join(",");
    const members = names.map((name, n) => ({
      name,
      client: address(n),
      process: null,
      args: [
        ...["--name", name, "--data-dir", join(folder, name), "--initial-cluster", cluster],
        ...["--listen-client-urls", address(n), "--advertise-client-urls", address(n)],
        ...["--listen-peer-urls", address(count + n), "--initial-advertise-peer-urls", address(count + n)],
        // A test need not wait for the election of a network across a town.
        ...["--heartbeat-interval", "100", "--election-timeout", "1000", "--log-level", "error"],
      ],
    }));
    const etcd = new Etcd(folder, members);
    for (let n = 0; n < count; n++) etcd.begin(n);
    await etcd.answers();
    return etcd;
  }

  get endpoints(): string[] {
    return this.#members.map(({ client }) => client);
  }

  /** Starts a member that does not run. */
  begin(n: number): void {
    const member = this.#members[n];
    if (member === undefined || member.process !== null) return;
    member.process = spawn("etcd", member.args, { stdio: "ignore" });
  }

  /** Sends a signal to a member; SIGKILL ends it. */
  async signal(n: number, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    const member = this.#members[n];
    const child = member?.process;
    if (member === undefined || child == null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    if (signal !== "SIGKILL") return;
    await ended;
    member.process = null;
  }

  /** Waits until a quorum takes a write. */
  async answers(): Promise<void> {
    for (;;) {
      for (const { client } of this.#members) {
        const body = JSON.stringify({ key: btoa("answers"), value: "" });
        const signal = AbortSignal.timeout(1_000);
        const answer = await fetch(`${client}/v3/kv/put`, { method: "POST", body, signal }).catch(() => null);
        if (answer?.ok) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, n) => this.signal(n, "SIGKILL")));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
