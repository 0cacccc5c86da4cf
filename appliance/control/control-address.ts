/** Where the control socket is. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** sun_path holds 108 bytes with the closing zero. */
const longestPath = 107;

/**
 * Path of the control socket of a data folder. A longer path than the kernel takes is reached through the folder's own
 * descriptor, which has to stay open while the path is used.
 */
export function socketAddress(dataDir: string): { path: string; release(): void } {
  const path = join(dataDir, "control.sock");
  if (Buffer.byteLength(path) <= longestPath) return { path, release: () => {} };
  const fd = openSync(dataDir, "r");
  return { path: `/proc/self/fd/${fd}/control.sock`, release: () => closeSync(fd) };
}
