/** Everything in a binary that others made: runtime, addon, packages of npm, fonts, icons, data. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../archives/checksums.ts";
import { type Binary, targets } from "../binary.ts";
import { lockedPackage } from "../npm-package.ts";
import { root } from "../source.ts";
import { type Component, objections } from "./component.ts";
import { npmComponents, npmUrl } from "./npm-components.ts";
import parts from "./parts.json" with { type: "json" };

/**
 * @throws Error that names all that is not known: a package without text, a licence that nobody has accepted, an embedded file of which
 * contents/parts.json does not say whose it is.
 */
export function componentsOf(binary: Pick<Binary, "target" | "inputs" | "addonCrates">): Component[] {
  const unknown = unknownFiles(binary.inputs);
  if (unknown.length > 0)
    throw new Error(
      `${unknown.join(", ")}: whose? Say it in appliance/packaging/contents/parts.json, under "own" or "data"`,
    );
  const components = [
    ...runtimeComponents(),
    ...addonComponents(binary),
    ...npmComponents(binary.inputs),
    ...parts.data.map((part) => dataComponent(part as DataPart)),
  ];
  const problems = objections(components);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return components.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** Embedded files that are neither program of our own nor named in parts.json. */
function unknownFiles(inputs: readonly string[]): string[] {
  const known = new Set([...parts.own, ...parts.data.flatMap((part) => part.files)]);
  const ownFolders = parts.own.filter((path) => path.endsWith("/"));
  return inputs.filter(
    (path) =>
      !known.has(path) &&
      !ownFolders.some((folder) => path.startsWith(folder)) &&
      !/(^|\/)node_modules\/|^addon:|\.(tsx?|sql|css|js|service)$/.test(path),
  );
}

/** Bun names the versions of most things that are linked into it; the build runs in the Bun that the binary gets. */
function runtimeComponents(): Component[] {
  const { version } = lockedPackage("bun");
  if (Bun.version !== version)
    throw new Error(`bun ${Bun.version} builds, package-lock.json has ${version}: run npm ci`);
  const ref = npmUrl("bun", version);
  const versions: Record<string, string | undefined> = process.versions;
  return [
    {
      ref,
      purl: ref,
      type: "framework",
      name: "bun",
      version,
      licence: "MIT",
      copyright: "Copyright (c) the authors of Bun (oven-sh/bun)",
      about: "JavaScript runtime",
    },
    ...parts.runtime.map((part): Component => {
      const partVersion = part.key === undefined ? undefined : versions[part.key];
      return {
        ref: `${ref}#${part.name}`,
        type: "library",
        name: part.name,
        ...(partVersion === undefined ? {} : { version: partVersion }),
        licence: part.licence,
        about: "linked into Bun",
        partOf: ref,
      };
    }),
  ];
}

function addonComponents({ target, addonCrates }: Pick<Binary, "target" | "addonCrates">): Component[] {
  const { addon } = targets[target];
  const { version } = lockedPackage(addon);
  const ref = npmUrl(addon, version);
  const licences = new Map(
    Object.entries(parts.crates).flatMap(([licence, names]) => names.map((name) => [name, licence] as const)),
  );
  return [
    {
      ref,
      purl: ref,
      type: "library",
      name: addon,
      version,
      licence: "MIT",
      copyright: "Author: Pekka Enberg and the authors of libSQL",
      about: "libSQL's driver with the database itself",
    },
    {
      ref: `${ref}#sqlite`,
      type: "library",
      name: "SQLite (as libSQL)",
      licence: "blessing AND MIT",
      about: "the database: SQLite with the changes of libSQL",
      partOf: ref,
    },
    ...addonCrates.map((crate): Component => {
      const [, name = crate, crateVersion = ""] = /^(.+)-(\d+\.\d+\.\d+.*)$/.exec(crate) ?? [];
      return {
        ref: `pkg:cargo/${name}@${crateVersion}`,
        purl: `pkg:cargo/${name}@${crateVersion}`,
        type: "library",
        name,
        version: crateVersion,
        licence: licences.get(name) ?? "",
        about: "linked into libSQL's driver",
        partOf: ref,
      };
    }),
  ];
}

interface DataPart {
  name: string;
  type: Component["type"];
  licence: string;
  files: string[];
  about: string;
  /** File with its licence. */
  text?: string;
  copyright?: string;
  version?: string;
  purl?: string;
  /** Package of package-lock.json that it was taken from. */
  package?: string;
}

function dataComponent({ text, files, package: from, ...part }: DataPart): Component {
  const version = from === undefined ? part.version : lockedPackage(from).version;
  const purl = from === undefined ? part.purl : npmUrl(from, version ?? "");
  return {
    ...part,
    ref: `data:${part.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`,
    ...(version === undefined ? {} : { version }),
    ...(purl === undefined ? {} : { purl }),
    ...(text === undefined ? {} : { text: readFileSync(join(root, text), "utf8").trim() }),
    files: files.map((path) => ({ path, sha256: sha256(readFileSync(join(root, path))) })),
  };
}
