/** What a node does next, by what it sees of its cluster and of its own file. */
import type { DirectoryContent } from "../../store/replica/etcd/directory.ts";

/** The database file of this node as it lies there. */
export interface OwnFile {
  exists: boolean;
  /** Id of the cluster that it belongs to; null = none. */
  cluster: string | null;
  /** The last record of the log that is in it; 0: none, or it belongs to no cluster. */
  applied: number;
  /** It has an older schema than this version (`Store.isBehind`). */
  isBehind: boolean;
}

export type Plan =
  | { do: "follow"; cluster: string | null; readOnly: boolean }
  | { do: "copy"; from: readonly string[]; reseed: number }
  /** It leads once it has the lease, with what is in its file. */
  | { do: "found" }
  | { do: "wait"; fault: string; why: string };

/** `copied`: the number of the last `reseed` that this node has done. */
export function planFor(
  node: string,
  content: DirectoryContent | null,
  file: OwnFile,
  { unreachable, copied }: { unreachable: string | null; copied: number },
): Plan {
  if (content === null) {
    // Nothing is known: what is there can be read all the same.
    if (file.exists && file.cluster !== null) return { do: "follow", cluster: null, readOnly: true };
    return wait("cluster_quorum", `etcd has not answered yet${unreachable === null ? "" : `: ${unreachable}`}`);
  }
  const member = content.members.get(node)?.row;
  if (content.id === null || member === undefined)
    return wait(
      "cluster_member",
      `this node does not belong to the cluster: run \`rhythmx cluster add ${node}\` on any machine that reaches its etcd`,
    );
  const peers = [...content.live].filter(([name]) => name !== node && content.members.has(name));
  // The leader has everything; any other leaves it alone.
  const from = peers.sort(([, a], [, b]) => Number(a.row.role === "leader") - Number(b.row.role === "leader"));
  const addresses = from.map(([, { row }]) => row.address);
  if (member.reseed > copied && file.exists && !member.founder)
    return { do: "copy", from: addresses, reseed: member.reseed };
  const leader = content.leader?.row.node ?? null;
  const nobodyHasBegun = (leader === null || leader === node) && peers.every(([, { row }]) => row.applied === 0);
  // It may have had the lease before, and been stopped, or have lost etcd, before it had begun; whether there is a log is asked for once more then.
  if (member.founder && nobodyHasBegun && (file.cluster !== content.id || file.applied === 0)) return { do: "found" };
  if (file.exists && file.cluster === content.id) {
    if (member.reseed > copied) return { do: "copy", from: addresses, reseed: member.reseed };
    return { do: "follow", cluster: content.id, readOnly: false };
  }
  if (!file.exists) return { do: "copy", from: addresses, reseed: member.reseed };
  return wait(
    "cluster_member",
    `the database of this node is not one of this cluster: \`rhythmx cluster reseed ${node}\` replaces it by a copy of another node's, and keeps it beside that`,
  );
}

function wait(fault: string, why: string): Plan {
  return { do: "wait", fault, why };
}
