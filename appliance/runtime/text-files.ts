/** Reads files that people edit, and explains why one cannot be read. */
import { lstat, readFile, stat } from "node:fs/promises";
import type { FileFault } from "../../core/settings/sources.ts";

/** Far above the size of any configuration. */
const largestBytes = 1024 * 1024;

type FileContent =
  | { kind: "absent" }
  /** `mode`: the permission bits; `owner`: the user's id. */
  | { kind: "text"; text: string; mode: number; owner: number }
  | { kind: "fault"; fault: FileFault };

/** Reads a UTF-8 text file of at most 1 MiB, without its byte order mark. A dangling link is a fault, not an absent file. */
export async function readTextFile(path: string): Promise<FileContent> {
  try {
    const { mode, owner, size, ...kind } = await statOf(path);
    if (kind.isFolder) return fault("a folder", "a file");
    // Reading a pipe or device might never end.
    if (!kind.isFile) return fault("something that is neither file nor folder", "a file");
    if (size > largestBytes) return fault(`a file of ${size} bytes`, `a file of at most ${largestBytes} bytes`);
    return decode(await readFile(path), { mode, owner });
  } catch (error) {
    return readFault(error, path);
  }
}

/** What is at the path of a folder. */
export async function folderState(path: string): Promise<"folder" | "absent" | "other"> {
  try {
    return (await statOf(path)).isFolder ? "folder" : "other";
  } catch (error) {
    return codeOf(error) === "ENOENT" ? "absent" : "other";
  }
}

async function statOf(path: string) {
  const found = await stat(path);
  return {
    mode: found.mode & 0o777,
    owner: found.uid,
    size: found.size,
    isFile: found.isFile(),
    isFolder: found.isDirectory(),
  };
}

function decode(bytes: Uint8Array, access: { mode: number; owner: number }): FileContent {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return fault("UTF-16 text", "UTF-8 text");
  try {
    return { kind: "text", text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), ...access };
  } catch {
    return fault("bytes that are not UTF-8 text", "UTF-8 text");
  }
}

async function readFault(error: unknown, path: string): Promise<FileContent> {
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM")
    return fault(
      "no permission to read it",
      "a file that the appliance's user may read (root's: chown root:GROUP, with the group of that user, and chmod 640)",
    );
  if (code !== "ENOENT" && code !== "ENOTDIR") return fault(`a read error (${code})`, "a readable file");
  const isLink = await lstat(path).then(
    () => true,
    () => false,
  );
  return isLink ? fault("a link that leads nowhere", "a file, or a link to one") : { kind: "absent" };
}

function fault(found: string, accepted: string): FileContent {
  return { kind: "fault", fault: { found, accepted } };
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown";
}
