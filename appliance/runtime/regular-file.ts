/** Small files that settings name: a pipe, a device or a huge file behind such a name must not stop the process. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

/** Bundles of certificate authorities have some 250 kB. */
const largestBytes = 4 * 1024 * 1024;

/**
 * The bytes of a regular file. Opened without waiting, so that a pipe nobody writes to is no wait without end, and looked at once it is open, so
 * that it cannot be exchanged in between. @throws Error with the reason
 */
export function readRegularFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error(`${path} is no regular file`);
    if (found.size > largestBytes) throw new Error(`${path} has ${found.size} bytes, more than ${largestBytes}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}
