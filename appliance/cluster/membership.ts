/** This node among the others: its lease, what it tells of itself, and what it knows of them. */
import { join } from "node:path";
import type { ClusterStatus, NodeRole } from "../../core/cluster.ts";
import type { Faults } from "../../core/faults.ts";
import type { Settings } from "../../core/settings.ts";
import { Lease } from "../../store/open-lease.ts";
import type { Store } from "../../store/open-store.ts";
import type { LeaseReport, LeaseState } from "../../store/replica/lease-agent.ts";
import type { ReplicaOrder } from "../../store/replica/open-replica.ts";
import { KeptWorkers } from "../../store/worker/kept-workers.ts";
import { version } from "../runtime/version.ts";
import { BlockedStart } from "./blocked-start.ts";
import { etcdOptions, nodeAddress, nodeName, withDirectory } from "./connection.ts";
import { HeardNodes } from "./heard-nodes.ts";
import type { NodeSide } from "./side.ts";
import { giveSnapshot } from "./snapshot.ts";

/** A follower that lacks more records than this leaves the lead to others. */
const mostBehind = 1_000;
/** Faults that are none of this node's: of others, which say so themselves, of a ticket system, or of the time between two versions. */
const notOfThisNode = ["cluster_nodes", "second_tickets", "cluster_schema"];
/** What keeps a leader from writing, while another node's disk may well do; and for how long that has to last. */
const unfitFaults = ["disk_space", "store_write"];
const unfitMs = 5_000;
/** Faults with which a follower does not take over. */
const barring = ["master_key", "disk_space", "cluster_version"];
/** A node that could not lead leaves it to others for so many leases. */
const restLeases = 2;

export class Membership {
  readonly node: string;
  readonly address: string;
  readonly database: string;
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly leaseMs: number;
  readonly #onBroken: (error: Error) => void;
  readonly #heard = new HeardNodes();
  readonly workers = new KeptWorkers();
  #lease: Lease | null = null;
  #state: LeaseState = { epoch: null, content: null, unreachable: null };
  #role: NodeRole = "follower";
  #epoch = 0;
  #progress = { applied: 0, head: 0, isBehind: false };
  #open: { store: Store; faults: Faults } | null = null;
  #unfitSince: number | null = null;
  /** It has seen the log, and written to its file, since it began to follow. */
  #hasFollowed = false;
  /** Before this time of the monotonic clock it does not take over. */
  #restsUntil = 0;
  /** Whether this node would lead if nobody else did. */
  mayLead = false;
  /** What it says is wrong with it, beside the faults of its appliance. */
  fault: string | null = "starting";
  /** What its appliance waits for before it starts. */
  blocked = new BlockedStart();
  /** What stops it from applying what the leader writes. */
  stopped: Error | null = null;
  /** Settings that are kept in memory have changed, or the schema is the one that this version knows. */
  isStale = false;
  /** Since it began to follow, and after its first look at the log, something of the leader's was applied. */
  hasGained = false;
  /** Another node has written to the log although the lease is ours. */
  isDeposed = false;

  /** `now`: the wall clock; `onBroken`: called if the lease cannot be renewed any more through a defect. */
  constructor(settings: Settings, { now, onBroken }: { now: () => number; onBroken: (error: Error) => void }) {
    this.node = nodeName(settings.cluster);
    this.address = nodeAddress(settings);
    this.database = join(settings.dataDir, "rhythmx.db");
    this.#settings = settings;
    this.#now = now;
    this.leaseMs = settings.cluster.leaseSeconds * 1000;
    this.#onBroken = onBroken;
  }

  /** As last looked at. */
  get state(): LeaseState {
    return this.#state;
  }

