/** A node of a cluster; an appliance that is alone has none of these series. */
import { type ClusterStatus, lagOf } from "../../../core/cluster.ts";
import { gauge, one } from "./families.ts";
import type { Family } from "./family.ts";

export function clusterFamilies(status: ClusterStatus | null): Family[] {
  const of = (value: (status: ClusterStatus) => number) => one(status === null ? null : value(status));
  const failing = ({ nodes }: ClusterStatus) => nodes.filter(({ fault }) => fault !== null).length;
  return [
    gauge(
      "rhythmx_cluster_leader",
      "Whether this node leads its cluster.",
      of(({ role }) => Number(role === "leader")),
    ),
    gauge(
      "rhythmx_cluster_quorum",
      "Whether a quorum of etcd answers this node.",
      of(({ quorum }) => Number(quorum)),
    ),
    gauge("rhythmx_cluster_lag_records", "Records of the cluster's log that this node lacks.", of(lagOf)),
    gauge("rhythmx_cluster_nodes_failing", "Nodes of the cluster with which something is wrong.", of(failing)),
  ];
}
