/** Keeps the log small: it is needed only for as long as a node lacks something. */
import { asStoreErrors } from "./following.ts";
import type { ReplicaLog } from "./log.ts";

/** So many records are removed together: each removal is a write of its own to the log's machines. */
const together = 100;

/**
 * Removes what every node has: records up to and with `seq`. Where the log still holds more than `mostBytes`, half of it goes all the same; a node that
 * is so far behind takes a copy of another one's file. @throws StoreError store_no_quorum
 */
export async function trimLog(log: ReplicaLog, seq: number, mostBytes: number): Promise<void> {
  await asStoreErrors(async () => {
    const { oldest, bytes } = await log.size();
    if (oldest === 0) return;
    if (seq - oldest >= together) return log.trim(seq);
    const head = bytes > mostBytes ? await log.last() : null;
    if (head !== null && head.seq - oldest >= together) await log.trim(oldest + Math.floor((head.seq - oldest) / 2));
  });
}
