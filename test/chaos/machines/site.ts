/**
 * Three machines, each with a member of etcd (mutual TLS) and a node on a small disk of its own; here, beside them: who sends detections, a syslog
 * receiver and a ticket system.
 */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Etcd } from "../../harness/etcd.ts";
import { ApplianceProcess } from "../../harness/process.ts";
import { SyslogReceiver } from "../../harness/syslog-receiver.ts";
import { autoPush, serviceNowEnvironment } from "../../standins/environment.ts";
import { ServiceNowStandIn } from "../../standins/servicenow.ts";
import { type CertificateFiles, makeCertificates } from "./certificates.ts";
import { Network } from "./network.ts";
import { nextVersion } from "./next-version.ts";

const count = 3;
const diskMib = 1024;
const fakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const database = "rhythmx.db";

/** One machine: its node, where its disk and its clock are. */
export interface Machine {
  name: string;
  node: ApplianceProcess;
  data: string;
  clock: string;
}

export class Site {
  readonly network: Network;
  readonly folder: string;
  readonly machines: Machine[] = [];
  readonly files: CertificateFiles;
  etcd!: Etcd;
  receiver!: SyslogReceiver;
  tickets!: ServiceNowStandIn;
  key = "";
  #next: string | null = null;

  private constructor(network: Network) {
    this.network = network;
    this.folder = mkdtempSync(join(tmpdir(), "rhythmx-machines-"));
    const addresses = [network.host, ...Array.from({ length: count }, (_, n) => network.address(n))];
    this.files = makeCertificates(this.folder, addresses);
  }

  static async begin(leaseSeconds: number): Promise<Site> {
    const site = new Site(Network.build(count));
    try {
      await site.#start(leaseSeconds);
      return site;
    } catch (error) {
      await site.end();
      throw error;
    }
  }

