/**
 * The program as the tests start it: one bundle of the sources, built when they have changed, and one of the store's Worker. They start in half the
 * time that the sources take, which are several hundred files. They lie in node_modules, where they find the database driver.
 */
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { BuildConfig } from "bun";
import { embedPacks } from "../../appliance/packaging/pack-plugin.ts";
import { startWorkerAt } from "../../appliance/packaging/worker-plugin.ts";

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/rhythmx-test");
/** The runner says where it has put it, so that the files of tests need not look at the sources again. */
const variable = "RHYTHMX_TEST_PROGRAM";

/** The path of the bundle's main.js, for `spawn(process.execPath, [program, ...])`. */
export const program = process.env[variable] ?? (await built());
process.env[variable] = program;

/** Its Worker's file, also for appliances within a test. */
export const workerProgram = join(dirname(program), "worker.js");

async function built(): Promise<string> {
  const folder = join(cache, hashOfSources());
  const main = join(folder, "main.js");
  if (existsSync(main)) return main;
  mkdirSync(cache, { recursive: true });
  // Two processes may build at the same time: each in a folder of its own, and the first one to be ready wins.
  const own = mkdtempSync(join(cache, "building-"));
  const common: Pick<BuildConfig, "target" | "outdir" | "naming" | "external" | "sourcemap"> = {
    target: "bun",
    outdir: own,
    naming: { entry: "[name].[ext]" },
    // Loads a native addon by a computed name.
    external: ["libsql"],
    sourcemap: "linked",
  };
  await Bun.build({
    ...common,
    entrypoints: [join(root, "main.ts")],
    splitting: true,
    plugins: [startWorkerAt(JSON.stringify(join(folder, "worker.js"))), embedPacks],
  });
  // Every appliance in a test starts two of them; bytecode is for this format alone.
  await Bun.build({ ...common, entrypoints: [join(root, "store/worker/worker.ts")], format: "cjs", bytecode: true });
  // Some tests start the program as another user.
  chmodSync(own, 0o755);
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true });
    if (!existsSync(main)) throw error;
  }
  removeOld(folder);
  return main;
}

function hashOfSources(): string {
  const hash = createHash("sha256").update(Bun.version);
  const patterns = [
    "main.ts",
    "package-lock.json",
    "package.json",
    "{core,store,transports,integrations,appliance}/**/*",
  ];
  const paths = patterns.flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: root })]);
  for (const path of paths.filter((one) => !one.endsWith(".test.ts")).sort())
    hash.update(`${path}\0`).update(readFileSync(join(root, path)));
  return hash.digest("hex").slice(0, 32);
}

/** Bundles of earlier sources, once no run of tests can be using them any more. */
function removeOld(current: string): void {
  const dayAgo = Date.now() - 24 * 3_600_000;
  for (const name of readdirSync(cache)) {
    const folder = join(cache, name);
    if (folder !== current && statSync(folder).mtimeMs < dayAgo) rmSync(folder, { recursive: true, force: true });
  }
}
