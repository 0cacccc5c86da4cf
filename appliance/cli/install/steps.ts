/** One thing that an installation consists of: looked at first, changed only where it is not right. */
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { EdgeError, messageOf } from "../../../core/errors.ts";
import { syncPath } from "../../../store/disk/sync.ts";
import type { Account } from "./target.ts";

export interface Change {
  /** `made` or `changed`, and how. */
  kind: "made" | "changed";
  detail: string;
  run(): void | Promise<void>;
}

export interface Step {
  /** A path, or what else it is about. */
  subject: string;
  /** Said where there is nothing to do. */
  right?: string;
  /** Null: it is right. @throws EdgeError foreign, if something else stands there */
  look(): Change | null | Promise<Change | null>;
}

const root: Account = { uid: 0, gid: 0 };
const largestText = 4 * 1024 * 1024;
/** Of files that are ours, in any version. */
const ours = /rhythmx/i;

/** Permissions and owner; a null owner is not known yet. */
interface Access {
  mode: number;
  owner?: () => Account | null;
}

/** A folder. A link to one counts: data is often kept on another disk. */
export function folderStep(path: string, { mode, owner = () => root }: Access): Step {
  return {
    subject: path,
    look: () => {
      const found = statOf(path);
      if (found === null) {
        if (lstatSync(path, { throwIfNoEntry: false }) !== undefined)
          throw new EdgeError("foreign", `${path} is a link that leads nowhere: remove it, or make its folder`);
        return { kind: "made", detail: octal(mode), run: () => makeFolder(path, mode, owner()) };
      }
      if (!found.isDirectory())
        throw new EdgeError("foreign", `${path} is a file and has to be a folder: move it away`);
      return accessChange(path, found, mode, owner());
    },
  };
}

interface FileWanted extends Access {
  content: string | Uint8Array;
  /** A file that is there is somebody's settings: its content stays. */
  keep?: boolean;
  /** What is replaced stays beside it under this name. */
  old?: string;
}

/** A file with this content. */
export function fileStep(path: string, { content, mode, owner = () => root, keep = false, old }: FileWanted): Step {
  const wanted = Buffer.from(content);
  return {
    subject: path,
    look: () => {
      const found = lstatSync(path, { throwIfNoEntry: false }) ?? null;
      const write = () => replaceFile(path, wanted, { mode, owner: owner() });
      if (found === null) return { kind: "made", detail: octal(mode), run: write };
      if (keep) return found.isFile() ? accessChange(path, found, mode, owner()) : null;
      if (!found.isFile()) throw new EdgeError("foreign", `${path} is no file: move it away`);
      const present = readFileSync(path);
      if (!present.equals(wanted)) {
        if (!isOurs(present)) throw foreign(path);
        const run = () => {
          if (old !== undefined) replaceFile(old, present, { mode, owner: owner() });
          write();
        };
        return { kind: "changed", detail: old === undefined ? "another version" : `as it was: ${old}`, run };
      }
      return accessChange(path, found, mode, owner());
    },
  };
}

function accessChange(path: string, found: Stats, mode: number, owner: Account | null): Change | null {
  const wrong = wrongAccess(found, mode, owner);
  return wrong === null ? null : { kind: "changed", detail: wrong, run: () => giveAccess(path, mode, owner) };
}

/** Several files as one. */
export function together(subject: string, steps: readonly Step[]): Step {
  return {
    subject,
    look: async () => {
      const changes: Change[] = [];
      for (const step of steps) {
        const change = await step.look();
        if (change !== null) changes.push(change);
      }
      if (changes.length === 0) return null;
      return {
        kind: changes.every(({ kind }) => kind === "made") ? "made" : "changed",
        detail: `${changes.length} ${changes.length === 1 ? "file" : "files"}`,
        run: async () => {
          for (const { run } of changes) await run();
        },
      };
    },
  };
}

/** Whether a file speaks of us, in whichever version; manual pages are compressed. */
export function isOurs(content: Buffer): boolean {
  const isCompressed = content[0] === 0x1f && content[1] === 0x8b;
  try {
    return ours.test(
      (isCompressed ? gunzipSync(content, { maxOutputLength: largestText }) : content).toString("latin1"),
    );
  } catch {
    return false;
  }
}

export function foreign(path: string): EdgeError {
  return new EdgeError("foreign", `${path} is not of RhythmX Edge: move it away, then run this again`);
}

/**
 * Writes a whole file beside the old one and puts it in its place: nobody sees half of it, and a link or an open file gets nothing.
 * @throws EdgeError not_written
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode, owner }: { mode: number; owner: Account | null },
): void {
  inWords(path, () => {
    makeFolder(dirname(path), 0o755, null);
    const next = join(dirname(path), `.${basename(path)}.new`);
    rmSync(next, { force: true });
    const file = openSync(next, "wx", 0o600);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    if (owner !== null) chownSync(next, owner.uid, owner.gid);
    chmodSync(next, mode);
    renameSync(next, path);
    syncPath(dirname(path));
  });
}

/** Makes a folder and those above it; the latter are everybody's to read, as in a system. */
export function makeFolder(path: string, mode: number, owner: Account | null): void {
  if (statOf(path) !== null) return;
  inWords(path, () => {
    makeFolder(dirname(path), 0o755, null);
    makeWithMode(path, mode);
    giveAccess(path, mode, owner);
    syncPath(dirname(path));
  });
}

/**
 * The mode comes with the folder, not after it: folders above ours are looked at by no later run, which would leave one that
 * was cut off here closed to everybody.
 */
function makeWithMode(path: string, mode: number): void {
  const before = process.umask(0);
  try {
    mkdirSync(path, { mode });
  } finally {
    process.umask(before);
  }
}

/** Changes the operating system's errors into words about this path. */
export function inWords<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof EdgeError) throw cause;
    throw new EdgeError("not_written", `${path} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function giveAccess(path: string, mode: number, owner: Account | null): void {
  inWords(path, () => {
    if (owner !== null) chownSync(path, owner.uid, owner.gid);
    chmodSync(path, mode);
  });
}

function wrongAccess({ mode, uid, gid }: Stats, wanted: number, owner: Account | null): string | null {
  const wrong: string[] = [];
  if ((mode & 0o7777) !== wanted) wrong.push(`mode ${octal(mode & 0o7777)} → ${octal(wanted)}`);
  if (owner !== null && (uid !== owner.uid || gid !== owner.gid))
    wrong.push(`owner ${uid}:${gid} → ${owner.uid}:${owner.gid}`);
  return wrong.length === 0 ? null : wrong.join(", ");
}

function statOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
}
