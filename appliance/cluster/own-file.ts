/** What a node finds in its data folder before it opens the database for good. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "../../store/database/database.ts";
import { InstanceLock } from "../../store/database/instance-lock.ts";
import { lacksSteps } from "../../store/database/migrate.ts";
import { readMark } from "../../store/replica/mark.ts";
import type { OwnFile } from "./plan.ts";

/** @throws StoreError: it cannot be read */
export async function readOwnFile(path: string): Promise<OwnFile> {
  if (!existsSync(path)) return { exists: false, cluster: null, applied: 0, isBehind: false };
  const database = await Database.open(path, "read");
  try {
    const { cluster, seq: applied } = (await readMark(database)) ?? { cluster: null, seq: 0 };
    return { exists: true, cluster, applied, isBehind: cluster !== null && (await lacksSteps(database)) };
  } finally {
    database.close();
  }
}

/** Makes a file that belongs to a cluster one that runs alone. @throws StoreError store_in_use, and errors of the disk */
export async function leaveCluster(path: string): Promise<void> {
  const lock = await InstanceLock.take(`${path}.lock`, { writes: false });
  try {
    const database = await Database.open(path);
    try {
      if ((await readMark(database)) !== null) await database.write([{ sql: "delete from applied" }]);
    } finally {
      database.close();
    }
  } finally {
    await lock.release();
  }
}

/** The number of the last `reseed` that was done here; beside the file, because a copy of another node's does not know it. */
export function readCopied(dataDir: string): number {
  try {
    return Number(readFileSync(join(dataDir, "cluster-copied"), "utf8")) || 0;
  } catch {
    return 0;
  }
}

export function writeCopied(dataDir: string, reseed: number): void {
  writeFileSync(join(dataDir, "cluster-copied"), `${reseed}\n`, { mode: 0o600 });
}
