/** The packages of npm that are in a binary, by the bundler's list of files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../source.ts";
import type { Component } from "./component.ts";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  description?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/** "node_modules/a/node_modules/@b/c/index.js" is of the package in "node_modules/a/node_modules/@b/c". */
function folderOfPackage(input: string): string | null {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? null;
}

/** @param inputs files in the binary, relative to the root of the project.
 * @throws Error that names the packages without a licence text. */
export function npmComponents(inputs: readonly string[]): Component[] {
  const folders = [...new Set(inputs.map(folderOfPackage).filter((folder) => folder !== null))].sort();
  const manifests = folders.map((folder): [string, Manifest] => [
    folder,
    JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")),
  ]);
  const refs = new Map(manifests.map(([, { name, version }]) => [name, npmUrl(name, version)]));
  const missing: string[] = [];
  const components = manifests.map(([folder, manifest]): Component => {
    const text = textIn(folder);
    if (text === null) missing.push(`${manifest.name} ${manifest.version}`);
    const needs = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
    const ref = npmUrl(manifest.name, manifest.version);
    return {
      ref,
      purl: ref,
      type: "library",
      name: manifest.name,
      version: manifest.version,
      licence: manifest.license ?? "",
      ...(text === null ? {} : { text }),
      ...(manifest.description === undefined ? {} : { about: manifest.description }),
      needs: needs.map((name) => refs.get(name)).filter((needed) => needed !== undefined),
    };
  });
  // Then look whether its sources have a text that can be kept here, before the standard one is taken for it.
  if (missing.length > 0) throw new Error(`${missing.join(", ")}: no licence text in the package`);
  return components;
}

/** A package URL: "pkg:npm/%40libsql/client@0.18.0". */
export const npmUrl = (name: string, version: string): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

/** Licence and notice of a package, as its files have them. */
function textIn(folder: string): string | null {
  const files = readdirSync(join(root, folder)).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(root, folder, file), "utf8").trim());
  return texts.length === 0 ? null : texts.join("\n\n");
}
