/**
 * The archive of a backup: a tar file (POSIX ustar) in gzip, so that `tar -xzf` opens it too. The gzip stream consists of several members,
 * each of a few megabytes, which every gzip reads as one; so it is written step by step without a thread of its own.
 */
import { createHash } from "node:crypto";
import { createReadStream, writeSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, gzipSync } from "node:zlib";
import { EdgeError, messageOf } from "../../core/errors.ts";

/** Bytes of one gzip member, before compression. */
export const memberBytes = 4 * 1024 * 1024;
/** Compresses a database about as well as the highest level, in a fraction of the time. */
const level = 3;
const blockBytes = 512;
/** The largest size that ustar's octal digits hold; a larger one is written in base 256, as GNU tar does. */
const largestOctal = 0o77777777777;

/** Writes members of known size, one after the other. Writing blocks the thread. */
export class ArchiveWriter {
  readonly #file: number;
  readonly #mtime: number;
  readonly #hash = createHash("sha256");
  readonly #pending = Buffer.allocUnsafe(memberBytes);
  #used = 0;
  #bytes = 0;

  /** `file`: a descriptor; `at`: epoch milliseconds, the time of every member. */
  constructor(file: number, at: number) {
    this.#file = file;
    this.#mtime = Math.floor(at / 1000);
  }

  /** Begins a member; `size` bytes of content have to follow, then `endMember`. */
  beginMember(name: string, size: number): void {
    this.write(headerOf(name, size, this.#mtime));
  }

  write(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      const part = rest.subarray(0, memberBytes - this.#used);
      this.#pending.set(part, this.#used);
      this.#used += part.length;
      rest = rest.subarray(part.length);
      if (this.#used === memberBytes) this.#flush();
    }
  }

  endMember(size: number): void {
    this.write(Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes));
  }

  /** Writes the end of the archive. Returns its size and digest. */
  end(): { bytes: number; sha256: string } {
    this.write(Buffer.alloc(2 * blockBytes));
    this.#flush();
    return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
  }

  #flush(): void {
    if (this.#used === 0) return;
    const packed = gzipSync(this.#pending.subarray(0, this.#used), { level });
    this.#hash.update(packed);
    for (let at = 0; at < packed.length; ) at += writeSync(this.#file, packed, at);
    this.#bytes += packed.length;
    this.#used = 0;
  }
}

function headerOf(name: string, size: number, mtime: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 100, "latin1");
  header.write("0000600\0", 100, "latin1");
  header.write("0000000\0", 108, "latin1");
  header.write("0000000\0", 116, "latin1");
  if (size <= largestOctal) header.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  header.write(`${mtime.toString(8).padStart(11, "0")}\0`, 136, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(`${checksumOf(header).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** The sum of a header's bytes, its own field counted as blanks. */
function checksumOf(header: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 32 : (header[at] ?? 0);
  return sum;
}

export interface Member {
  name: string;
  size: number;
}

/** What is called with an archive's content, in order. What it throws ends the reading. */
export interface MemberSink {
  /** Called before a member's content. */
  begin(member: Member): void;
  content(bytes: Uint8Array): void;
  /** Called after it. */
  end(): void;
}

/**
 * Reads an archive from its beginning to its end. Only plain files are accepted: no folders, links or extensions.
 * @throws EdgeError backup_damaged, and what the sink throws
 */
export async function readArchive(path: string, sink: MemberSink): Promise<void> {
  const parser = new Parser(path, sink);
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), createGunzip(), async (parts) => {
      for await (const part of parts as AsyncIterable<Buffer>) parser.take(part);
    });
  } catch (error) {
    if (error instanceof EdgeError) throw error;
    const code = String((error as { code?: unknown }).code ?? "");
    if (/^(?:ENOENT|EACCES|EPERM|EISDIR|EIO)$/.test(code))
      throw new EdgeError("backup_unreadable", `${path} cannot be read (${messageOf(error)})`, { cause: error });
    if (/^(?:ENOSPC|EDQUOT|EROFS)$/.test(code)) throw error;
    throw damaged(path, "its compressed data is broken or cut off", error);
  }
  parser.finish();
}

function damaged(path: string, why: string, cause?: unknown): EdgeError {
  return new EdgeError(
    "backup_damaged",
    `${path} is no whole backup: ${why}. Nothing was changed; use another backup`,
    cause === undefined ? {} : { cause },
  );
}

class Parser {
  readonly #path: string;
  readonly #sink: MemberSink;
  readonly #header = Buffer.alloc(blockBytes);
  #headerBytes = 0;
  /** Bytes of content, then of padding, that are still to come. */
  #content = 0;
  #padding = 0;
  #open = false;
  #ended = false;

  constructor(path: string, sink: MemberSink) {
    this.#path = path;
    this.#sink = sink;
  }

  take(part: Uint8Array): void {
    let rest = part;
    while (rest.length > 0) {
      if (this.#ended) {
        // After the end tar allows nothing but zeros.
        if (rest.some((byte) => byte !== 0)) throw damaged(this.#path, "something follows after its end");
        return;
      }
      if (this.#open) rest = this.#takeContent(rest);
      else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, rest.length);
        this.#padding -= skipped;
        rest = rest.subarray(skipped);
      } else rest = this.#takeHeader(rest);
    }
  }

  finish(): void {
    if (!this.#ended) throw damaged(this.#path, "its end is missing");
  }

  #takeContent(rest: Uint8Array): Uint8Array {
    const part = rest.subarray(0, this.#content);
    if (part.length > 0) this.#sink.content(part);
    this.#content -= part.length;
    if (this.#content === 0) {
      this.#open = false;
      this.#sink.end();
    }
    return rest.subarray(part.length);
  }

  #takeHeader(rest: Uint8Array): Uint8Array {
    const part = rest.subarray(0, blockBytes - this.#headerBytes);
    this.#header.set(part, this.#headerBytes);
    this.#headerBytes += part.length;
    if (this.#headerBytes < blockBytes) return rest.subarray(part.length);
    this.#headerBytes = 0;
    if (this.#header.every((byte) => byte === 0)) this.#ended = true;
    else this.#beginMember();
    return rest.subarray(part.length);
  }

  #beginMember(): void {
    const header = this.#header;
    const field = (from: number, length: number) =>
      header
        .toString("latin1", from, from + length)
        .replace(/\0[\s\S]*$/, "")
        .trim();
    const isTar = field(257, 5) === "ustar" && Number.parseInt(field(148, 8), 8) === checksumOf(header);
    if (!isTar) throw damaged(this.#path, "it is no tar archive in gzip, or is damaged");
    if (field(156, 1) !== "0") throw damaged(this.#path, "it holds something that is no plain file");
    const size = header[124] === 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(field(124, 12), 8);
    if (!Number.isSafeInteger(size) || size < 0) throw damaged(this.#path, "a size in it cannot be read");
    this.#sink.begin({ name: field(0, 100), size });
    this.#content = size;
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes;
    this.#open = true;
    // An empty file has no content that would end it.
    if (size === 0) this.#takeContent(new Uint8Array(0));
  }
}
