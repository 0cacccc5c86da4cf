/** Operations on the file itself. */
import { readGeneration } from "./generation.ts";
import { heartbeat } from "./heartbeat.ts";
import { storeFacts } from "./integrity.ts";
import type { OpenDatabase, Operations } from "./operation.ts";

export const fileOperations = {
  heartbeat: {
    kind: "write",
    run: ({ database }, now: number, distrustMs: number | null) => heartbeat(database, now, distrustMs),
  },
  readGeneration: { kind: "read", run: ({ database }) => readGeneration(database) },
  facts: { kind: "read", run: ({ database }) => storeFacts(database) },
} satisfies Operations<OpenDatabase>;
