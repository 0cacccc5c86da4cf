/** The operations of retention. */
import type { OpenDatabase, Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { countUnread } from "./removal.ts";
import { type PruneStep, prune } from "./retention.ts";

export const retentionOperations = {
  prune: {
    kind: "write",
    run: ({ database, periods, assets, ruleActors }, now: number, retentionDays: number, step: PruneStep | null) =>
      prune({ database, periods, assets, ruleActors }, now, retentionDays, step),
  },
} satisfies Operations<OpenIncidents>;

export const retentionReading = {
  countUnread: { kind: "read", run: ({ database }, removed: number) => countUnread(database, removed) },
} satisfies Operations<OpenDatabase>;
