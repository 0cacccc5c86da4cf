/** A whole pass of retention, step by step. */
import type { Store } from "../../store/open-store.ts";
import type { Pruned } from "../../store/retention/retention.ts";

export async function pruneAll(store: Store, now: number, retentionDays: number): Promise<Omit<Pruned, "next">> {
  const total = { events: 0, expired: 0, alerts: 0 };
  for (let step: Pruned["next"] = null; ; ) {
    const pruned: Pruned = await store.admin.prune(now, retentionDays, step);
    total.events += pruned.events;
    total.expired += pruned.expired;
    total.alerts += pruned.alerts;
    if (pruned.next === null) return total;
    step = pruned.next;
  }
}
