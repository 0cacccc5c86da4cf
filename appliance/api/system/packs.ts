/** Packs as API and console give them: which there are, and each as one archive. */
import { gzipSync } from "node:zlib";
import { EdgeError } from "../../../core/errors.ts";
import { tar } from "../../packaging/archives/archive.ts";
import type { Pack } from "../../packs/packs.ts";
import { version } from "../../runtime/version.ts";

type Json = Record<string, unknown>;

/** Of every file in an archive: its bytes then depend on the pack alone. Seconds since 1970. */
const time = Date.UTC(2026, 0, 1) / 1000;

export class PackShelf {
  /** Packs are part of the program, and read when somebody asks for them. */
  #all: Promise<readonly Pack[]> | null = null;

  async list(): Promise<Json[]> {
    return (await this.#packs()).map(rowOf);
  }

  /** A pack with its files and the text of its README. @throws EdgeError pack_unknown */
  async find(name: string): Promise<Json> {
    const pack = await this.#named(name);
    return {
      ...rowOf(pack),
      readme: new TextDecoder().decode(pack.files.get("README.md")),
      contents: [...pack.files].map(([path, { length: bytes }]) => ({ path, bytes })),
    };
  }

  /** A tar archive with gzip; all is in one folder of the pack's name. @throws EdgeError pack_unknown */
  async archive(name: string): Promise<{ file: string; bytes: Uint8Array }> {
    const pack = await this.#named(name);
    const files = [...pack.files].map(([path, content]) => ({ path, content }));
    const bytes = gzipSync(await tar(files, { root: `${pack.name}/`, time }));
    return { file: `rhythmx-${pack.name}-${version}.tar.gz`, bytes: new Uint8Array(bytes) };
  }

  async #named(name: string): Promise<Pack> {
    const found = (await this.#packs()).find((pack) => pack.name === name);
    if (found === undefined)
      throw new EdgeError("pack_unknown", `there is no pack ${JSON.stringify(name.slice(0, 64).toWellFormed())}`);
    return found;
  }

  #packs(): Promise<readonly Pack[]> {
    this.#all ??= import("../../packs/packs.ts").then(({ packs }) => packs());
    return this.#all;
  }
}

function rowOf({ name, title, summary, files }: Pack): Json {
  const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  return { name, title, summary, version, files: files.size, bytes };
}
