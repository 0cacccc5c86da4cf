/** A cluster as people and programs see it. */

export type NodeRole = "leader" | "follower";

export interface NodeStatus {
  name: string;
  role: NodeRole;
  address: string;
  /** The last record in its file. */
  applied: number;
  version: string;
  /** What is wrong with it; null = nothing. */
  fault: string | null;
  /** When it was last heard of, by its own clock, epoch milliseconds; null = never. */
  seenAt: number | null;
}

export interface ClusterStatus {
  /** This node. */
  node: string;
  role: NodeRole;
  /** Null: nobody, or it is not known. */
  leader: { node: string; address: string } | null;
  epoch: number;
  /** The last record in this node's file, and where the log ended when it was last read. */
  applied: number;
  head: number;
  /** Whether a quorum of the log's machines answers. */
  quorum: boolean;
  /** For how many milliseconds this node still leads without another sign of life; 0 for a follower. */
  leaseLeftMs: number;
  /** Members by name, this one too, as last read. */
  nodes: readonly NodeStatus[];
}

/** Records that a node lacks. */
export function lagOf({ applied, head }: Pick<ClusterStatus, "applied" | "head">): number {
  return Math.max(0, head - applied);
}

/** For programs: health, the API, the report of `doctor`. */
export function clusterJson(status: ClusterStatus) {
  const { node, role, leader, epoch, applied, quorum, nodes } = status;
  return {
    node,
    role,
    leader,
    epoch,
    applied,
    lag: lagOf(status),
    quorum,
    nodes: nodes.map(({ name, role, address, applied, version, fault }) => ({
      name,
      role,
      address,
      applied,
      version,
      fault,
    })),
  };
}

/** One line for people: `follower of edge1, 12 behind`. */
export function clusterWords(status: ClusterStatus): string {
  const { role, leader, quorum } = status;
  const lag = lagOf(status);
  const base =
    role === "leader"
      ? "leads the cluster"
      : leader === null
        ? "follows, and nobody leads"
        : `follows ${leader.node}${lag === 0 ? "" : `, ${lag} records behind`}`;
  return quorum ? base : `${base}; etcd has no quorum`;
}
