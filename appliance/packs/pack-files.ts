/**
 * The files of all packs. In a checkout they are read from this folder; a build has them within it (appliance/packaging/pack-plugin.ts
 * replaces this file).
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

/** By their paths, such as `splunk/README.md`, sorted. */
export function packFiles(): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of folders)
    for (const entry of readdirSync(join(import.meta.dirname, name), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      files.set(path.slice(import.meta.dirname.length + 1).replaceAll(sep, "/"), readFileSync(path));
    }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
