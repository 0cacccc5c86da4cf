/** The packages of npm that are in a binary, by the bundler's list of files. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../source.ts";
import type { Component } from "./component.ts";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name?: string };
  description?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

/**
 * Packages that name their licence and come without its text. Their notice is the standard text with the author that the package names. For another such
 * package, look first whether its sources have a text.
 */
const withoutText: ReadonlySet<string> = new Set([
  "@libsql/client",
  "@libsql/core",
  "@libsql/isomorphic-ws",
  "promise-limit",
]);

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
    if (text === null && !withoutText.has(manifest.name)) missing.push(`${manifest.name} ${manifest.version}`);
    const author = typeof manifest.author === "object" ? manifest.author.name : manifest.author;
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
      ...(author === undefined ? {} : { copyright: `Author: ${author.replace(/\s*<.*/, "")}` }),
      ...(manifest.description === undefined ? {} : { about: manifest.description }),
      needs: needs.map((name) => refs.get(name)).filter((needed) => needed !== undefined),
    };
  });
  if (missing.length > 0)
    throw new Error(
      `${missing.join(", ")}: no licence text in the package; see withoutText in packaging/contents/npm-components.ts`,
    );
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
