/** Compiles dist/rhythmx-<target>: one file with runtime, program, pages, migrations and database addon. */
import { chmodSync, existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { embedLibsqlAddon } from "./addon-plugin.ts";
import { fetchPackage } from "./npm-package.ts";
import { embedPacks } from "./pack-plugin.ts";
import { compactScripts } from "./script-plugin.ts";
import { root, type Source } from "./source.ts";

/** The processors that there are binaries for, and what others call them. */
export const targets = {
  "linux-x64": {
    bun: "bun-linux-x64",
    runtime: "@oven/bun-linux-x64",
    addon: "@libsql/linux-x64-gnu",
    debian: "amd64",
  },
  "linux-arm64": {
    bun: "bun-linux-arm64",
    runtime: "@oven/bun-linux-aarch64",
    addon: "@libsql/linux-arm64-gnu",
    debian: "arm64",
  },
} as const;
export type Target = keyof typeof targets;

/** A compiled binary, and what it was made from. */
export interface Binary {
  target: Target;
  file: string;
  /** Files that are inside, relative to the root of the project, but for the addon. */
  inputs: string[];
  /** Crates of Rust that the addon names. */
  addonCrates: string[];
}

/** The runtime and the addon of a target: what is installed here, else fetched. `fetched` are folders to remove. */
async function ingredients(target: Target): Promise<{ runtime: string; addon: string; fetched: string[] }> {
  const { runtime, addon } = targets[target];
  const fetched: string[] = [];
  const file = async (name: string, path: string) => {
    const installed = join(root, "node_modules", name, path);
    if (existsSync(installed)) return installed;
    const folder = await fetchPackage(name);
    fetched.push(dirname(folder));
    return join(folder, path);
  };
  // Installing moves the runtime of this machine to where it runs from.
  const own = target === `linux-${process.arch}`;
  return {
    runtime: own ? process.execPath : await file(runtime, "bin/bun"),
    addon: await file(addon, "index.node"),
    fetched,
  };
}

/**
 * Compiles the binary of a target to `outfile`. The bytes depend on the sources, the packages, the runtime and the file's name, not on the
 * folder, the time or the machine.
 */
export async function buildBinary(target: Target, outfile: string, source: Source): Promise<Binary> {
  const { runtime, addon, fetched } = await ingredients(target);
  // The bundler names files as seen from the current folder.
  process.chdir(root);
  try {
    const { metafile } = await Bun.build({
      entrypoints: [join(root, "main.ts"), join(root, "store/worker/worker.ts")],
      plugins: [embedLibsqlAddon(addon), embedPacks, compactScripts],
      // A Worker's path is relative to the file that starts it; in the binary all files are one, at its root.
      naming: { entry: "[name].[ext]" },
      compile: {
        target: targets[target].bun,
        executablePath: runtime,
        outfile,
        // No file in the current folder may change what the binary does.
        autoloadDotenv: false,
        autoloadBunfig: false,
      },
      define: { RHYTHMX_BUILD: JSON.stringify({ commit: source.commit, target }) },
      // Bytecode halves the start time. Not minified: that would save little beside the runtime and lose names in errors.
      format: "esm",
      bytecode: true,
      sourcemap: "linked",
      metafile: true,
    });
    if (metafile === undefined) throw new Error("the bundler did not say what it put into the binary");
    chmodSync(outfile, 0o755);
    return { target, file: outfile, inputs: Object.keys(metafile.inputs).sort(), addonCrates: await cratesIn(addon) };
  } finally {
    for (const folder of fetched) rmSync(folder, { recursive: true });
    // The binary contains its own copy of the maps.
    const folder = dirname(outfile);
    for (const file of readdirSync(folder)) if (file.endsWith(".map")) rmSync(join(folder, file));
  }
}

/** Rust's compiler leaves the paths of sources in a program, and with them names and versions of most crates in it: "tokio-1.40.0". */
async function cratesIn(addon: string): Promise<string[]> {
  const text = Buffer.from(await Bun.file(addon).arrayBuffer()).toString("latin1");
  const crates = text.matchAll(/\/registry\/src\/[\w.-]+\/([A-Za-z0-9_-]+-\d+\.\d+\.\d+(?:[+-][\w.]+)?)\//g);
  return [...new Set([...crates].map(([, crate = ""]) => crate))].sort();
}
