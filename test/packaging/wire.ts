/** Puts machines on one bridge, on which they have addresses and nobody else does. Needs root and iproute2. */
import { execFileSync, spawnSync } from "node:child_process";
import type { Machine } from "./machine.ts";

export class Wire {
  readonly #name = `rxw${process.pid % 100_000}`;

  private constructor() {}

  static build(): Wire {
    const wire = new Wire();
    ip("link", "add", wire.#name, "type", "bridge");
    ip("link", "set", wire.#name, "up");
    return wire;
  }

  /** `n`: another one for each machine; `address`: such as `10.0.0.1/24`. */
  plug(machine: Machine, n: number, address: string): void {
    const port = `${this.#name}p${n}`;
    ip("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", String(machine.pid));
    ip("link", "set", port, "master", this.#name, "up");
    machine.must(`ip addr add ${address} dev eth0 && ip link set eth0 up`);
  }

  /** After the machines: their ends go with them. */
  remove(): void {
    spawnSync("ip", ["link", "del", this.#name]);
  }
}

function ip(...words: string[]): void {
  execFileSync("ip", words);
}
