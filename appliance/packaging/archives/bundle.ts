/** rhythmx-edge-VERSION-linux-ARCH.tar.gz: everything for a machine without Debian's packages. `./rhythmx install` puts it in place. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, type Source } from "../source.ts";
import { gzip, type PackedFile, tar } from "./archive.ts";

export interface BundleContents {
  binary: Uint8Array;
  unit: string;
  notices: string;
  sbom: string;
  documents: readonly PackedFile[];
  /** Completions and manual pages, by their paths below a prefix. */
  shared: readonly PackedFile[];
}

/** @param folder the one folder that all is in, "rhythmx-edge-0.1.0-linux-x64". */
export async function bundle(folder: string, contents: BundleContents, { time }: Source): Promise<Uint8Array> {
  const files: PackedFile[] = [
    { path: "rhythmx", mode: 0o755, content: contents.binary },
    { path: "rhythmx.service", content: contents.unit },
    { path: "LICENSE", content: readFileSync(join(root, "LICENSE")) },
    { path: "THIRD-PARTY-NOTICES", content: contents.notices },
    { path: "sbom.cdx.json", content: contents.sbom },
    ...contents.documents.map(({ path, content }) => ({ path: `docs/${path}`, content })),
    ...contents.shared.map(({ path, content }) => ({ path, content })),
  ];
  return gzip(await tar(files, { root: `${folder}/`, time }));
}
