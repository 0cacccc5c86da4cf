/** The program itself, put in its place without a moment in which it is not whole. */
import { createHash } from "node:crypto";
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { EdgeError } from "../../../core/errors.ts";
import { type Change, foreign, inWords, makeFolder, type Step } from "./steps.ts";
import { exists } from "./target.ts";

const pieceBytes = 1024 * 1024;
/** Stands in every version, in the text of its help. */
const marks = [Buffer.from("RhythmX Edge", "latin1"), Buffer.from("RhythmX Edge", "utf16le")];
const longestMark = 24;

/** `source`: the file of the running program. */
export function binaryStep(path: string, source: string): Step {
  return {
    subject: path,
    look: (): Change | null => {
      const run = () => copyBinary(source, path);
      const found = lstatSync(path, { throwIfNoEntry: false });
      if (found === undefined) return { kind: "made", detail: `from ${source}`, run };
      if (!found.isFile()) throw new EdgeError("foreign", `${path} is no file: move it away`);
      if (realpathSync(source) === realpathSync(path)) return rightMode(path, found.mode);
      const present = digestOf(path);
      if (!present.isOurs) throw foreign(path);
      if (statSync(source).size === found.size && digestOf(source).sha256 === present.sha256)
        return rightMode(path, found.mode);
      return { kind: "changed", detail: `replaced by ${source}`, run };
    },
  };
}

/** Whether a file is a version of this program. */
export function isOurBinary(path: string): boolean {
  return lstatSync(path).isFile() && digestOf(path).isOurs;
}

function rightMode(path: string, mode: number): Change | null {
  if ((mode & 0o7777) === 0o755) return null;
  return { kind: "changed", detail: "mode 0755", run: () => chmodSync(path, 0o755) };
}

function digestOf(path: string): { sha256: string; isOurs: boolean } {
  const hash = createHash("sha256");
  let isOurs = false;
  let tail = Buffer.alloc(0);
  eachPiece(path, (piece) => {
    hash.update(piece);
    if (isOurs) return;
    const seen = Buffer.concat([tail, piece]);
    isOurs = marks.some((mark) => seen.includes(mark));
    tail = Buffer.from(seen.subarray(-longestMark));
  });
  return { sha256: hash.digest("hex"), isOurs };
}

function copyBinary(source: string, path: string): void {
  const folder = dirname(path);
  inWords(path, () => {
    makeFolder(folder, 0o755, null);
    const next = join(folder, ".rhythmx.new");
    rmSync(next, { force: true });
    const { size } = statSync(source);
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize < size)
      throw new EdgeError(
        "no_space",
        `${folder} has no room for the program: it takes ${mebibytes(size)} MiB, ${mebibytes(bavail * bsize)} MiB are free`,
      );
    const file = openSync(next, "wx", 0o600);
    try {
      eachPiece(source, (piece) => {
        for (let at = 0; at < piece.length; ) at += writeSync(file, piece, at);
      });
      fsyncSync(file);
    } catch (error) {
      rmSync(next, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    chmodSync(next, 0o755);
    // A running program keeps its own file.
    renameSync(next, path);
  });
}

function eachPiece(path: string, take: (piece: Buffer) => void): void {
  const file = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(pieceBytes);
    for (let length = 1; length > 0; ) {
      length = readSync(file, buffer, 0, buffer.length, null);
      if (length > 0) take(buffer.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function mebibytes(bytes: number): number {
  return Math.floor(bytes / 1_048_576);
}

/** What an interrupted copy left. */
export function leftover(path: string): string | null {
  const next = join(dirname(path), ".rhythmx.new");
  return exists(next) ? next : null;
}
