/**
 * `npm run build:node`: makes dist/node, which Node runs with `node rhythmx.mjs`: the program, its Worker (worker.mjs) and the database
 * driver of this machine (libsql.node). Nothing else is needed beside Node.
 */
import { chmodSync, copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { versionInfo } from "../runtime/version.ts";
import { loadLibsqlAddonFromFile } from "./addon-plugin.ts";
import { embedFonts } from "./font-plugin.ts";
import { embedPacks } from "./pack-plugin.ts";
import { compactScripts } from "./script-plugin.ts";
import { startWorkerAt } from "./worker-plugin.ts";

const root = join(import.meta.dirname, "../..");
const target = `linux-${process.arch}`;

async function buildNode(outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  for (const [entry, name] of [
    ["main.ts", "rhythmx"],
    ["store/worker/worker.ts", "worker"],
  ] as const)
    await Bun.build({
      entrypoints: [join(root, entry)],
      target: "node",
      format: "esm",
      outdir,
      naming: { entry: `${name}.mjs` },
      plugins: [
        loadLibsqlAddonFromFile(),
        startWorkerAt(`new URL("./worker.mjs", import.meta.url)`),
        embedFonts,
        embedPacks,
        compactScripts,
      ],
      define: { RHYTHMX_NODE_BUILD: JSON.stringify({ commit: versionInfo().commit, target }) },
      banner: "#!/usr/bin/env node",
      sourcemap: "linked",
    });
  copyFileSync(join(root, `node_modules/@libsql/${target}-gnu/index.node`), join(outdir, "libsql.node"));
  chmodSync(join(outdir, "rhythmx.mjs"), 0o755);
}

const { values } = parseArgs({ options: { outdir: { type: "string", default: join(root, "dist/node") } } });
await buildNode(values.outdir);
console.log(`${join(values.outdir, "rhythmx.mjs")}: start it with Node 24.7 or newer`);
