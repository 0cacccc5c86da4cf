/**
 * `npm run build [-- --target linux-arm64]`: makes dist/rhythmx-<target>, one file with runtime, program, pages, migrations and
 * database addon, with the unit file beside it. For another target than this machine's, runtime and addon are fetched from npm.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { versionInfo } from "../runtime/version.ts";
import { embedLibsqlAddon } from "./addon-plugin.ts";
import { compactScripts } from "./script-plugin.ts";

const root = join(import.meta.dirname, "../..");
const dist = join(root, "dist");

const targets = {
  "linux-x64": { bun: "bun-linux-x64", addon: "@libsql/linux-x64-gnu" },
  "linux-arm64": { bun: "bun-linux-arm64", addon: "@libsql/linux-arm64-gnu" },
} as const;
type Target = keyof typeof targets;

/** The addon of a target: from node_modules, else fetched from npm into `folder`, in the version that libsql depends on. */
function addonFile(target: Target, folder: string): string {
  const { addon } = targets[target];
  const installed = join(root, "node_modules", addon, "index.node");
  if (existsSync(installed)) return installed;
  const wanted = execFileSync("npm", ["pkg", "get", `optionalDependencies.${addon}`], {
    cwd: join(root, "node_modules/libsql"),
    encoding: "utf8",
  });
  execFileSync("npm", ["pack", `${addon}@${JSON.parse(wanted)}`, "--silent", "--pack-destination", folder]);
  execFileSync("sh", ["-c", "tar -xzf ./*.tgz"], { cwd: folder });
  return join(folder, "package", "index.node");
}

async function build(target: Target): Promise<string> {
  const outfile = join(dist, `rhythmx-${target}`);
  const fetched = mkdtempSync(join(tmpdir(), "rhythmx-build-"));
  try {
    await Bun.build({
      entrypoints: [join(root, "main.ts"), join(root, "store/worker/worker.ts")],
      plugins: [embedLibsqlAddon(addonFile(target, fetched)), compactScripts],
      // A Worker's path is relative to the file that starts it; in the binary all files are one, at its root.
      naming: { entry: "[name].[ext]" },
      compile: {
        target: targets[target].bun,
        outfile,
        // No file in the current folder may change what the binary does.
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
      define: { RHYTHMX_BUILD: JSON.stringify({ commit: versionInfo().commit, target }) },
      // Bytecode halves the start time. Not minified: that would save little beside the runtime and lose names in errors.
      format: "esm",
      bytecode: true,
      sourcemap: "linked",
    });
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
  // The binary contains its own copy of the maps.
  for (const file of readdirSync(dist)) if (file.endsWith(".map")) rmSync(join(dist, file));
  return outfile;
}

const { values } = parseArgs({ options: { target: { type: "string", default: `linux-${process.arch}` } } });
if (!Object.hasOwn(targets, values.target)) {
  console.error(`build: unknown target "${values.target}"; known: ${Object.keys(targets).join(", ")}`);
  process.exit(2);
}
mkdirSync(dist, { recursive: true });
const outfile = await build(values.target as Target);
copyFileSync(join(import.meta.dirname, "rhythmx.service"), join(dist, "rhythmx.service"));
console.log(`${outfile} ${manifest.version}, ${(Bun.file(outfile).size / 1e6).toFixed(0)} MB`);
