/** The release that the tests of packages look at. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sourceOf } from "../../appliance/packaging/source.ts";

const root = join(import.meta.dirname, "../..");

/** Runs `npm run release` in a folder with the sources; the commit is this checkout's. @throws Error with what it said. */
export function release(cwd: string, ...words: string[]): void {
  const source = sourceOf();
  const { status, stderr } = spawnSync(
    process.execPath,
    ["appliance/packaging/release.ts", "--uncommitted", ...words],
    {
      cwd,
      env: { ...process.env, RHYTHMX_COMMIT: source.commit, SOURCE_DATE_EPOCH: String(source.time) },
      encoding: "utf8",
    },
  );
  if (status !== 0 || stderr !== "") throw new Error(`release: exit code ${status}: ${stderr}`);
}

/** A release for both processors: the one in the folder that RHYTHMX_RELEASE_DIR names, else made now. */
export function madeRelease(): { folder: string; dispose(): void } {
  const given = process.env.RHYTHMX_RELEASE_DIR;
  if (given !== undefined && existsSync(join(given, "SHA256SUMS"))) return { folder: given, dispose: () => {} };
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-release-"));
  release(root, "--out", folder);
  return { folder, dispose: () => rmSync(folder, { recursive: true }) };
}
