/**
 * Holds or watches the lease of the node that leads, in a Worker of its own, so that a busy event loop elsewhere stops nothing. The lease
 * prevents that two nodes try to lead at once, and says when requests may leave the machine; that only one node's writes are taken is
 * ensured by the log alone.
 *
 * The time until which the lease holds is in memory that threads share. It counts from before the request that renewed it, by the clock of
 * the process and by the wall clock, because the first stands still while a virtual machine is suspended and the second can be set.
 */
import { randomBytes } from "node:crypto";
import { messageOf } from "../../core/errors.ts";
import { EtcdClient, type EtcdOptions } from "./etcd/client.ts";
import { Directory, type DirectoryContent, type LeaderRow, type LiveRow, type Seen } from "./etcd/directory.ts";

export interface LeaseOrder {
  etcd: EtcdOptions;
  node: string;
  address: string;
  leaseMs: number;
  /** Two 64-bit floats of `LeaseTimes`. */
  times: SharedArrayBuffer;
  report: LeaseReport;
}

/** What the node says of itself, told anew with each question for the state. */
export interface LeaseReport {
  live: Omit<LiveRow, "role" | "at">;
  /** It is ready to lead where nobody does. */
  mayLead: boolean;
}

export interface LeaseState {
  /** The epoch of our leadership; null = we do not lead. */
  epoch: number | null;
  /** As last read; null = etcd has not answered yet. */
  content: DirectoryContent | null;
  /** Why etcd does not answer; null = it does. */
  unreachable: string | null;
}

/** Positions in the shared memory: until when the lease holds, in milliseconds of the main thread's monotonic clock and of the wall clock. */
const untilMonotonic = 0;
const untilWall = 1;

/**
 * A follower takes over after this multiple of the lease without a renewal. The leader counts from before it sent the last one, a follower from
 * when it saw that, which is later; clocks of two machines do not run quite alike.
 */
const silence = 1.05;
/** After etcd was away for this node, and perhaps for all, the leader is given so much of the lease to show that it is there. */
const recovery = 0.35;
/** A node writes its own row after so much of the lease; in between it only reads, which costs etcd no write to its disk. */
const telling = 0.2;

/** Why a node that watches takes the lease, or does not. */
export type Watch =
  | { take: true; why: "nobody" | "released" | "asked" | "silent" | "ours" }
  | { take: false; why: "not-ready" | "renewed" | "another-is-asked" };

/**
 * Decides for a node that watches, and does not hold the lease. `silentMs`: for how long the row has not changed, by our own clock
 * (`silenceOf`); `holder`: this process.
 */
export function decide(
  node: string,
  { leader, promote, live }: DirectoryContent,
  { silentMs, leaseMs, mayLead, holder }: { silentMs: number; leaseMs: number; mayLead: boolean; holder: string },
): Watch {
  if (!mayLead) return { take: false, why: "not-ready" };
  if (leader === null) return { take: true, why: "nobody" };
  // It was taken, or renewed, by a request that was not answered in time.
  if (leader.row.node !== null && leader.row.holder === holder) return { take: true, why: "ours" };
  if (leader.row.node !== null)
    return silentMs >= leaseMs * silence ? { take: true, why: "silent" } : { take: false, why: "renewed" };
  if (promote === node) return { take: true, why: "asked" };
  // The node that was asked for has the first word, for a while.
  if (promote !== null && live.has(promote) && silentMs < leaseMs) return { take: false, why: "another-is-asked" };
  return { take: true, why: "released" };
}

/** The silence that counts. `seenMs`: for how long etcd has answered each time. */
export function silenceOf(times: { silentMs: number; seenMs: number; leaseMs: number }): number {
  const { silentMs, seenMs, leaseMs } = times;
  return seenMs < leaseMs * recovery ? Math.min(silentMs, leaseMs) : silentMs;
}

export class LeaseAgent {
  readonly #order: LeaseOrder;
  readonly #directory: Directory;
  readonly #holder = randomBytes(9).toString("hex");
  readonly #times: Float64Array;
  /** Milliseconds by which this thread's clock is ahead of the main thread's, or a little more. */
  #ahead: number;
  #report: LeaseReport;
  #content: DirectoryContent | null = null;
  #unreachable: string | null = null;
  /** Ours, and the revision of its row. */
  #lease: { epoch: number; revision: string } | null = null;
  #seen: string | null = null;
  /** Since when the leader's row has not changed, and since when etcd has answered each time; by this thread's clock. */
  #silentSince: number | null = null;
  #seenSince: number | null = null;
  #lastRenewal = 0;
  /** When this node's row was written last, and the fault in it. */
  #told: { at: number; fault: string | null } = { at: Number.NEGATIVE_INFINITY, fault: null };
  #ending = false;
  #running: Promise<void>;
  #wake: () => void = () => {};

  private constructor(order: LeaseOrder, mainNow: number) {
    this.#order = order;
    this.#report = order.report;
    this.#times = new Float64Array(order.times);
    this.#ahead = performance.now() - mainNow;
    this.#directory = new Directory(new EtcdClient(order.etcd));
    this.#running = this.#run();
  }

  /** `mainNow`: `performance.now()` of the main thread when it sent this. */
  static begin(order: LeaseOrder, mainNow: number): LeaseAgent {
    return new LeaseAgent(order, mainNow);
  }

