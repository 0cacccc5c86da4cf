/**
 * The program as the tests start it: one bundle of the sources, built when they have changed. It starts in half the time that
 * the sources take, which are several hundred files. It lies in node_modules, where it finds the database driver.
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
  writeFileSync,
} from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const cache = join(root, "node_modules/.cache/rhythmx-test");
/** The runner says where it has put it, so that the files of tests need not look at the sources again. */
const variable = "RHYTHMX_TEST_PROGRAM";

/** The path of the bundle's main.js, for `spawn(process.execPath, [program, ...])`. */
export const program = process.env[variable] ?? (await built());
process.env[variable] = program;

async function built(): Promise<string> {
  const folder = join(cache, hashOfSources());
  const main = join(folder, "main.js");
  if (existsSync(main)) return main;
  mkdirSync(cache, { recursive: true });
  // Two processes may build at the same time: each in a folder of its own, and the first one to be ready wins.
  const own = mkdtempSync(join(cache, "building-"));
  await Bun.build({
    entrypoints: [join(root, "main.ts"), join(root, "store/worker/worker.ts")],
    target: "bun",
    outdir: own,
    naming: { entry: "[name].[ext]" },
    splitting: true,
    // Loads a native addon by a computed name.
    external: ["libsql"],
    sourcemap: "linked",
  });
  // Some tests start the program as another user.
  chmodSync(own, 0o755);
  // The Worker is started by the name that it has among the sources.
  writeFileSync(join(own, "worker.ts"), 'import "./worker.js";\n');
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
