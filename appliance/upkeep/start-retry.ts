/** Starts in spite of temporary faults, such as a full disk or a locked or read-only database: they are named in health, and the start is retried. */
import { chmod, lstat, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, StoreError, UsageError } from "../../core/errors.ts";
import type { Faults } from "../../core/faults.ts";
import type { Clock, Sleep } from "../../core/ports.ts";
import type { OnCommit } from "../../store/database/database.ts";
import { openStore, type Store } from "../../store/open-store.ts";

export type { OnCommit };

/** What the store needs to know of the cluster that this appliance is a node of. */
interface NodeSide {
  readonly replica: NonNullable<Parameters<typeof openStore>[0]["replica"]>;
  readonly workers: NonNullable<Parameters<typeof openStore>[0]["workers"]>;
  deposed(): void;
}

const retryMs = 2_000;
/** Faults that may pass by themselves. */
const passing: readonly string[] = ["store_locked", "store_full", "store_readonly", "store_io", "store_no_quorum"];
const passingOfFolder: readonly string[] = ["ENOSPC", "EROFS", "EDQUOT", "EIO", "EMFILE", "ENFILE"];

/**
 * Repeats `work` until it succeeds; while a disk or lock prevents it, a fault with the prefix `what` says so. Rejects with any
 * other error of `work`.
 */
export async function retryWhileBlocked<T>(
  fault: { name: string; what: string },
  { faults, sleep }: { faults: Faults; sleep: Sleep },
  work: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      const result = await work();
      faults.clear(fault.name);
      return result;
    } catch (error) {
      if (!mayPass(error)) throw error;
      faults.set(fault.name, `${fault.what}: ${messageOf(error)}`);
      await sleep(retryMs);
    }
  }
}

/** Makes the data folder (0700) and opens the store in it as soon as disk, folder and locks allow. */
export async function openStoreWhenPossible(
  dataDir: string,
  tools: {
    clock: Clock;
    sleep: Sleep;
    faults: Faults;
    onBroken: (error: Error) => void;
    onCommit?: OnCommit;
    node?: NodeSide;
  },
): Promise<Store> {
  const { clock, faults, onBroken, onCommit, node } = tools;
  const fault = { name: "store_open", what: `the database in ${dataDir} cannot be opened yet` };
  return retryWhileBlocked(fault, tools, async () => {
    await ownFolder(dataDir);
    return openStore({
      path: join(dataDir, "rhythmx.db"),
      clock,
      onFault: (what, error) => {
        if (error === null) faults.clear(`store_${what}`);
        else if (error.code === "store_not_leader") node?.deposed();
        else if (error.code !== "store_failed") faults.set(`store_${what}`, error.message);
      },
      onBroken,
      ...(onCommit === undefined ? {} : { onCommit }),
      ...(node === undefined ? {} : { replica: node.replica, workers: node.workers }),
    });
  });
}

/** Makes the data folder and denies others access. @throws StoreError store_readonly, with the fix if another user owns it; UsageError if it is a file */
async function ownFolder(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    const code = String((error as { code?: unknown }).code);
    if (code === "EEXIST" || code === "ENOTDIR")
      throw new UsageError(`the data folder ${dataDir} is a file, or lies in one: set RHYTHMX_DATA_DIR to a folder`);
    if (code !== "EACCES" && code !== "EPERM") throw error;
    throw new StoreError(
      "store_readonly",
      `the data folder ${dataDir} cannot be made by user ${userId()}: make it as root (install -d -m 0700 -o ${userId()} ${dataDir})`,
    );
  }
  const { uid, mode } = await stat(dataDir);
  if (process.getuid?.() !== 0 && uid !== process.getuid?.()) throw wrongOwner(dataDir, uid);
  if ((mode & 0o777) !== 0o700) await chmod(dataDir, 0o700);
  // A file of root's prevents the start just as a folder of root's does.
  for (const name of await readdir(dataDir)) {
    const path = join(dataDir, name);
    const { uid: owner } = await lstat(path);
    if (
      name.startsWith("rhythmx.db") &&
      !name.includes(".schema-") &&
      process.getuid?.() !== 0 &&
      owner !== process.getuid?.()
    )
      throw wrongOwner(path, owner);
  }
}

function wrongOwner(path: string, owner: number): StoreError {
  const found = owner === 0 ? "root" : `user ${owner}`;
  return new StoreError(
    "store_readonly",
    `${path} belongs to ${found}, and this runs as user ${userId()}: chown -R ${userId()} ${path}`,
  );
}

function userId(): string {
  return String(process.getuid?.() ?? "");
}

function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return passing.includes(error.code);
  return passingOfFolder.includes(String((error as { code?: unknown } | null)?.code));
}
