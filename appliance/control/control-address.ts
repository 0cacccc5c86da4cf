/** The path of the control socket. */
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";

/** sun_path holds 108 bytes including the final NUL. */
const longestPath = 107;

/**
 * The path of a data folder's control socket. If it is too long for the kernel, it is given through a descriptor of the folder,
 * which has to stay open while the path is used.
 */
export function socketAddress(dataDir: string): { path: string; release(): void } {
  const path = join(dataDir, "control.sock");
  if (Buffer.byteLength(path) <= longestPath) return { path, release: () => {} };
  const fd = openSync(dataDir, "r");
  return { path: `/proc/self/fd/${fd}/control.sock`, release: () => closeSync(fd) };
}
