/** Machines as network namespaces of this kernel, on one bridge with this process. Needs root, iproute2 and nftables (Debian packages). */
import { spawnSync } from "node:child_process";

export class Network {
  readonly #name: string;
  readonly #subnet: string;
  readonly #count: number;

  private constructor(count: number) {
    this.#count = count;
    this.#name = `rx${process.pid % 100_000}`;
    this.#subnet = freeSubnet();
  }

  /** @throws Error: what is missing */
  static build(count: number): Network {
    const network = new Network(count);
    const bridge = network.#name;
    try {
      run("ip", "link", "add", bridge, "type", "bridge");
      run("ip", "addr", "add", `${network.host}/24`, "dev", bridge);
      run("ip", "link", "set", bridge, "up");
      for (let n = 0; n < count; n++) network.#plug(n);
    } catch (error) {
      network.remove();
      throw error;
    }
    return network;
  }

  /** Of this process, to all machines. */
  get host(): string {
    return `${this.#subnet}.254`;
  }

  address(n: number): string {
    return `${this.#subnet}.${n + 1}`;
  }

  /** Words before a program that runs on this machine. */
  on(n: number): string[] {
    return ["ip", "netns", "exec", this.#space(n)];
  }

  /** What one machine sends does not reach the other one any more. */
  cut(from: number, to: number): void {
    this.#rule(to, `ip saddr ${this.address(from)} drop`);
  }

  /** Each machine loses this share of what others send to it. */
  lose(percent: number): void {
    for (let n = 0; n < this.#count; n++) this.#rule(n, `iifname != "lo" numgen random mod 100 < ${percent} drop`);
  }

  /** Everything is as at first. */
  heal(): void {
    for (let n = 0; n < this.#count; n++) this.#nft(n, "flush chain inet cut input");
  }

  remove(): void {
    for (let n = 0; n < this.#count; n++) spawnSync("ip", ["netns", "del", this.#space(n)]);
    spawnSync("ip", ["link", "del", this.#name]);
  }

  #space(n: number): string {
    return `${this.#name}-${n + 1}`;
  }

  #plug(n: number): void {
    const [space, port] = [this.#space(n), `${this.#name}p${n + 1}`];
    run("ip", "netns", "add", space);
    run("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", space);
    run("ip", "link", "set", port, "master", this.#name, "up");
    run(...this.on(n), "ip", "link", "set", "lo", "up");
    run(...this.on(n), "ip", "addr", "add", `${this.address(n)}/24`, "dev", "eth0");
    run(...this.on(n), "ip", "link", "set", "eth0", "up");
    this.#nft(n, "table inet cut { chain input { type filter hook input priority 0; policy accept; }; }");
  }

  #rule(n: number, rule: string): void {
    this.#nft(n, `add rule inet cut input ${rule}`);
  }

  #nft(n: number, text: string): void {
    run(...this.on(n), "nft", text);
  }
}

/** One that no other run has at the moment: two bridges with the same addresses would take each other's packets. */
function freeSubnet(): string {
  const taken = spawnSync("ip", ["-4", "-o", "addr"], { encoding: "utf8" }).stdout;
  for (let n = 0; n < 250; n++) {
    const subnet = `10.77.${(process.pid + n) % 250}`;
    if (!taken.includes(` ${subnet}.`)) return subnet;
  }
  throw new Error("every network from 10.77.0.0 to 10.77.249.0 is in use here: `ip link` shows by what");
}

function run(...words: string[]): void {
  const [command = "", ...args] = words;
  const { status, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${words.join(" ")}: ${error?.message ?? stderr}`);
}
