/** Every parser that is given bytes from outside. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Target } from "./target.ts";
import { batchTargets } from "./targets/batches.ts";
import { callerTargets } from "./targets/callers.ts";
import { clusterTargets } from "./targets/cluster.ts";
import { fileTargets } from "./targets/files.ts";
import { intakeTargets } from "./targets/intake.ts";
import { listTargets } from "./targets/lists.ts";
import { networkTargets } from "./targets/network.ts";
import { requestTargets } from "./targets/requests.ts";
import { settingsTargets } from "./targets/settings.ts";
import { writtenTargets } from "./targets/written.ts";

export const targets: readonly Target[] = [
  ...intakeTargets,
  ...batchTargets,
  ...requestTargets,
  ...networkTargets,
  ...settingsTargets,
  ...callerTargets,
  ...listTargets,
  ...fileTargets,
  ...clusterTargets,
  ...writtenTargets,
];

export const corpusFolder = join(import.meta.dirname, "corpus");

/** What has been found for a target, by the names of its files. */
export function corpusOf(name: string): Map<string, Uint8Array> {
  const folder = join(corpusFolder, name);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder)
      .sort()
      .map((file) => [file, Uint8Array.from(readFileSync(join(folder, file)))]),
  );
}
