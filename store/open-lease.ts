/** The lease of the node that leads a cluster, held or watched in a Worker of its own. */

import type { EtcdOptions } from "./replica/etcd/client.ts";
import { type LeaseReport, type LeaseState, LeaseTimes } from "./replica/lease-agent.ts";
import { WorkerCalls } from "./worker/worker-calls.ts";

export interface LeaseOptions {
  etcd: EtcdOptions;
  node: string;
  /** Where clients reach this node. */
  address: string;
  leaseMs: number;
  report: LeaseReport;
  /** Called once if the Worker ended unexpectedly: the lease is not renewed any more. */
  onBroken: (error: Error) => void;
}

export class Lease {
  readonly #calls: WorkerCalls;
  readonly #times: LeaseTimes;

  private constructor(calls: WorkerCalls, times: LeaseTimes) {
    this.#calls = calls;
    this.#times = times;
  }

  static async open({ onBroken, ...order }: LeaseOptions): Promise<Lease> {
    const calls = new WorkerCalls(() => {}, onBroken);
    const times = new LeaseTimes();
    // The first call waits for the Worker to start, and the clocks are compared with the second.
    await calls.call("lease", null, [order.report]);
    await calls.call("beginLease", null, [{ ...order, times: times.memory }, performance.now()]);
    return new Lease(calls, times);
  }

  /** Tells what to say of this node, and asks how things are. */
  async state(report: LeaseReport): Promise<LeaseState> {
    return (await this.#calls.call("lease", null, [report])) as LeaseState;
  }

  /** For how many milliseconds the lease is surely ours; 0 = it is not. */
  leftMs(): number {
    return this.#times.leftMs();
  }

  /** Stops to hold or watch it; with `release` another node may lead at once. */
  async end(release: boolean): Promise<void> {
    await this.#calls.call("endLease", null, [release]).catch(() => {});
    await this.#calls.end();
  }
}
