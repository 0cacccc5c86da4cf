/** Archives whose bytes depend on their contents alone: everything is root's, of one time, in the order of the paths. */
import { packTar } from "modern-tar";

export interface PackedFile {
  /** Without a leading slash: "usr/bin/rhythmx". */
  path: string;
  /** 0o644 where it is absent. */
  mode?: number;
  content: Uint8Array | string;
}

const encoder = new TextEncoder();
export const bytesOf = (content: Uint8Array | string): Uint8Array =>
  typeof content === "string" ? encoder.encode(content) : content;

/**
 * A tar archive with the files and all folders on the way to them.
 * @param root "./" as in a Debian package, or the folder that all is in, with "/" at the end.
 * @param time seconds since 1970.
 * @param folders of others, such as an empty one: path and mode.
 */
export function tar(
  files: readonly PackedFile[],
  { root, time, folders = {} }: { root: string; time: number; folders?: Record<string, number> },
): Promise<Uint8Array> {
  const owned = { mtime: new Date(time * 1000), uid: 0, gid: 0, uname: "root", gname: "root" };
  const modes = new Map<string, number>([["", 0o755]]);
  for (const path of [...files.map((file) => file.path.replace(/[^/]+$/, "")), ...Object.keys(folders)])
    for (let at = path.indexOf("/"); at !== -1; at = path.indexOf("/", at + 1)) modes.set(path.slice(0, at + 1), 0o755);
  for (const [path, mode] of Object.entries(folders)) modes.set(path, mode);
  const entries = [
    ...[...modes].map(([path, mode]) => ({
      header: { name: `${root}${path}`, type: "directory" as const, size: 0, mode, ...owned },
    })),
    ...files.map(({ path, mode = 0o644, content }) => {
      const body = bytesOf(content);
      return { header: { name: `${root}${path}`, type: "file" as const, size: body.length, mode, ...owned }, body };
    }),
  ];
  return packTar(entries.sort((a, b) => (a.header.name < b.header.name ? -1 : 1)));
}

/** gzip without a name or a time in it. libdeflate makes in 3 s what zlib makes in 16. */
export const gzip = (bytes: Uint8Array | string): Uint8Array =>
  Bun.gzipSync(new Uint8Array(bytesOf(bytes)), { library: "libdeflate", level: 6 });

/** An archive of ar, the outer form of a Debian package. */
export function ar(members: readonly { name: string; content: Uint8Array }[], time: number): Uint8Array {
  const parts = members.flatMap(({ name, content }) => [
    encoder.encode(
      `${name.padEnd(16)}${String(time).padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(content.length).padEnd(10)}\`\n`,
    ),
    content,
    encoder.encode(content.length % 2 === 1 ? "\n" : ""),
  ]);
  return new Uint8Array(Buffer.concat([encoder.encode("!<arch>\n"), ...parts]));
}
