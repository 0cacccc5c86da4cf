/**
 * Pages of the program file in memory. The start reads most of the binary: its own code, what is compiled of the program, the database driver,
 * which is copied from there. None of that is needed again, but it counts as memory of the process until the kernel wants it back.
 */
import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync, readFileSync, readlinkSync, readSync } from "node:fs";

/** madvise(2): the pages go from the process; those of a file are read again, from the kernel's cache, when they are touched. */
const MADV_DONTNEED = 4;
/** Where the build has put the program and the driver (`appliance/packaging/binary.ts`). */
const programSection = ".bun";
/** Bits of an entry of /proc/self/pagemap: in memory, and a page of a file as it is there. */
const present = 1n << 63n;
const ofFile = 1n << 61n;

interface Range {
  start: number;
  end: number;
}

interface Mapping extends Range {
  /** Where in the file it begins. */
  offset: number;
  writable: boolean;
  /** Bytes of pages that were written to and are no longer what the file has. */
  changed: number;
  pageSize: number;
}

/** Opened once: each opening compiles its functions anew and keeps them. */
let libc: ReturnType<typeof openLibc> | null = null;
const openLibc = () =>
  dlopen("libc.so.6", { madvise: { args: [FFIType.u64, FFIType.u64, FFIType.i32], returns: FFIType.i32 } });

/** Does nothing where it cannot: without FFI, or without /proc. */
export function giveBackProgram(): void {
  try {
    const program = readlinkSync("/proc/self/exe");
    const ranges = mappingsOf(program).flatMap(unchangedRange);
    libc ??= openLibc();
    for (const { start, end } of ranges) libc.symbols.madvise(start, end - start, MADV_DONTNEED);
  } catch {
    // It is not needed for anything.
  }
}

function mappingsOf(program: string): Mapping[] {
  const mappings: Mapping[] = [];
  let current: Mapping | null = null;
  for (const line of readFileSync("/proc/self/smaps", "utf8").split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ \S+ *(.*)$/.exec(line);
    if (head !== null) {
      const [start = 0, end = 0, offset = 0] = [head[1], head[2], head[4]].map((part) =>
        Number.parseInt(part ?? "", 16),
      );
      current = { start, end, offset, writable: head[3]?.[1] === "w", changed: 0, pageSize: 4096 };
      if (head[5] === program) mappings.push(current);
    } else if (current !== null) {
      const [, name, kilobytes] = /^(Anonymous|KernelPageSize): +(\d+) kB$/.exec(line) ?? [];
      if (name === "Anonymous") current.changed = Number(kilobytes) * 1024;
      if (name === "KernelPageSize") current.pageSize = Number(kilobytes) * 1024;
    }
  }
  return mappings;
}

/** What of a mapping may be given back: a page that was written to would be lost. */
function unchangedRange(mapping: Mapping): Range[] {
  if (!mapping.writable) return mapping.changed === 0 ? [mapping] : [];
  const section = sectionOf("/proc/self/exe", programSection);
  if (section === null) return [];
  // The section stands among data that change, and nobody changes it.
  const inFile = { start: mapping.offset, end: mapping.offset + mapping.end - mapping.start };
  const within = (offset: number) => Math.min(Math.max(offset, inFile.start), inFile.end) - mapping.offset;
  const start = mapping.start + Math.ceil(within(section.start) / mapping.pageSize) * mapping.pageSize;
  const end = mapping.start + Math.floor(within(section.end) / mapping.pageSize) * mapping.pageSize;
  return start < end && isUnchanged({ start, end }, mapping.pageSize) ? [{ start, end }] : [];
}

function isUnchanged({ start, end }: Range, pageSize: number): boolean {
  const entries = readAt("/proc/self/pagemap", (start / pageSize) * 8, ((end - start) / pageSize) * 8);
  for (let at = 0; at < entries.length; at += 8) {
    const entry = entries.readBigUInt64LE(at);
    if ((entry & present) !== 0n && (entry & ofFile) === 0n) return false;
  }
  return true;
}

/** Where in an ELF file of 64 bits a section lies. */
function sectionOf(path: string, name: string): Range | null {
  const head = readAt(path, 0, 64);
  const sizeOfOne = head.readUInt16LE(58);
  const sections = readAt(path, Number(head.readBigUInt64LE(40)), sizeOfOne * head.readUInt16LE(60));
  const place = (at: number): Range => {
    const start = Number(sections.readBigUInt64LE(at + 24));
    return { start, end: start + Number(sections.readBigUInt64LE(at + 32)) };
  };
  const texts = place(head.readUInt16LE(62) * sizeOfOne);
  const names = readAt(path, texts.start, texts.end - texts.start);
  for (let at = 0; at < sections.length; at += sizeOfOne) {
    const from = sections.readUInt32LE(at);
    if (names.toString("latin1", from, from + name.length + 1) === `${name}\0`) return place(at);
  }
  return null;
}

/** @throws if there is less than that */
function readAt(path: string, position: number, length: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length; ) {
      const read = readSync(file, bytes, at, length - at, position + at);
      if (read === 0) throw new Error(`${path} is too short`);
      at += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}
