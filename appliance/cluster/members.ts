/** What people do with a cluster: see it, and say who belongs to it and who leads. */
import { randomBytes } from "node:crypto";
import type { ClusterStatus, NodeStatus } from "../../core/cluster.ts";
import { EdgeError } from "../../core/errors.ts";
import type { Directory, DirectoryContent } from "../../store/replica/etcd/directory.ts";

const deadlineMs = 4_000;

/** How nodes are, as etcd has it. `seenAt` is by each node's own clock. */
export interface ClusterView extends Pick<ClusterStatus, "leader" | "epoch"> {
  /** Null: there is none yet. */
  id: string | null;
  nodes: (NodeStatus & { member: boolean })[];
  promote: string | null;
}

export async function viewCluster(directory: Directory): Promise<ClusterView> {
  const content = await directory.read(deadlineMs);
  const leader = content.leader?.row ?? null;
  const names = [...new Set([...content.members.keys(), ...content.live.keys()])].sort();
  return {
    id: content.id,
    leader: leader === null || leader.node === null ? null : { node: leader.node, address: leader.address },
    epoch: leader?.epoch ?? 0,
    promote: content.promote,
    nodes: names.map((name) => {
      const row = content.live.get(name)?.row ?? null;
      return {
        name,
        member: content.members.has(name),
        role: row?.role ?? "follower",
        address: row?.address ?? "",
        applied: row?.applied ?? 0,
        version: row?.version ?? "",
        fault: row === null ? "never heard of" : row.fault,
        seenAt: row?.at ?? null,
      };
    }),
  };
}

/** Adds a node; the first one begins the cluster with what is in its database. @throws EdgeError cluster_known */
export async function addNode(directory: Directory, node: string, now: number): Promise<{ founder: boolean }> {
  const content = await directory.read(deadlineMs);
  if (content.members.has(node)) throw new EdgeError("cluster_known", `${node} belongs to the cluster already`);
  await directory.begin(randomBytes(12).toString("hex"), randomBytes(32).toString("base64url"), deadlineMs);
  const founder = content.members.size === 0 && content.leader === null;
  await directory.putMember(node, { founder, reseed: 0, addedAt: new Date(now).toISOString() }, deadlineMs);
  return { founder };
}

/** Takes a node out: it stops to follow, and the log is no longer kept for it. @throws EdgeError cluster_unknown, cluster_last */
export async function removeNode(directory: Directory, node: string): Promise<void> {
  const content = await memberIn(directory, node);
  if (content.members.size === 1)
    throw new EdgeError("cluster_last", `${node} is the only node: unset RHYTHMX_CLUSTER there to run it alone`);
  await directory.removeMember(node, deadlineMs);
}

/** Asks that a node leads. @throws EdgeError cluster_unknown, cluster_not_ready */
export async function promoteNode(directory: Directory, node: string): Promise<void> {
  const content = await memberIn(directory, node);
  const row = content.live.get(node)?.row;
  if (row === undefined || row.fault !== null)
    throw new EdgeError("cluster_not_ready", `${node} cannot lead: ${row?.fault ?? "it was never heard of"}`);
  await directory.setPromoted(node, deadlineMs);
}

/** Has a node replace its database by a copy of another one's. @throws EdgeError cluster_unknown, cluster_leads */
export async function reseedNode(directory: Directory, node: string, now: number): Promise<void> {
  const content = await memberIn(directory, node);
  if (content.leader?.row.node === node)
    throw new EdgeError("cluster_leads", `${node} leads: have another node lead first (rhythmx cluster promote)`);
  const row = content.members.get(node)?.row;
  if (row === undefined) return;
  // Also where the node has done some of an earlier cluster, or before it was taken out.
  const reseed = Math.max(row.reseed + 1, now);
  await directory.putMember(node, { ...row, founder: false, reseed }, deadlineMs);
}

/** @throws EdgeError cluster_unknown, which names those there are */
async function memberIn(directory: Directory, node: string): Promise<DirectoryContent> {
  const content = await directory.read(deadlineMs);
  if (content.members.has(node)) return content;
  const names = [...content.members.keys()].sort().join(", ");
  throw new EdgeError(
    "cluster_unknown",
    `${node} does not belong to the cluster${names === "" ? "" : `: ${names} do`}`,
  );
}
