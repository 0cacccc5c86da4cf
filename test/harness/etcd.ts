/** Real etcd in a test: one member or several, each a process that can be killed, stopped and started again. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { certificateFile } from "./test-certificates.ts";

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
  /** Words that start it. */
  words: string[];
  process: ChildProcess | null;
}

interface Tls {
  /** Paths. */
  ca: string;
  cert: string;
  key: string;
  client: { cert: string; key: string };
}

/** Certificates of `test/data/tls`. */
const testTls: Tls = {
  ca: certificateFile("ca.pem"),
  cert: certificateFile("server.pem"),
  key: certificateFile("server.key"),
  client: { cert: certificateFile("client.pem"), key: certificateFile("client.key") },
};

interface EtcdStart {
  /** Clients have to show a certificate; true: those of `test/data/tls`. */
  tls?: boolean | Tls;
  /** Where a member runs: its address, and words before the program. Default: here. */
  place?: (n: number) => { host: string; words: readonly string[] };
  /** More options of each member. */
  more?: readonly string[];
}

export class Etcd {
  readonly #folder: string;
  readonly #members: readonly Member[];
  readonly #tls: Tls | null;

  private constructor(folder: string, members: readonly Member[], tls: Tls | null) {
    this.#folder = folder;
    this.#members = members;
    this.#tls = tls;
  }

  /** Starts `count` members and waits until a quorum answers. */
  static async start(count = 1, { tls: asked = false, place = here, more = [] }: EtcdStart = {}): Promise<Etcd> {
    const tls = asked === true ? testTls : asked === false ? null : asked;
    const folder = mkdtempSync(join(tmpdir(), "rhythmx-etcd-"));
    const ports = await Promise.all(Array.from({ length: count * 2 }, () => freePort()));
    const client = (n: number) => `http${tls === null ? "" : "s"}://${place(n).host}:${ports[n]}`;
    const peer = (n: number) => `http://${place(n).host}:${ports[count + n]}`;
    const names = Array.from({ length: count }, (_, n) => `m${n + 1}`);
    const cluster = names.map((name, n) => `${name}=${peer(n)}`).join(",");
    const members = names.map((name, n) => ({
      name,
      client: client(n),
      process: null,
      words: [
        ...[...place(n).words, "etcd", "--name", name, "--data-dir", join(folder, name), "--initial-cluster", cluster],
        ...["--listen-client-urls", client(n), "--advertise-client-urls", client(n)],
        ...["--listen-peer-urls", peer(n), "--initial-advertise-peer-urls", peer(n)],
        // A test need not wait for the election of a network across a town.
        ...["--heartbeat-interval", "100", "--election-timeout", "1000", "--pre-vote", "--log-level", "error"],
        ...(tls === null ? [] : ["--client-cert-auth", "--trusted-ca-file", tls.ca]),
        ...(tls === null ? [] : ["--cert-file", tls.cert, "--key-file", tls.key]),
        ...more,
      ],
    }));
    const etcd = new Etcd(folder, members, tls);
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
    const [command = "etcd", ...args] = member.words;
    member.process = spawn(command, args, { stdio: "ignore" });
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
        const tls = this.#shown;
        const answer = await fetch(`${client}/v3/kv/put`, { method: "POST", body, signal, tls }).catch(() => null);
        if (answer?.ok) return;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  get #shown() {
    if (this.#tls === null) return {};
    const { ca, client } = this.#tls;
    return { ca: readFileSync(ca), cert: readFileSync(client.cert), key: readFileSync(client.key) };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map((_, n) => this.signal(n, "SIGKILL")));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function here(): { host: string; words: readonly string[] } {
  return { host: "127.0.0.1", words: [] };
}
