/**
 * An appliance as a node of a cluster: it follows, and leads when the lease is its own. Each change of the role stops one appliance and starts
 * another one on the same file, so that a new leader begins as one does that was started: with nothing in memory that the file does not have.
 */
import { mkdirSync } from "node:fs";
import { EdgeError, messageOf, StoreError } from "../core/errors.ts";
import { startAppliance } from "./appliance.ts";
import { startBehind } from "./behind-node.ts";
import { BlockedStart } from "./cluster/blocked-start.ts";
import { Membership } from "./cluster/membership.ts";
import { readCopied, readOwnFile, writeCopied } from "./cluster/own-file.ts";
import { pause } from "./cluster/pause.ts";
import { planFor } from "./cluster/plan.ts";
import type { NodeSide } from "./cluster/side.ts";
import { takeSnapshot } from "./cluster/snapshot.ts";
import { Waiting } from "./cluster/waiting.ts";
import type { Appliance, ApplianceOptions } from "./options.ts";

const pollMs = 100;
const waitMs = 500;
const trimEveryMs = 2_000;

/** Starts a node. Resolves once it looks at its cluster; what it serves changes with its role. */
export async function startClusterNode(options: ApplianceOptions): Promise<Appliance> {
  const node = new ClusterNode(options);
  await node.begin();
  return node.appliance();
}

class ClusterNode {
  readonly #options: ApplianceOptions;
  readonly #stopping = new AbortController();
  readonly #broken = Promise.withResolvers<Error>();
  readonly #membership: Membership;
  #running: Promise<void> = Promise.resolve();
  #current: Appliance | null = null;
  #waiting: Waiting | null = null;
  /** The file lacks what the leader writes when it starts, and what an appliance needs: nothing of it is served before it is applied. */
  #isLacking = false;

