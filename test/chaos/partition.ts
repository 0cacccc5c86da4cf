/**
 * A receiver behind a network that can be cut without a word: its own network namespace, a pair of virtual interfaces, and the far
 * one set down. Needs root and iproute2.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Receiver, Transport } from "./delivery-receivers.ts";
import { FileTail } from "./file-tail.ts";

const port = 5514;
let links = 0;

function ip(...args: string[]): { ok: boolean; error: string } {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  return { ok: status === 0, error: error ? error.message : stderr.trim() };
}

/** Null when the machine lets us make networks, else why not. */
export function partitionImpossible(): string | null {
  const name = `rhythmx-try-${process.pid}`;
  const made = ip("netns", "add", name);
  if (!made.ok) return `no network namespace can be made (root and iproute2 are needed): ${made.error}`;
  const linked = ip("link", "add", "rxtry0", "type", "veth", "peer", "name", "rxtry1", "netns", name);
  if (linked.ok) ip("link", "del", "rxtry0");
  ip("netns", "del", name);
  return linked.ok ? null : `no virtual interface can be made: ${linked.error}`;
}

export class Partition implements Receiver {
  readonly port = port;
  readonly host: string;
  readonly #namespace: string;
  readonly #near: string;
  readonly #far: string;
  readonly #transport: Transport;
  readonly #folder = mkdtempSync(join(tmpdir(), "rhythmx-partition-"));
  #process: ChildProcess | null = null;
  readonly #file = join(this.#folder, "out");
  readonly #messages = new FileTail(this.#file);
  #connections = 0;

  private constructor(transport: Transport) {
    const link = ++links;
    const id = `${process.pid % 10_000}x${link}`;
    this.#transport = transport;
    this.#namespace = `rhythmx-${process.pid}-${link}`;
    this.#near = `rxn${id}`;
    this.#far = `rxf${id}`;
    // 198.18.0.0/15 is set aside for benchmarks of networks (RFC 2544): nobody routes it.
    const subnet = `198.18.${process.pid % 250}`;
    this.host = `${subnet}.${link * 4 + 2}`;
    const steps = [
      ["netns", "add", this.#namespace],
      ["link", "add", this.#near, "type", "veth", "peer", "name", this.#far, "netns", this.#namespace],
      ["addr", "add", `${subnet}.${link * 4 + 1}/30`, "dev", this.#near],
      ["link", "set", this.#near, "up"],
      ["-n", this.#namespace, "addr", "add", `${this.host}/30`, "dev", this.#far],
      ["-n", this.#namespace, "link", "set", "lo", "up"],
      ["-n", this.#namespace, "link", "set", this.#far, "up"],
    ];
    for (const step of steps) {
      const { ok, error } = ip(...step);
      if (!ok) throw new Error(`ip ${step.join(" ")}: ${error}`);
    }
  }

  static async started(transport: Transport): Promise<Partition> {
    const partition = new Partition(transport);
    await partition.start();
    return partition;
  }

  async start(): Promise<void> {
    const program = join(import.meta.dirname, "partition-receiver.ts");
    const receiver = [process.execPath, program, this.#transport, String(port), this.#file];
    const args = ["netns", "exec", this.#namespace, ...receiver];
    const child = spawn("ip", args, { stdio: ["ignore", "pipe", "inherit"] });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`the receiver in the namespace ended: ${code}`)));
      child.stdout?.on("data", (part: Buffer) => {
        this.#connections = Number(part.toString().trim().split("\n").at(-1));
        resolve();
      });
    });
  }

  /** Cuts the way: nobody is told. */
  cut(): void {
    ip("-n", this.#namespace, "link", "set", this.#far, "down");
  }

  mend(): void {
    ip("-n", this.#namespace, "link", "set", this.#far, "up");
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    const over = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await over;
  }

  take(): string[] {
    return this.#messages.take();
  }

  accepted(): number {
    return this.#connections;
  }

  /** Those that it cannot know to be dead are not counted. */
  connections(): number {
    return 0;
  }

  async remove(): Promise<void> {
    await this.stop();
    ip("link", "del", this.#near);
    ip("netns", "del", this.#namespace);
    this.#messages.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
