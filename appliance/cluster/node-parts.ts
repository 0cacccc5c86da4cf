/** What an appliance does differently as a node of a cluster; for one that is alone, what it does anyway. */
import type { ClusterStatus } from "../../core/cluster.ts";
import type { Faults } from "../../core/faults.ts";
import type { Store } from "../../store/open-store.ts";
import type { ClusterPort } from "../../transports/http/cluster.ts";
import { FollowLoop } from "./follow-loop.ts";
import type { NodeSide } from "./side.ts";

export interface NodeParts {
  /** Alone, or the node that leads. */
  leads: boolean;
  /** Whether requests and messages may leave the machine. */
  mayAct(): boolean;
  /** Where another node leads; null: this one does. */
  elsewhere(): { address: string | null } | null;
  /** Null: this appliance is alone. */
  status(): ClusterStatus | null;
  /** For the HTTP surface. */
  port(store: Pick<Store, "copy">): { cluster?: ClusterPort };
  /** Begins to apply what the leader writes, where there is something to follow; returns how to stop that. */
  follow(parts: { store: Store; faults: Faults; touched(): Promise<unknown> }): () => Promise<void>;
}

export function partsOf(node: NodeSide | undefined): NodeParts {
  if (node === undefined)
    return {
      leads: true,
      mayAct: () => true,
      elsewhere: () => null,
      status: () => null,
      port: () => ({}),
      follow: () => async () => {},
    };
  const leads = node.role === "leader";
  const elsewhere = () => (leads ? null : { address: node.leaderAddress() });
  return {
    leads,
    mayAct: () => node.mayAct(),
    elsewhere,
    status: () => node.status(),
    port: (store) => ({
      cluster: { elsewhere, snapshot: (request: Request) => node.snapshot(request, (to) => store.copy(to)) },
    }),
    follow: ({ store, faults, touched }) => {
      if (leads) return async () => {};
      const following = FollowLoop.start({ store, node, faults, touched });
      return () => following.stop();
    },
  };
}
