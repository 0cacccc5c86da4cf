/** Packages of npm for another processor than this machine's, which `npm ci` does not install. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import { root } from "./source.ts";

interface LockedPackage {
  version?: string;
  integrity?: string;
}

const lock: { packages: Record<string, LockedPackage | undefined> } = JSON.parse(
  readFileSync(join(root, "package-lock.json"), "utf8"),
);

/** Version and checksum of a package in package-lock.json. */
export function lockedPackage(name: string): Required<LockedPackage> {
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version === undefined || integrity === undefined) throw new Error(`package-lock.json does not have ${name}`);
  return { version, integrity };
}

/**
 * Fetches a package in the version of package-lock.json (from npm's cache where it is there), compares its checksum with the one
 * there, and unpacks it. Returns its folder, which is the caller's to remove.
 */
export async function fetchPackage(name: string): Promise<string> {
  const { version, integrity } = lockedPackage(name);
  const folder = mkdtempSync(join(tmpdir(), "rhythmx-build-"));
  try {
    const options = ["--prefer-offline", "--json", "--pack-destination", folder];
    const printed = execFileSync("npm", ["pack", `${name}@${version}`, ...options], { cwd: folder, encoding: "utf8" });
    // Which member an entry of the answer is differs between versions of npm; there is one package in any case.
    const file = /"filename":\s*"([^"]+)"/.exec(printed)?.[1] ?? "";
    const archive = readFileSync(join(folder, file.replaceAll("/", "-").replace(/^@/, "")));
    const [algorithm = "", expected = ""] = integrity.split(/-(.*)/s);
    if (createHash(algorithm).update(archive).digest("base64") !== expected)
      throw new Error(`${name} ${version} is not what package-lock.json says: its ${algorithm} is another`);
    for (const { header, data } of await unpackTar(gunzipSync(archive))) {
      const path = normalize(join(folder, header.name));
      if (header.type !== "file" || data === undefined || !path.startsWith(`${folder}/`)) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, data, { mode: 0o755 });
    }
    return join(folder, "package");
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
}
