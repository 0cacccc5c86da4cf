/** The folder in which backups are kept: their names, which are there, and which are removed. */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../core/settings.ts";

/** As `backupName` makes them: nothing else in the folder is listed, given out or removed. */
const named = /^rhythmx-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z(?:-\d+)?\.tar\.gz$/;

export interface KeptBackup {
  name: string;
  bytes: number;
  /** Epoch milliseconds. */
  at: number;
}

export function backupFolder({ dataDir, backup }: Pick<Settings, "dataDir" | "backup">): string {
  return backup.dir ?? join(dataDir, "backups");
}

/** `at`: epoch milliseconds. */
export function backupName(at: number, isTaken: (name: string) => boolean): string {
  const stem = `rhythmx-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, "")}`;
  for (let n = 1; ; n++) {
    const name = n === 1 ? `${stem}.tar.gz` : `${stem}-${n}.tar.gz`;
    if (!isTaken(name)) return name;
  }
}

/** The newest first. Empty if there is no such folder. */
export function listBackups(folder: string): KeptBackup[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const found = names.flatMap((name) => {
    const [, year, month, day, hour, minute, second] = named.exec(name) ?? [];
    if (year === undefined) return [];
    const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
    const size = sizeOf(join(folder, name));
    return size === null || Number.isNaN(at) ? [] : [{ name, bytes: size, at }];
  });
  return found.sort((a, b) => b.at - a.at || (a.name < b.name ? 1 : -1));
}

/**
 * Removes the oldest until `keep` are left; returns their names. The one that was `made` at `now` is the newest, whatever the clock said for the others:
 * a name that is still to come is of a clock that was ahead, and so of an older one.
 */
export function pruneBackups(folder: string, keep: number, made: string, now: number): string[] {
  const others = listBackups(folder).filter(({ name }) => name !== made);
  const [past, ahead] = [others.filter(({ at }) => at <= now), others.filter(({ at }) => at > now)];
  const old = [...past, ...ahead].slice(keep - 1);
  for (const { name } of old) rmSync(join(folder, name), { force: true });
  return old.map(({ name }) => name);
}

/** The path of a backup of this name; null if it is none of ours or is not there. */
export function pathOfBackup(folder: string, name: string): string | null {
  if (!named.test(name)) return null;
  const path = join(folder, name);
  return sizeOf(path) === null ? null : path;
}

function sizeOf(path: string): number | null {
  try {
    const found = statSync(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}
