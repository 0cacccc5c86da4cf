/** The operation of retention. */
import type { Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { type PruneStep, prune } from "./retention.ts";

export const retentionOperations = {
  prune: {
    kind: "write",
    run: ({ database, periods, assets, ruleActors }, now: number, retentionDays: number, step: PruneStep | null) =>
      prune({ database, periods, assets, ruleActors }, now, retentionDays, step),
  },
} satisfies Operations<OpenIncidents>;
