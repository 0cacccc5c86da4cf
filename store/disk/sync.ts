/** What is on the disk for good: a crash of the machine takes back what only the kernel has. */
import { closeSync, fsyncSync, openSync } from "node:fs";

/** A file's content, or which names a folder has. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
