/**
 * Loads a native addon that is embedded in the compiled binary. The build replaces the `require` with which libsql loads its addon
 * by a call of this (appliance/packaging/addon-plugin.ts); a checkout does not use it.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeError } from "../../../core/errors.ts";

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
  const descriptor = memoryDescriptor();
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    return loadLibrary(`/proc/self/fd/${descriptor}`);
  } finally {
    closeSync(descriptor);
  }
}

/** Returns a file descriptor of anonymous memory. Throws if the system or the runtime does not allow it. */
function memoryDescriptor(): number {
  const libc = dlopen("libc.so.6", { memfd_create: { args: [FFIType.ptr, FFIType.u32], returns: FFIType.i32 } });
  const descriptor = libc.symbols.memfd_create(ptr(Buffer.from("rhythmx-addon\0")), MFD_CLOEXEC);
  if (descriptor < 0) throw new EdgeError("addon_failed", "memfd_create was refused");
  return descriptor;
}

function loadFromTemporaryFile(bytes: Uint8Array): unknown {
  const parent = process.env.BUN_TMPDIR ?? tmpdir();
  let folder: string | null = null;
  try {
    folder = mkdtempSync(join(parent, "rhythmx-"));
    const file = join(folder, "addon.node");
    writeFileSync(file, bytes, { mode: 0o700 });
    return loadLibrary(file);
  } catch (cause) {
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
