/** What is said of each thing in a binary that others made. */

export interface Component {
  /** Unique within a binary. */
  ref: string;
  type: "library" | "framework" | "data" | "file";
  name: string;
  version?: string;
  /** An expression of SPDX licence identifiers. */
  licence: string;
  /** The text that came with it. Without one, the standard text of each licence that `licence` names holds. */
  text?: string;
  copyright?: string;
  /** Package URL. */
  purl?: string;
  about?: string;
  /** `ref` of the component that this is a part of. */
  partOf?: string;
  /** `ref`s of components that it needs. */
  needs?: string[];
  /** Embedded files with their SHA-256, where these are all of it. */
  files?: { path: string; sha256: string }[];
}

/**
 * Licences under which something may be in the product. Another one is somebody's decision: what it asks for has to be done, then it
 * is added here.
 */
const acceptedLicences: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "DRL-1.1",
  "IJG",
  "ISC",
  // Of Bun: WebKit and TinyCC. Their sources and how to link them anew are in the notices.
  "LGPL-2.0-or-later",
  "LGPL-2.1-or-later",
  "LLVM-exception",
  "LicenseRef-MITRE-ATTACK",
  "MIT",
  "OFL-1.1",
  "OpenSSL",
  "Unicode-3.0",
  "Zlib",
  "blessing",
]);

/** The licences that an expression names: "MIT OR Apache-2.0" gives both. */
export const licencesIn = (expression: string): string[] => [
  ...new Set(expression.split(/[\s()]+|\/(?=[A-Z])/).filter((word) => word !== "" && !/^(AND|OR|WITH)$/.test(word))),
];

/** What keeps a binary with these components from being given away: one sentence for each, naming the component. */
export function objections(components: readonly Component[]): string[] {
  const refs = new Set<string>();
  return components.flatMap(({ ref, licence }) => {
    const found: string[] = [];
    if (refs.has(ref)) found.push(`${ref} is there twice`);
    refs.add(ref);
    const names = licencesIn(licence);
    if (names.length === 0) found.push(`${ref} does not say its licence`);
    for (const name of names)
      if (!acceptedLicences.has(name))
        found.push(
          `${ref} has the licence "${name}", which acceptedLicences does not have (packaging/contents/component.ts)`,
        );
    return found;
  });
}
