/** Manual pages and completions, as the program itself writes them. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../source.ts";
import type { PackedFile } from "./archive.ts";

/** By their paths below `/usr`. */
export function sharedFiles(): PackedFile[] {
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-shared-"));
  try {
    execFileSync(process.execPath, [join(root, "main.ts"), "generate", folder], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({ path: path.slice(folder.length + 1), content: readFileSync(path) }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
