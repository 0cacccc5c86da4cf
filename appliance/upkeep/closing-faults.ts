/** Faults that close intake, or the whole appliance for a load balancer. */
import type { Faults } from "../../core/faults.ts";

/** Faults that close intake, with the seconds after which a client may retry. */
const closing: Readonly<Record<string, number>> = { disk_space: 30, store_write: 5, cluster_quorum: 5 };

/** Why intake is closed, and after how many seconds to retry; null while it is open. */
export function closedBy(faults: Faults): { reason: string; retryAfter: number } | null {
  const fault = faults.list().find(({ name }) => name in closing);
  return fault === undefined ? null : { reason: fault.message, retryAfter: closing[fault.name] ?? 5 };
}

/** Why a load balancer should not use this appliance; null if it should. `elsewhere`: set where another node of a cluster leads. */
export function notReadyBecause(faults: Faults, elsewhere: { address: string | null } | null = null): string | null {
  if (elsewhere !== null)
    return elsewhere.address === null ? "no node of the cluster leads" : `this node follows ${elsewhere.address}`;
  return faults.list().find(({ name }) => name in closing || name === "store_read")?.message ?? null;
}
