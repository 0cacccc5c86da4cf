/** What an appliance knows of the cluster it is a node of. An appliance that is alone has none of it. */
import type { ClusterStatus, NodeRole } from "../../core/cluster.ts";
import type { Faults } from "../../core/faults.ts";
import type { Store } from "../../store/open-store.ts";
import type { ReplicaOrder } from "../../store/replica/open-replica.ts";
import type { Followed } from "../../store/worker/calls.ts";
import type { KeptWorkers } from "../../store/worker/kept-workers.ts";

export interface NodeSide {
  readonly role: NodeRole;
  /** How its store joins the log. */
  readonly replica: ReplicaOrder;
  /** Of its stores, one after the other. */
  readonly workers: KeptWorkers;
  status(): ClusterStatus;
  /** Whether a request may leave the machine now: the lease is ours with a third of it to spare. */
  mayAct(): boolean;
  /** A write was refused because another node leads. */
  deposed(): void;
  /** The address of the node that leads; null while nobody does. */
  leaderAddress(): string | null;
  /** Called once the database is open. */
  opened(store: Store, faults: Faults): void;
  /** Called with how far a follower has come, and with what stops it. */
  followed(progress: Followed | Error): void;
  /** Answers another node that asks for a copy of the file. */
  snapshot(request: Request, copy: (to: string) => Promise<void>): Promise<Response>;
}
