/** Errors of the driver in the store's own codes. */
import { StoreError } from "../../core/errors.ts";

/** Maps an error of libsql to the store's own codes, with a message that says where it happened and how to fix it. */
export function storeErrorFrom(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const raw = error as { code?: unknown; extendedCode?: unknown; message?: unknown };
  const code = `${String(raw.code ?? "")} ${String(raw.extendedCode ?? "")}`;
  const text = String(raw.message ?? error);
  const has = (pattern: RegExp) => pattern.test(code) || pattern.test(text);
  const options = { cause: error, data: { sqlite: code.trim(), path } };
  if (has(/SQLITE_BUSY|SQLITE_LOCKED|database is locked|cannot commit transaction/i))
    return new StoreError("store_locked", `${path} is locked by another program: close it`, options);
  if (has(/SQLITE_FULL|disk is full|ENOSPC|No space left/i))
    return new StoreError("store_full", `the disk of ${path} is full: free some space`, options);
  if (has(/SQLITE_READONLY|readonly database|EACCES|EPERM|EROFS|permission denied/i))
    return new StoreError("store_readonly", `${path} cannot be written: check the folder's owner and mode`, options);
  if (has(/SQLITE_NOTADB|SQLITE_CORRUPT|not a database|malformed|unsupported file format/i))
    return new StoreError("store_corrupt", `${path} is damaged or not a RhythmX database: restore a backup`, options);
  if (has(/SQLITE_IOERR|SQLITE_CANTOPEN|unable to open|disk I\/O|EMFILE|ENFILE/i))
    return new StoreError(
      "store_io",
      `${path} cannot be read or written (${text}): check the disk and its folder`,
      options,
    );
  return new StoreError("store_failed", `database: ${text}`, options);
}