  /** How things are; `report` is what is told of this node from now on. */
  async state(report: LeaseReport): Promise<LeaseState> {
    this.#report = report;
    return { epoch: this.#lease?.epoch ?? null, content: this.#content, unreachable: this.#unreachable };
  }

  /** Ends; with `release` another node may lead at once. */
  async end(release: boolean): Promise<void> {
    this.#ending = true;
    this.#wake();
    await this.#running;
    const lease = this.#lease;
    this.#let();
    if (release && lease !== null) {
      const row = { node: null, epoch: lease.epoch, address: "", holder: this.#holder };
      await this.#directory.lead(lease.revision, row, 2_000).catch(() => {});
    }
    this.#directory.close();
  }

  async #run(): Promise<void> {
    const { leaseMs } = this.#order;
    while (!this.#ending) {
      const begun = performance.now();
      try {
        if (this.#lease !== null) await this.#renew();
        await this.#look();
        this.#unreachable = null;
      } catch (error) {
        this.#unreachable = messageOf(error);
        this.#seenSince = null;
      }
      const pause = Math.max(20, Math.min(leaseMs / 10 - (performance.now() - begun), this.#silentForMs()));
      if (this.#ending) break;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, pause);
      });
    }
  }

  /** How long until the leader has been silent for long enough; Infinity: nobody is watched, or it has been. */
  #silentForMs(): number {
    if (this.#lease !== null || this.#silentSince === null || this.#seenSince === null) return Number.POSITIVE_INFINITY;
    const { leaseMs } = this.#order;
    const due = Math.max(this.#silentSince + leaseMs * silence, this.#seenSince + leaseMs * recovery);
    const left = due - performance.now();
    return left > 0 ? left : Number.POSITIVE_INFINITY;
  }

  async #renew(): Promise<void> {
    const { leaseMs } = this.#order;
    const lease = this.#lease;
    if (lease === null || performance.now() - this.#lastRenewal < leaseMs / 3.5) return;
    const times = { monotonic: performance.now(), wall: Date.now() };
    const answer = await this.#directory.lead(lease.revision, this.#row(lease.epoch), leaseMs / 2, this.#own("leader"));
    if (answer.revision !== null) this.#hold(lease.epoch, answer.revision, times);
    // A renewal without an answer has arrived after all: the next one counts from a time that is known.
    else if (answer.found?.row.holder === this.#holder && answer.found.row.epoch === lease.epoch)
      this.#lease = { epoch: lease.epoch, revision: answer.found.revision };
    else this.#let();
    // The row says that it leads.
    if (this.#lease === null) this.#told = { at: Number.NEGATIVE_INFINITY, fault: null };
  }

  async #look(): Promise<void> {
    const { leaseMs, node } = this.#order;
    const begun = performance.now();
    const own = this.#lease === null && this.#isToTell(begun) ? this.#own("follower") : undefined;
    const content = await this.#directory.read(leaseMs / 2, own);
    if (own !== undefined) this.#told = { at: begun, fault: own.row.fault };
    this.#content = content;
    if (this.#lease !== null) return;
    const now = performance.now();
    const revision = content.leader?.revision ?? null;
    if (revision !== this.#seen || this.#silentSince === null) this.#silentSince = now;
    this.#seen = revision;
    this.#seenSince ??= now;
    const { mayLead } = this.#report;
    const silentMs = silenceOf({ silentMs: now - this.#silentSince, seenMs: now - this.#seenSince, leaseMs });
    const watch = decide(node, content, { silentMs, leaseMs, mayLead, holder: this.#holder });
    if (watch.take && !this.#ending) await this.#take(content.leader);
  }

  async #take(leader: Seen<LeaderRow> | null): Promise<void> {
    const epoch = (leader?.row.epoch ?? 0) + 1;
    const times = { monotonic: performance.now(), wall: Date.now() };
    const { leaseMs } = this.#order;
    const answer = await this.#directory.lead(
      leader?.revision ?? null,
      this.#row(epoch),
      leaseMs / 2,
      this.#own("leader"),
    );
    this.#silentSince = null;
    if (answer.revision !== null) return this.#hold(epoch, answer.revision, times);
    // The first of two attempts was not answered, but taken.
    const { found } = answer;
    if (found?.row.holder === this.#holder && found.row.epoch === epoch) this.#hold(epoch, found.revision, times);
  }

  #isToTell(now: number): boolean {
    return now - this.#told.at >= this.#order.leaseMs * telling || this.#told.fault !== this.#report.live.fault;
  }

  #hold(epoch: number, revision: string, since: { monotonic: number; wall: number }): void {
    const { leaseMs } = this.#order;
    this.#lease = { epoch, revision };
    this.#lastRenewal = since.monotonic;
    this.#times[untilWall] = since.wall + leaseMs;
    this.#times[untilMonotonic] = since.monotonic - this.#ahead + leaseMs;
  }

  #let(): void {
    this.#lease = null;
    this.#silentSince = null;
    this.#times[untilMonotonic] = 0;
    this.#times[untilWall] = 0;
  }

  #row(epoch: number): LeaderRow {
    return { node: this.#order.node, epoch, address: this.#order.address, holder: this.#holder };
  }

  #own(role: "leader" | "follower"): { node: string; row: LiveRow } {
    return { node: this.#order.node, row: { ...this.#report.live, role, at: Date.now() } };
  }
}

/** The lease as the main thread sees it. */
export class LeaseTimes {
  readonly memory = new SharedArrayBuffer(16);
  readonly #times = new Float64Array(this.memory);

  /** For how many milliseconds the lease still holds, by the clock that says less; 0 = not any more, or we do not lead. */
  leftMs(now = performance.now(), wall = Date.now()): number {
    const byMonotonic = (this.#times[untilMonotonic] ?? 0) - now;
    const byWall = (this.#times[untilWall] ?? 0) - wall;
    return Math.max(0, Math.min(byMonotonic, byWall));
  }
}
