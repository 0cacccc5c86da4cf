/** One row of a delivery run: the real process, a queue that it must deliver, one receiver, one fault. */
import { ApplianceProcess } from "../harness/process.ts";
import { Arrivals } from "./delivery-arrivals.ts";
import { type Queues, siem } from "./delivery-queue.ts";
import { destinationOf, isRelp, type Receiver, type Transport } from "./delivery-receivers.ts";
import type { Dice } from "./dice.ts";

/** What is written again after one break: 8 MiB that were acknowledged, and a little that was acknowledged meanwhile. */
const streamWindowBytes = 8 * 1024 * 1024;
const relpWindow = 128;
export const batchSize = 100;
const relpBatchesInFlight = 3;
const recoveryMs = 180_000;

export interface Row {
  fault: string;
  transport: Transport | "all";
  messages: number;
  lost: number;
  repeated: number;
  repeatedBytes: number;
  /** Connections that broke, and most messages repeated by a new process. */
  breaks: number;
  mostAfterRestart: number;
  /** What health said meanwhile; empty = nothing. */
  named: string;
  seconds: number;
  note: string;
  violations: string[];
}

export interface RunOptions {
  fault: string;
  transport: Transport;
  /** Messages waiting at the start. */
  count: number;
  receiver: Receiver;
  /** Address of the receiver; loopback unless given. */
  host?: string;
  /** Health must say this at some time; null = it need not say anything. */
  named: RegExp | null;
  /** Most bytes repeated; default: one window for each connection after the first. */
  mostRepeatedBytes?: number;
  /** Most messages that a new process may repeat; default: the batches that were under way. */
  mostAfterRestart?: number;
  /** Lines that the receiver may have cut in its own file. */
  cutAllowed?: number;
  deliveredWithinMs?: number;
}

export class DeliveryRun {
  readonly arrivals: Arrivals;
  readonly appliance: ApplianceProcess;
  readonly #options: RunOptions;
  readonly #began = performance.now();
  readonly #said = new Set<string>();
  readonly violations: string[] = [];
  /** More that must have arrived in the end than waited at the start. */
  added = 0;
  note = "";
  #watching: Promise<void>;
  #over = false;

  private constructor(options: RunOptions, appliance: ApplianceProcess) {
    this.#options = options;
    this.appliance = appliance;
    this.arrivals = new Arrivals(options.transport === "udp" ? "gaps" : "exact");
    this.#watching = this.#watch();
  }

  /** The appliance is not started yet. */
  static async prepare(queues: Queues, options: RunOptions): Promise<DeliveryRun> {
    const { transport, receiver, host, count } = options;
    const config = siem(destinationOf(transport, receiver.port, host));
    const appliance = await ApplianceProcess.prepare({ folder: await queues.withQueue(count), config });
    return new DeliveryRun(options, appliance);
  }

  get receiver(): Receiver {
    return this.#options.receiver;
  }

  /** Everything that said something in health so far. */
  get said(): string[] {
    return [...this.#said];
  }

  /** Waits until so many different messages have arrived. */
  async arrived(messages: number, milliseconds = 180_000): Promise<void> {
    await this.until(() => this.arrivals.distinct >= messages, milliseconds);
  }

  async until(condition: () => boolean, milliseconds = 180_000): Promise<void> {
    for (const end = performance.now() + milliseconds; ; ) {
      this.arrivals.addAll(this.receiver.take());
      if (condition()) return;
      if (performance.now() > end) {
        throw new Error(`still ${this.arrivals.distinct} messages after ${milliseconds} ms; ${this.said.join("; ")}`);
      }
      await sleep(5);
    }
  }

  /** SIGKILL, and waits until the receiver has read what it had sent. */
  async killAppliance(): Promise<void> {
    await this.appliance.kill();
    await this.until(() => this.receiver.connections() === 0);
  }

  /** Plays the fault, waits for the rest, judges, and leaves nothing behind. */
  static async row(queues: Queues, options: RunOptions, fault: (run: DeliveryRun) => Promise<void>): Promise<Row> {
    const run = await DeliveryRun.prepare(queues, options).catch(async (error: unknown) => {
      await options.receiver.remove();
      throw error;
    });
    try {
      await fault(run);
      await run.arrived(options.count + run.added, options.deliveredWithinMs ?? 180_000);

      await run.#recovered();
    } catch (error) {
      if (options.transport !== "udp") run.violations.push(error instanceof Error ? error.message : String(error));
    } finally {
      await run.#end();
    }
    return run.#judge();
  }

  /** By itself, once the cause is gone: health is well again and nothing waits. */
  async #recovered(): Promise<void> {
    let last = "";
    for (const end = performance.now() + recoveryMs; performance.now() < end; await sleep(50)) {
      const health = await this.#health();
      last = JSON.stringify(health);
      if (health?.status === "running" && health.queued === 0) return;
    }
    this.violations.push(`health has not recovered: ${last}`);
  }

