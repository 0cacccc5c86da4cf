/**
 * Loads a native addon whose bytes are inside the compiled binary. The build puts a call of this in place of the `require`
 * with which libsql loads its addon (appliance/packaging/addon-plugin.ts); from a checkout it is not used.
 */
import { dlopen, FFIType, ptr } from "bun:ffi";
import { closeSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { EdgeError } from "../../core/errors.ts";

/** memfd_create(2): close on exec. */
const MFD_CLOEXEC = 1;

/**
 * Returns the addon's exports. Nothing is written to any folder, so a `noexec` or read-only temporary folder does not matter.
 * Where FFI is off (no JIT under MemoryDenyWriteExecute) or the system forbids running from memory, the addon takes the way
 * through `$BUN_TMPDIR`, which must then allow execution; the file is gone again when this returns.
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

/** A file descriptor of anonymous memory. Throws where the system or the runtime refuses one. */
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