  async join(): Promise<void> {
    this.#lease = await Lease.open({
      etcd: etcdOptions(this.#settings.cluster),
      node: this.node,
      address: this.address,
      leaseMs: this.leaseMs,
      report: this.#report(),
      onBroken: this.#onBroken,
    });
  }

  /** Another node may lead at once. */
  async leave(): Promise<void> {
    this.mayLead = false;
    await this.#lease?.end(true);
    this.#lease = null;
    this.#state = { ...this.#state, epoch: null };
  }

  /** Before an appliance of this role starts. */
  begin(role: NodeRole, epoch: number): void {
    this.#role = role;
    this.#epoch = epoch;
    this.stopped = null;
    this.isStale = false;
    this.isDeposed = false;
    this.mayLead = false;
    this.fault = null;
    this.#unfitSince = null;
    this.#hasFollowed = false;
    this.hasGained = false;
  }

  /** Leaves it to others to lead for a while. */
  rest(): void {
    this.#restsUntil = performance.now() + restLeases * this.leaseMs;
  }

  /** The appliance has stopped, or is about to. */
  closed(): void {
    this.#open = null;
  }

  /** Tells of this node, and sees how the others are. */
  async look(): Promise<LeaseState> {
    if (this.#lease === null) return this.#state;
    this.#state = await this.#lease.state(this.#report());
    this.#heard.note(this.#state.content);
    if (this.#open !== null) await this.#note(this.#open);
    return this.#state;
  }

  /** Whether this follower could lead: it has nearly everything, can read what is encrypted, and can write. */
  get isReady(): boolean {
    const { applied, head } = this.#progress;
    const faults = this.#open?.faults;
    if (faults === undefined || this.stopped !== null || !this.#hasFollowed || head - applied > mostBehind)
      return false;
    return performance.now() >= this.#restsUntil && !barring.some((name) => faults.has(name));
  }

  /** Why this leader had better let another node lead; null: nothing is wrong with it, or no other one can. */
  get unfitBecause(): string | null {
    const fault = this.#open?.faults.list().find(({ name }) => unfitFaults.includes(name));
    // Without etcd nobody could lead, or somebody does already; a change of the role would only interrupt those who read here.
    if (fault === undefined || this.#state.unreachable !== null) {
      this.#unfitSince = null;
      return null;
    }
    this.#unfitSince ??= performance.now();
    if (performance.now() - this.#unfitSince < unfitMs) return null;
    const others = this.#heard.statuses(this.#state.content).filter(({ name }) => name !== this.node);
    const least = this.#progress.head - mostBehind;
    return others.some((one) => one.fault === null && one.applied >= least) ? fault.message : null;
  }

  /** That a node is asked to lead is settled. False: etcd does not answer at the moment. */
  withdrawPromotion(): Promise<boolean> {
    return withDirectory(this.#settings, (directory) => directory.setPromoted(null, 2_000)).then(
      () => true,
      () => false,
    );
  }

  isThere(node: string): boolean {
    return this.#heard.isThere(node);
  }

  /** Addresses of the other nodes. */
  get peers(): string[] {
    const live = [...(this.#state.content?.live ?? [])].filter(([name]) => name !== this.node);
    return live.map(([, { row }]) => row.address);
  }

  /** Removes from the log what every node has. */
  async keepLog(): Promise<void> {
    const least = Math.min(this.#progress.applied, this.#heard.leastApplied(this.node, this.#state.content));
    await this.#open?.store.trimLog(least, this.#settings.cluster.logMib * 1024 * 1024).catch(() => {});
  }

  /** What an appliance of this role has of it. */
  side(replica: Omit<ReplicaOrder, "etcd" | "node">): NodeSide {
    return {
      role: replica.role,
      replica: { ...replica, etcd: etcdOptions(this.#settings.cluster), node: this.node },
      workers: this.workers,
      status: () => this.status(),
      mayAct: () => replica.role === "leader" && (this.#lease?.leftMs() ?? 0) > this.leaseMs / 3,
      deposed: () => {
        this.isDeposed = replica.role === "leader";
      },
      leaderAddress: () => {
        const row = this.#state.content?.leader?.row;
        return row == null || row.node === null || row.node === this.node ? null : row.address;
      },
      opened: (store, faults) => {
        this.#open = { store, faults };
      },
      followed: (progress) => {
        this.stopped = progress instanceof Error ? progress : null;
        if (progress instanceof Error) return;
        this.hasGained ||= this.#hasFollowed && progress.applied > this.#progress.applied;
        const hasCome = this.#progress.isBehind && !progress.isBehind;
        this.#progress = progress;
        this.#hasFollowed = true;
        this.isStale ||= hasCome || (!progress.isBehind && progress.touched.includes("settings"));
      },
      snapshot: (request, copy) =>
        giveSnapshot(request, {
          secret: this.#state.content?.secret ?? null,
          database: this.database,
          now: this.#now(),
          copy,
        }),
    };
  }

  status(): ClusterStatus {
    const { content, unreachable } = this.#state;
    const leader = content?.leader?.row ?? null;
    return {
      node: this.node,
      role: this.#role,
      leader: leader === null || leader.node === null ? null : { node: leader.node, address: leader.address },
      epoch: this.#role === "leader" ? this.#epoch : (leader?.epoch ?? 0),
      applied: this.#progress.applied,
      head: this.#progress.head,
      quorum: content !== null && unreachable === null,
      leaseLeftMs: Math.round(this.#lease?.leftMs() ?? 0),
      nodes: this.#heard.statuses(content),
    };
  }

  /** Names what is wrong with the cluster, and where the leader's file is. */
  async #note({ store, faults }: { store: Store; faults: Faults }): Promise<void> {
    const { content, unreachable } = this.#state;
    if (unreachable === null) faults.clear("cluster_quorum");
    else faults.set("cluster_quorum", `no quorum of the cluster's etcd answers, so nothing is written: ${unreachable}`);
    const missing = [...(content?.members.keys() ?? [])].filter((name) => name !== this.node && !this.isThere(name));
    if (missing.length === 0 || this.#role !== "leader") faults.clear("cluster_nodes");
    else faults.set("cluster_nodes", `nodes of the cluster that are not heard of: ${missing.join(", ")}`);
    if (this.#role !== "leader") return;
    // The store may be closing.
    const applied = await store.logPosition().catch(() => this.#progress.applied);
    this.#progress = { applied, head: applied, isBehind: false };
  }

  #report(): LeaseReport {
    const { address, mayLead } = this;
    const faults = this.#open?.faults.list().filter(({ name }) => !notOfThisNode.includes(name)) ?? [];
    const fault = this.fault ?? this.blocked.because(0) ?? faults[0]?.message ?? null;
    return { live: { address, applied: this.#progress.applied, version, fault }, mayLead };
  }
}
