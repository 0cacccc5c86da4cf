/**
 * Makes node_modules what package-lock.json says, on a machine that has only Node and npm; silent when it already is.
 * Plain Node without packages, because it runs before there are any.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bun = join(root, "node_modules/.bin/bun");

/** Path and version of every package in a lock file; an unreadable file gives an empty list. */
function packagesIn(lockFile) {
  try {
    const { packages } = JSON.parse(readFileSync(join(root, lockFile), "utf8"));
    return new Map(Object.entries(packages).filter(([path]) => path !== ""));
  } catch {
    return new Map();
  }
}

/** npm writes what it installed to node_modules/.package-lock.json, as its last step. */
function installedIsLocked() {
  const locked = packagesIn("package-lock.json");
  const installed = packagesIn("node_modules/.package-lock.json");
  for (const [path, { version }] of installed) if (locked.get(path)?.version !== version) return false;
  // Optional packages are those of other operating systems and processors.
  for (const [path, { optional, devOptional }] of locked)
    if (!optional && !devOptional && !installed.has(path)) return false;
  return installed.size > 0;
}

function fail(message) {
  console.error(`rhythmx: ${message}`);
  process.exit(1);
}

if (Number.parseInt(process.versions.node, 10) < 20)
  fail(`Node ${process.versions.node} is too old; install Node 20 or newer.`);

if (!installedIsLocked()) {
  console.error("Installing the packages of package-lock.json with npm ci (once; about 10 seconds)...");
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ["npm"];
  const [command, ...first] = npm;
  const { status } = spawnSync(command, [...first, "ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) fail("npm ci failed, see above; it needs the npm registry the first time.");
}

// With install scripts switched off (npm config ignore-scripts) bun is still a placeholder that only prints an error.
const runsBun = () => spawnSync(bun, ["--version"], { stdio: "ignore" }).status === 0;
if (!runsBun()) {
  spawnSync(process.execPath, ["install.js"], { cwd: join(root, "node_modules/bun"), stdio: "ignore" });
  if (!runsBun()) fail(`${bun} does not start; delete node_modules and try again.`);
}
