/** Starting in spite of what passes: a full disk, a locked or read-only database. It is named in health and tried again. */
import { messageOf, StoreError } from "../core/errors.ts";
import type { Faults } from "../core/faults.ts";
import type { Sleep } from "../core/ports.ts";

const retryMs = 2_000;
/** What may go away by itself. */
const passing: readonly string[] = ["store_locked", "store_full", "store_readonly", "store_io"];
const passingOfFolder: readonly string[] = ["ENOSPC", "EROFS", "EDQUOT", "EIO", "EMFILE", "ENFILE"];

/**
 * Does `work` until it succeeds; while the disk or a lock stands in the way, `fault` says so after `what`. Rejects with whatever
 * else `work` rejects with.
 */
export async function patiently<T>(
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

function mayPass(error: unknown): boolean {
  if (error instanceof StoreError) return passing.includes(error.code);
  return passingOfFolder.includes(String((error as { code?: unknown } | null)?.code));
}
