/** Packs: folders of files by which a SIEM, a SOAR or a monitor is connected. Each says in its README.md what it is. */
import { packFiles } from "./pack-files.ts";

export interface Pack {
  /** Its folder: `[a-z0-9-]+`. */
  name: string;
  /** Heading of its README. */
  title: string;
  /** First sentence of its README. */
  summary: string;
  /** By their paths below its folder, sorted. */
  files: ReadonlyMap<string, Uint8Array>;
}

/** All packs by name. */
export function packs(): Pack[] {
  const folders = Map.groupBy(packFiles(), ([path]) => path.slice(0, path.indexOf("/")));
  const byName = [...folders].sort(([a], [b]) => (a < b ? -1 : 1));
  return byName.map(([name, files]) => {
    const own = new Map(files.map(([path, content]) => [path.slice(name.length + 1), content]));
    const [, title = name, text = ""] = /^# (.+)\n+((?:.+\n)+)/.exec(textOf(own.get("README.md"))) ?? [];
    const [summary = ""] = /^.+?(?:[.:](?=\s|$)|$)/s.exec(text.replaceAll("\n", " ").trim()) ?? [];
    return { name, title, summary: summary.replace(/[.:]$/, "").replaceAll("`", ""), files: own };
  });
}

const textOf = (content: Uint8Array | undefined) => new TextDecoder().decode(content);
