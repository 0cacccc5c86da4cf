/**
 * `npm run release [-- --target linux-x64] [--out FOLDER] [--uncommitted]`: everything that is given away, in dist/release, for both
 * processors unless told: binary, Debian package, tar.gz, bill of materials and notices of each, and SHA256SUMS over all. The same commit
 * gives the same bytes, on any machine.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import manifest from "../../package.json" with { type: "json" };
import { bundle } from "./archives/bundle.ts";
import { checksumList, sha256 } from "./archives/checksums.ts";
import { sharedFiles } from "./archives/shared-files.ts";
import { buildBinary, type Target, targets } from "./binary.ts";
import { componentsOf } from "./contents/components.ts";
import { noticesOf } from "./contents/notices.ts";
import { sbomOf } from "./contents/sbom.ts";
import { debianPackage, packageName } from "./debian/package.ts";
import { root, type Source, sourceOf, uncommitted } from "./source.ts";

/** Documents that an operator without internet needs, from docs/. */
const documentNames = readdirSync(join(root, "docs")).filter(
  (name) => name.endsWith(".md") && name !== "benchmarks.md" && name !== "architecture.md",
);

/** Examples for the unit. */
const dropIns = join(import.meta.dirname, "drop-ins");
const dropInNames = readdirSync(dropIns);

async function release(target: Target, folder: string, source: Source): Promise<string[]> {
  const name = `${packageName}-${manifest.version}-${target}`;
  const binary = await buildBinary(target, join(folder, `rhythmx-${target}`), source);
  const components = componentsOf(binary);
  const content = readFileSync(binary.file);
  const contents = {
    binary: content,
    notices: noticesOf(components),
    sbom: sbomOf(components, { sha256: sha256(content), target }, source),
    documents: [
      { path: "CHANGELOG.md", content: readFileSync(join(root, "CHANGELOG.md")) },
      ...documentNames.map((path) => ({ path, content: readFileSync(join(root, "docs", path)) })),
      ...dropInNames.map((path) => ({ path, content: readFileSync(join(dropIns, path)) })),
    ],
    shared: sharedFiles(),
  };
  const unit = readFileSync(join(import.meta.dirname, "rhythmx.service"), "utf8");
  const architecture = targets[target].debian;
  const made: [string, Uint8Array | string][] = [
    [`${name}.cdx.json`, contents.sbom],
    [`${name}.THIRD-PARTY-NOTICES`, contents.notices],
    [`${name}.tar.gz`, await bundle(name, { ...contents, unit }, source)],
    [
      `${packageName}_${manifest.version}_${architecture}.deb`,
      await debianPackage({ ...contents, architecture, unit: unit.replaceAll("/usr/local/bin/", "/usr/bin/") }, source),
    ],
  ];
  for (const [file, bytes] of made) writeFileSync(join(folder, file), bytes);
  return [binary.file, ...made.map(([file]) => join(folder, file))];
}

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: Object.keys(targets) },
    out: { type: "string", default: join(root, "dist/release") },
    uncommitted: { type: "boolean", default: false },
  },
});
const unknown = values.target.filter((target) => !Object.hasOwn(targets, target));
if (unknown.length > 0) {
  console.error(`release: unknown target "${unknown.join(", ")}"; known: ${Object.keys(targets).join(", ")}`);
  process.exit(2);
}
const changes = uncommitted();
if (changes.length > 0 && !values.uncommitted) {
  console.error(
    `release: ${changes.length} files are not as committed (${changes[0]?.slice(3)}${changes.length > 1 ? ", …" : ""}), and the release would name a commit that does not have them: commit them, or give --uncommitted`,
  );
  process.exit(1);
}
rmSync(values.out, { recursive: true, force: true });
mkdirSync(values.out, { recursive: true });
const source = sourceOf();
const files: string[] = [];
for (const target of values.target) files.push(...(await release(target as Target, values.out, source)));
writeFileSync(join(values.out, "SHA256SUMS"), await checksumList(files));
for (const file of files) console.log(`${(Bun.file(file).size / 1e6).toFixed(1).padStart(7)} MB  ${basename(file)}`);
console.log(`${values.out}, version ${manifest.version} of commit ${source.commit}`);
