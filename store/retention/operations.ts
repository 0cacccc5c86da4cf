/** The operation of retention. */
import type { OpenDatabase, Operations } from "../database/operation.ts";
import { type PruneStep, prune } from "./retention.ts";

export const retentionOperations = {
  prune: {
    kind: "write",
    run: ({ database }, now: number, retentionDays: number, step: PruneStep | null) =>
      prune(database, now, retentionDays, step),
  },
} satisfies Operations<OpenDatabase>;
