/** What a node finds in its data folder before it opens the database for good. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Database } from "../../store/database/database.ts";
import { readMark } from "../../store/replica/mark.ts";
import type { OwnFile } from "./plan.ts";

/** @throws StoreError: it cannot be read */
export async function readOwnFile(path: string): Promise<OwnFile> {
  if (!existsSync(path)) return { exists: false, cluster: null };
  const database = await Database.open(path, "read");
  try {
    return { exists: true, cluster: (await readMark(database))?.cluster ?? null };
  } finally {
    database.close();
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
