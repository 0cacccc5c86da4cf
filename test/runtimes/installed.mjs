/**
 * Deno and Node for this machine, in the versions of package-lock.json beside this file; installed from the npm registry when they are
 * first needed. Plain Node without packages.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const files = {
  deno: { name: `@deno/linux-${process.arch}-glibc`, path: "deno" },
  node: { name: `node-linux-${process.arch}`, path: "bin/node" },
};

/**
 * The path of a runtime's program.
 * @param {"deno" | "node"} runtime
 * @returns {string}
 */
export function runtimeProgram(runtime) {
  const { name, path } = files[runtime];
  const package_ = join(folder, "node_modules", name);
  if (versionIn(join(package_, "package.json")) !== lockedVersion(name)) {
    process.stderr.write(`Installing Deno and Node for tests with npm ci (once; about 100 MB)...\n`);
    // The packages hold the programs themselves; no script needs to run.
    const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (status !== 0) throw new Error("npm ci failed in test/runtimes, see above; it needs the npm registry once");
  }
  const program = join(package_, path);
  if (!existsSync(program)) throw new Error(`no ${runtime} for this kind of machine: ${program} is missing`);
  return program;
}

/** @param {string} file */
function versionIn(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : null;
}

/** @param {string} name */
function lockedVersion(name) {
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  return packages[`node_modules/${name}`]?.version;
}