  constructor(options: ApplianceOptions) {
    this.#options = options;
    this.#membership = new Membership(options.resolved.settings, {
      now: () => options.clock.now(),
      onBroken: (error) => {
        if (!this.#isStopping) this.#broken.resolve(error);
      },
    });
  }

  async begin(): Promise<void> {
    mkdirSync(this.#dataDir, { recursive: true, mode: 0o700 });
    await this.#membership.join();
    this.#running = this.#run();
  }

  /** The appliance as it is at each moment. */
  appliance(): Appliance {
    const current = () => {
      if (this.#current !== null) return this.#current;
      throw new EdgeError("starting", "this node of the cluster is starting, or changing its role: try again");
    };
    const url = (name: "apiUrl" | "healthUrl" | "incidentHealthUrl", otherwise: string | undefined) =>
      this.#current?.[name] ?? otherwise ?? "";
    const [membership, waiting] = [this.#membership, () => this.#waiting?.urls];
    return {
      get apiUrl() {
        return url("apiUrl", membership.address);
      },
      get healthUrl() {
        return url("healthUrl", waiting()?.[0]);
      },
      get incidentHealthUrl() {
        return url("incidentHealthUrl", waiting()?.[1]);
      },
      get operations() {
        return current().operations;
      },
      reload: async (resolved, author) => current().reload(resolved, author),
      busy: () => this.#current?.busy() ?? ["cluster"],
      broken: this.#broken.promise,
      stop: () => this.#stop(),
    };
  }

  get #dataDir(): string {
    return this.#options.resolved.settings.dataDir;
  }

  get #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new EdgeError("stopping", "the appliance is stopping"));
    await this.#running;
    await this.#hideWaiting();
    await this.#membership.leave();
    await this.#membership.workers.end();
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      try {
        await this.#next();
      } catch (error) {
        if (this.#isStopping) return;
        const reason = messageOf(error);
        this.#options.log.error("a node of the cluster could not go on", { error: reason });
        await this.#showWaiting("cluster_start", reason);
        if (this.#membership.state.epoch !== null) await this.#release({ rests: true });
        await this.#pause(waitMs);
      }
    }
  }

  /** Does what is to be done, until something else is. */
  async #next(): Promise<void> {
    const { node, database } = this.#membership;
    const { content, unreachable, epoch } = await this.#membership.look();
    // etcd was just asked for the first time: soon there is an answer, or a reason. To start without would be to start twice.
    if (content === null && unreachable === null) return this.#pause(pollMs);
    const file = await readOwnFile(database);
    const plan = planFor(node, content, file, { unreachable, copied: readCopied(this.#dataDir) });
    const isReady = plan.do === "found" || (plan.do === "follow" && plan.cluster !== null);
    if (epoch !== null && isReady && content?.id != null) return this.#lead(epoch, content.id, plan.do === "found");
    if (plan.do === "follow") return this.#follow(plan.cluster, file.isBehind);
    if (plan.do === "copy") return this.#copy(plan.from, plan.reseed);
    this.#membership.mayLead = plan.do === "found";
    const why = plan.do === "wait" ? plan.why : "this node begins its cluster";
    await this.#showWaiting(plan.do === "wait" ? plan.fault : "cluster_start", why);
    await this.#pause(plan.do === "wait" ? waitMs : pollMs);
  }

  /**
   * Applies what the leader writes, and serves reads unless the file `isBehind` this version, or lacks something. `cluster`: null while etcd does not answer, and
   * nothing can be applied.
   */
  async #follow(cluster: string | null, isBehind: boolean): Promise<void> {
    const membership = this.#membership;
    await this.#hideWaiting();
    membership.begin("follower", 0);
    const side = membership.side({ role: "follower", cluster, epoch: 0, founder: false });
    const isLacking = this.#isLacking;
    this.#isLacking = false;
    const begin = isBehind || isLacking ? startBehind : startAppliance;
    const appliance = await this.#start(side, null, begin).catch((error: unknown) => {
      this.#isLacking = error instanceof StoreError && error.code === "store_not_leader";
      throw error;
    });
    const copied = readCopied(this.#dataDir);
    try {
      while (!this.#isStopping) {
        const { content, epoch } = await membership.look();
        membership.mayLead = cluster !== null && membership.isReady;
        if (isLacking && membership.hasGained) return;
        if (epoch !== null || membership.isStale || (cluster === null && content !== null)) return;
        // No longer a member, or to take a copy.
        if (content !== null && (content.members.get(membership.node)?.row.reseed ?? copied + 1) > copied) return;
        if (membership.stopped instanceof StoreError && membership.stopped.code === "store_behind") {
          await this.#leave(appliance);
          return await this.#copy(membership.peers, copied);
        }
        await this.#pause(pollMs);
      }
    } finally {
      await this.#leave(appliance);
    }
  }

  /** Leads for as long as the lease of this epoch is ours. */
  async #lead(epoch: number, cluster: string, founder: boolean): Promise<void> {
    const { log } = this.#options;
    const membership = this.#membership;
    const { node } = membership;
    await this.#hideWaiting();
    membership.begin("leader", epoch);
    const appliance = await this.#start(membership.side({ role: "leader", cluster, epoch, founder }), epoch);
    log.info("leads the cluster", { node, epoch });
    try {
      // It was for us, or for a node that did not take the lease: to step down for that one again and again helps nobody.
      let overdue = membership.state.content?.promote ?? null;
      if (overdue !== null && overdue !== node)
        log.warn("the node that was to lead has not taken over", { asked: overdue, leads: node });
      let isWithdrawn = overdue === null;
      for (let trimAt = 0; !this.#isStopping; ) {
        if (!isWithdrawn) isWithdrawn = await membership.withdrawPromotion();
        const { content, epoch: ours } = await membership.look();
        if (ours !== epoch) {
          log.warn("no longer leads the cluster", { node, epoch });
          return;
        }
        const asked = content?.promote ?? null;
        // What was withdrawn is seen for a moment longer.
        if (asked !== overdue) overdue = null;
        const isAsked = asked !== null && asked !== node && asked !== overdue && membership.isThere(asked);
        const unfit = membership.unfitBecause;
        if (membership.isDeposed || isAsked || unfit !== null || content?.members.has(node) === false) {
          log.info("steps down", { node, epoch, ...(isAsked ? { for: asked } : unfit === null ? {} : { why: unfit }) });
          await this.#leave(appliance);
          return await this.#release({ rests: unfit !== null });
        }
        if (performance.now() >= trimAt) {
          await membership.keepLog();
          trimAt = performance.now() + trimEveryMs;
        }
        await this.#pause(pollMs);
      }
    } finally {
      await this.#leave(appliance);
    }
  }

  /**
   * Starts the appliance of a role, and tells meanwhile what it waits for. A leader's start that waits for something ends with the lease of this
   * epoch, or after as long, so that another node may lead.
   */
  async #start(node: NodeSide, epoch: number | null, begin: typeof startBehind = startAppliance): Promise<Appliance> {
    const membership = this.#membership;
    const lost = new AbortController();
    const blocked = new BlockedStart(this.#options.onFaults);
    membership.blocked = blocked;
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
    const start = begin({ ...this.#options, node, starting: signal, onFaults: blocked.noted });
    let isStarting = true;
    const settled = start.then(
      () => {},
      () => {},
    );
    void settled.then(() => {
      isStarting = false;
    });
    while (isStarting) {
      const { epoch: ours } = await membership.look();
      const why = epoch === null ? null : blocked.because(membership.leaseMs);
      if (epoch !== null && ours !== epoch)
        lost.abort(new StoreError("store_not_leader", "another node leads the cluster"));
      else if (why !== null) lost.abort(new EdgeError("cluster_start", why));
      await Promise.race([settled, this.#pause(pollMs)]);
    }
    const appliance = await start;
    void appliance.broken.then((error) => this.#broken.resolve(error));
    this.#current = appliance;
    return appliance;
  }

  async #leave(appliance: Appliance): Promise<void> {
    if (this.#current !== appliance) return;
    this.#current = null;
    // Its last messages and tickets are sent under the lease.
    const telling = setInterval(() => void this.#membership.look().catch(() => {}), waitMs);
    await appliance.stop().finally(() => clearInterval(telling));
    this.#membership.closed();
  }

  /** Lets another node lead. `rests`: this one could not, and would not a moment later. */
  async #release({ rests }: { rests: boolean }): Promise<void> {
    if (rests) this.#membership.rest();
    await this.#membership.leave();
    await this.#membership.join();
  }

  /** Takes a copy of another node's file; `reseed` is then done. */
  async #copy(from: readonly string[], reseed: number): Promise<void> {
    const { log, clock } = this.#options;
    const { node, database, state } = this.#membership;
    const secret = state.content?.secret ?? null;
    await this.#showWaiting("cluster_copy", "this node takes a copy of another node's database");
    const telling = setInterval(() => void this.#membership.look().catch(() => {}), waitMs);
    try {
      if (secret === null) return;
      const order = { secret, node, database, now: clock.now(), signal: this.#stopping.signal };
      const { from: given, kept } = await takeSnapshot(from, order);
      writeCopied(this.#dataDir, reseed);
      log.info("database copied from another node", { from: given, kept });
    } finally {
      clearInterval(telling);
    }
  }

  /** While there is no appliance, its health ports say why. */
  async #showWaiting(fault: string, why: string): Promise<void> {
    this.#waiting ??= await Waiting.start(this.#options);
    this.#waiting.show(fault, why);
    this.#membership.fault = why;
  }

  async #hideWaiting(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = null;
    await waiting?.stop();
  }

  #pause(milliseconds: number): Promise<void> {
    return pause(milliseconds, this.#stopping.signal);
  }
}
