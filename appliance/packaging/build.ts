/**
 * `npm run build [-- --target linux-arm64]`: makes dist/rhythmx-<target>, one file with runtime, program, pages, migrations and
 * database addon, with the unit file beside it. For another target than this machine's, runtime and addon are fetched from npm.
 */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { buildBinary, type Target, targets } from "./binary.ts";
import { root, sourceOf } from "./source.ts";

const dist = join(root, "dist");
const { values } = parseArgs({ options: { target: { type: "string", default: `linux-${process.arch}` } } });
if (!Object.hasOwn(targets, values.target)) {
  console.error(`build: unknown target "${values.target}"; known: ${Object.keys(targets).join(", ")}`);
  process.exit(2);
}
mkdirSync(dist, { recursive: true });
const outfile = join(dist, `rhythmx-${values.target}`);
await buildBinary(values.target as Target, outfile, sourceOf());
copyFileSync(join(import.meta.dirname, "rhythmx.service"), join(dist, "rhythmx.service"));
console.log(`${outfile} ${manifest.version}, ${(Bun.file(outfile).size / 1e6).toFixed(0)} MB`);
