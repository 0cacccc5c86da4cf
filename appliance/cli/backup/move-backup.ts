/** A backup that the appliance has made is taken to where somebody wants it. */
import { closeSync, createReadStream, createWriteStream, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EdgeError, messageOf } from "../../../core/errors.ts";
import { syncPath } from "../../../store/disk/sync.ts";

/** Known before minutes are spent on the copy. @throws EdgeError backup_failed */
export function expectWritable(folder: string): void {
  const probe = join(folder, `.rhythmx-backup-${process.pid}-0.part`);
  try {
    closeSync(openSync(probe, "wx", 0o600));
    rmSync(probe);
  } catch (error) {
    throw new EdgeError(
      "backup_failed",
      `${folder} cannot be written (${messageOf(error)}): choose another folder, or run it as root (sudo)`,
      { cause: error },
    );
  }
}

/** Over disks, too; what fails or is interrupted leaves it where it is. */
export async function move(
  from: string,
  to: string,
  { replace, signal }: { replace: boolean; signal: AbortSignal },
): Promise<void> {
  if (!replace && existsSync(to)) throw new Error("it is there already");
  const part = join(dirname(to), `.rhythmx-backup-${process.pid}-${basename(to)}.part`);
  try {
    try {
      renameSync(from, part);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EXDEV") throw error;
      await pipeline(createReadStream(from), createWriteStream(part, { flags: "w", mode: 0o600 }), { signal });
      syncPath(part);
    }
    renameSync(part, to);
    syncPath(dirname(to));
  } catch (error) {
    // Renamed back where it came from, if it was only renamed.
    if (existsSync(part) && !existsSync(from)) renameSync(part, from);
    rmSync(part, { force: true });
    throw error;
  }
  rmSync(from, { force: true });
}
