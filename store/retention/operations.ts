/** The operation of retention. */
import type { Operations } from "../database/operation.ts";
import type { OpenIncidents } from "../incidents/operations.ts";
import { type PruneStep, prune } from "./retention.ts";

export const retentionOperations = {
  prune: {
    kind: "write",
    run: ({ database, periods, assets }, now: number, retentionDays: number, step: PruneStep | null) =>
      prune({ database, periods, assets }, now, retentionDays, step),
  },
} satisfies Operations<OpenIncidents>;