  async #start(leaseSeconds: number): Promise<void> {
    const { ca, cert, key } = this.files;
    const place = (n: number) => ({ host: this.network.address(n), words: this.network.on(n) });
    this.etcd = await Etcd.start(count, { tls: { ca, cert, key, client: { cert, key } }, place });
    this.receiver = await SyslogReceiver.started({ host: this.network.host });
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    this.tickets = await new ServiceNowStandIn({}, pair).start(this.network.host);
    for (let n = 0; n < count; n++) this.machines.push(await this.#machine(n, leaseSeconds));
    const [first, ...others] = this.machines as [Machine, ...Machine[]];
    for (const { name } of this.machines)
      await this.#until(`${name} in the cluster`, async () => {
        // On a busy machine etcd may not answer in time, and have taken it all the same.
        const { code, stderr } = first.node.run(["cluster", "add", name]);
        return code === 0 || stderr.includes("belongs to the cluster already") ? true : null;
      });
    await first.node.start();
    await this.leader();
    this.key = (await first.node.runAside(["key", "create", "chaos", "--scope", "ingest,feed:read"])).stdout.trim();
    for (const { data } of others) copyFileSync(join(first.data, "master.key"), join(data, "master.key"));
    for (const { node } of others) await node.start();
    await this.settled();
  }

  async #machine(n: number, leaseSeconds: number): Promise<Machine> {
    const { ca, cert, key } = this.files;
    const { network, receiver, tickets } = this;
    const name = `edge${n + 1}`;
    const folder = join(this.folder, name);
    const data = join(folder, "data");
    const clock = join(folder, "clock");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    mustRun("mount", "-t", "tmpfs", "-o", `size=${diskMib}m,mode=700`, "tmpfs", data);
    writeFileSync(clock, "+0");
    const faked = existsSync(fakeTime);
    const node = await ApplianceProcess.prepare({
      folder,
      host: network.address(n),
      wrapper: [...network.on(n), ...(faked ? ["env", `LD_PRELOAD=${fakeTime}`] : [])],
      config: { syslog: { name: "siem", protocol: "tcp", host: network.host, port: receiver.port } },
      env: {
        // Its own member first.
        RHYTHMX_CLUSTER: this.etcd.endpoints.map((_, i, all) => all[(n + i) % count]).join(","),
        RHYTHMX_CLUSTER_NODE: name,
        RHYTHMX_CLUSTER_CA_FILE: ca,
        RHYTHMX_CLUSTER_CERT_FILE: cert,
        RHYTHMX_CLUSTER_KEY_FILE: key,
        RHYTHMX_CLUSTER_LEASE_SECONDS: String(leaseSeconds),
        RHYTHMX_MIN_FREE_BYTES: String(32 * 1_048_576),
        RHYTHMX_MIN_FREE_PERCENT: "0",
        RHYTHMX_ADMIN_PASSWORD: "a password of the machines' chaos",
        ...serviceNowEnvironment(tickets),
        SERVICENOW_CA_FILE: ca,
        ...autoPush("servicenow"),
        AUTO_PUSH_CAMPAIGNS: "each",
        RETRY_BASE_DELAY_SECONDS: "1",
        RETRY_MAX_DELAY_SECONDS: "5",
        RETRY_SCHEDULE: "*/2 * * * * *",
        UNKNOWN_LOOKUP_DELAYS_SECONDS: "1,3,10",
        FAKETIME_TIMESTAMP_FILE: clock,
        FAKETIME_CACHE_DURATION: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        NO_FAKE_STAT: "1",
      },
    });
    node.env.RHYTHMX_CLUSTER_ADDRESS = node.apiUrl;
    return { name, node, data, clock };
  }

  /** Whether clocks of machines can be set (Debian package libfaketime). */
  get setsClocks(): boolean {
    return existsSync(fakeTime);
  }

  setClock({ clock }: Machine, seconds: number): void {
    writeFileSync(clock, `${seconds < 0 ? "" : "+"}${seconds}`);
  }

  /** Until nothing is left on a machine's disk. */
  fillDisk({ data }: Machine): void {
    const { bavail, bsize } = statfsSync(data);
    spawnSync("fallocate", ["-l", String(bavail * bsize), join(data, "ballast")]);
  }

  emptyDisk({ data }: Machine): void {
    rmSync(join(data, "ballast"), { force: true });
  }

  /** Puts back the file that was kept the last time, and keeps the present one; for a node that does not run. False: none was kept yet. */
  setBack({ data }: Machine): boolean {
    const kept = join(this.folder, `kept-${data.split("/").at(-2)}`);
    const parts = [database, `${database}-wal`];
    const hadOne = existsSync(join(kept, database));
    const now = `${kept}-now`;
    mkdirSync(now, { recursive: true });
    for (const part of parts) if (existsSync(join(data, part))) copyFileSync(join(data, part), join(now, part));
    if (hadOne)
      for (const part of [...parts, `${database}-shm`]) {
        rmSync(join(data, part), { force: true });
        if (existsSync(join(kept, part))) copyFileSync(join(kept, part), join(data, part));
      }
    rmSync(kept, { recursive: true, force: true });
    spawnSync("mv", [now, kept]);
    return hadOne;
  }

  /** Its place among the machines. Waits until one leads. */
  async leader(): Promise<number> {
    return this.#until("a leader", async () => {
      const index = (await this.#ready()).indexOf(200);
      return index >= 0 ? index : null;
    });
  }

  /** Waits until one leads and the others follow. */
  async settled(): Promise<void> {
    await this.#until("one leader and two followers", async () => {
      const found = await this.#ready();
      const of = (status: number) => found.filter((one) => one === status).length;
      return of(200) === 1 && of(503) === count - 1 ? true : null;
    });
  }

  /** The program to which it is upgraded. */
  nextVersion(): string {
    this.#next ??= nextVersion();
    return this.#next;
  }

  /** Whether it holds within a while. */
  soon(holds: () => boolean | Promise<boolean>): Promise<boolean> {
    return this.#until("", async () => ((await holds()) ? true : null)).catch(() => false);
  }

  async #until<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    const end = performance.now() + 240_000;
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      if (performance.now() > end) throw new Error(`after four minutes there is not ${what}`);
      await pause(50);
    }
  }

  #ready(): Promise<number[]> {
    return Promise.all(this.machines.map(({ node }) => this.status(`${node.apiUrl}/readyz`)));
  }

  /** Of an answer; 0 = none. */
  async status(url: string, init: RequestInit = {}): Promise<number> {
    const limit = { signal: AbortSignal.timeout(3_000), tls: { rejectUnauthorized: false } };
    const answer = await fetch(url, { ...limit, ...init }).catch(() => null);
    await answer?.arrayBuffer().catch(() => {});
    return answer?.status ?? 0;
  }

  database({ data }: Machine): string {
    return join(data, database);
  }

  /** Writes what the nodes have logged where it stays; returns the folder. */
  keepLogs(seed: number): string {
    const folder = mkdtempSync(join(tmpdir(), `rhythmx-machines-${seed}-`));
    for (const { name, node } of this.machines) writeFileSync(join(folder, `${name}.log`), node.log);
    writeFileSync(join(folder, "messages.log"), this.receiver.messages.join("\n"));
    return folder;
  }

  async end(): Promise<void> {
    for (const { node } of this.machines) {
      node.signal("SIGCONT");
      await node.kill();
    }
    await this.receiver?.stop();
    await this.tickets?.stop();
    await this.etcd?.stop();
    for (const { data } of this.machines) spawnSync("umount", ["-l", data]);
    this.network.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function mustRun(command: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
}
