/** Manual pages and completions, as the program itself writes them. */
import type { PackedFile } from "./archive.ts";

export function sharedFiles(): PackedFile[] {
  return [];
}