  async #end(): Promise<void> {
    this.#over = true;
    await this.#watching;
    const code = await this.appliance.terminate();
    if (code !== 0) this.violations.push(`SIGTERM: exit code ${code}`);

    // What was repeated last is still on its way.
    await sleep(200);
    this.arrivals.addAll(this.receiver.take());
    await this.receiver.remove();
    await this.appliance.dispose();
  }

  #judge(): Row {
    const { fault, transport, count, named, cutAllowed = 0 } = this.#options;
    const { arrivals } = this;
    const messages = count + this.added;
    const lost = arrivals.lost(messages);
    const breaks = Math.max(0, this.receiver.accepted() - 1);
    const bytes = arrivals.repeatedBytes / Math.max(1, arrivals.repeated);
    const stream = !isRelp(transport) && transport !== "udp";
    const mostBytes = this.#options.mostRepeatedBytes ?? breaks * (stream ? streamWindowBytes : relpWindow * bytes);
    const mostAfterRestart =
      this.#options.mostAfterRestart ?? batchSize * (isRelp(transport) ? relpBatchesInFlight : 1);
    const fail = (what: string) => this.violations.push(what);
    if (lost > 0 && transport !== "udp") fail(`${lost} lost`);
    if (transport === "udp" && arrivals.repeated > 0) fail(`${arrivals.repeated} repeated over UDP`);
    if (arrivals.repeatedBytes > mostBytes)
      fail(`${mib(arrivals.repeatedBytes)} MiB repeated; at most ${mib(mostBytes)}`);
    if (arrivals.mostAfterRestart > mostAfterRestart)
      fail(`a new process repeated ${arrivals.mostAfterRestart} messages; at most ${mostAfterRestart}`);
    if (arrivals.cut > cutAllowed) fail(`${arrivals.cut} lines are no whole messages`);
    if (arrivals.cut > 0) this.note += ` ${arrivals.cut} cut by the receiver's own end`;
    const told = named === null ? (this.said[0] ?? "") : this.said.find((text) => named.test(text));
    if (told === undefined) fail(`health never said ${named}; it said: ${this.said.join("; ") || "nothing"}`);
    return {
      fault,
      transport,
      messages,
      lost,
      repeated: arrivals.repeated,
      repeatedBytes: arrivals.repeatedBytes,
      breaks,
      mostAfterRestart: arrivals.mostAfterRestart,
      named: told ?? "",
      seconds: (performance.now() - this.#began) / 1000,
      note: this.note.trim(),
      violations: [...this.violations, ...arrivals.violations],
    };
  }

  /** Notes everything that health says is wrong. */
  async #watch(): Promise<void> {
    for (; !this.#over; await sleep(40)) {
      const health = await this.#health();
      for (const { last_error } of health?.destinations ?? []) if (last_error !== null) this.#said.add(last_error);
      for (const { message } of health?.faults ?? []) this.#said.add(message);
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: tests read answers freely
  async #health(): Promise<any> {
    try {
      const url = `http://127.0.0.1:${this.appliance.healthPort}/health`;
      return await (await fetch(url, { signal: AbortSignal.timeout(30_000) })).json();
    } catch {
      return null;
    }
  }
}

export const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export const mib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);

/** What every scenario works with. */
export interface Tools {
  queues: Queues;
  dice: Dice;
}
