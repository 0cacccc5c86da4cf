/**
 * Loads a native addon that is embedded in the compiled binary. The build replaces the `require` with which libsql loads its addon
 * by a call of this (appliance/packaging/addon-plugin.ts); a checkout does not use it.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import {
  closeSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeError, messageOf } from "../../../core/errors.ts";

/**
 * Every thread has to get the same copy. Two copies of SQLite in one process do not know of each other's locks, which the kernel counts for the
 * process as a whole: the second one takes itself for the first user of a database, and cuts off the index of the WAL that the first is using.
 * The linker gives back a library that it has loaded from a path of the same text, so that is what each thread looks for first.
 */
const memoryName = "rhythmx-addon";
const fileName = "addon.node";

/** memfd_create(2): close on exec. */
const MFD_CLOEXEC = 1;

/**
 * Returns the addon's exports. Nothing is written to any folder, so a `noexec` or read-only temporary folder does not matter.
 * If FFI is off (no JIT under MemoryDenyWriteExecute) or the system forbids executing memory files, the addon is loaded
 * through a file in `$BUN_TMPDIR`, which must then allow execution; the file is removed before this returns.
 *
 * @param embeddedPath path of the embedded file, inside the binary
 * @throws EdgeError `addon_failed`
 */
export function loadAddon(embeddedPath: string): unknown {
  const bytes = readFileSync(embeddedPath);
  try {
    return loadFromMemory(bytes);
  } catch {
    return loadFromTemporaryFile(bytes);
  }
}

function loadFromMemory(bytes: Uint8Array): unknown {
  const known = loadedDescriptor(bytes.length);
  if (known !== null) return loadLibrary(known);
  // Kept open: another thread finds it by its name.
  const descriptor = memoryDescriptor();
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    return loadLibrary(`/proc/self/fd/${descriptor}`);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The path of the anonymous memory that a thread has loaded it from; null = none has. Threads load it one after the other. */
function loadedDescriptor(length: number): string | null {
  for (const name of readdirSync("/proc/self/fd")) {
    const path = `/proc/self/fd/${name}`;
    if (linkOf(path) === `/memfd:${memoryName} (deleted)` && sizeOf(path) === length) return path;
  }
  return null;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // It was closed meanwhile.
    return "";
  }
}

function sizeOf(path: string): number {
  const file = openSync(path, "r");
  try {
    return fstatSync(file).size;
  } finally {
    closeSync(file);
  }
}

/** The path of the removed file that a thread has loaded it from; null = none has. */
function loadedFile(): string | null {
  const mapped = readFileSync("/proc/self/maps", "utf8");
  return new RegExp(`(/\\S*/rhythmx-[^/\\s]+/${fileName}) \\(deleted\\)$`, "m").exec(mapped)?.[1] ?? null;
}

/** Returns a file descriptor of anonymous memory. Throws if the system or the runtime does not allow it. */
function memoryDescriptor(): number {
  const libc = dlopen("libc.so.6", { memfd_create: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 } });
  const descriptor = libc.symbols.memfd_create(ptr(Buffer.from(`${memoryName}\0`)), MFD_CLOEXEC);
  if (descriptor < 0) throw new EdgeError("addon_failed", "memfd_create was refused");
  return descriptor;
}

function loadFromTemporaryFile(bytes: Uint8Array): unknown {
  const known = loadedFile();
  if (known !== null) return loadLibrary(known);
  const parent = process.env.BUN_TMPDIR ?? tmpdir();
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(parent, "rhythmx-"));
    const file = join(folder, fileName);
    writeFileSync(file, bytes, { mode: 0o700 });
    return loadLibrary(file);
  } catch (cause) {
    // The words of dlopen(3): it is not the folder.
    const library = /^([^/\s]+): cannot open shared object file/.exec(messageOf(cause))?.[1];
    if (library !== undefined)
      throw new EdgeError(
        "addon_failed",
        `the database driver needs ${library}, which is not on this machine: install the package that has it (libgcc_s.so.1: libgcc-s1 on Debian, libgcc on RHEL)`,
        { cause },
      );
    const mend = "set BUN_TMPDIR to a folder that can be written and allows execution";
    throw new EdgeError("addon_failed", `cannot load the database driver by way of ${parent}: ${mend}`, { cause });
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

function loadLibrary(path: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, path, constants.dlopen.RTLD_LAZY);
  return module.exports;
}
