/** Checks the data folder: whether the service can create it and write to it and its files; and the free space of its disk. */
import { constants } from "node:fs";
import { access, lstat, readdir, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { spaceDecision } from "../../core/disk-space.ts";
import { messageOf } from "../../core/errors.ts";
import type { Settings } from "../../core/settings.ts";
import { readKey } from "../access/master-key.ts";
import type { Finding } from "./finding.ts";

export async function checkDataDir({ dataDir, minFreeBytes, minFreePercent }: Settings): Promise<Finding[]> {
  const there = await exists(dataDir);
  const folder = there ? dataDir : await nearestFolder(dataDir);
  const findings = [there ? await checkFolder(dataDir) : await checkParent(dataDir, folder)];
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    const space = { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
    const decision = spaceDecision(space, minFreeBytes, minFreePercent);
    if (!decision.open) findings.push({ level: "problem", line: `disk of ${folder}: ${decision.message}` });
  } catch (error) {
    findings.push({ level: "problem", line: `disk of ${folder} cannot be examined: ${messageOf(error)}` });
  }
  return findings;
}

/** A configured key file has to exist, be readable, and contain a key. */
export function checkMasterKey({ masterKeyFile }: Settings): Finding[] {
  if (masterKeyFile === null) return [];
  try {
    readKey(masterKeyFile);
    return [{ level: "ok", line: `master key ${masterKeyFile} can be read` }];
  } catch (error) {
    return [{ level: "problem", line: `RHYTHMX_MASTER_KEY_FILE: ${messageOf(error)}` }];
  }
}

async function checkFolder(dataDir: string): Promise<Finding> {
  const cannot = (path: string, why: string): Finding => ({
    level: "problem",
    line: `data folder ${path} cannot be written: ${why}`,
  });
  const found = await lstat(join(dataDir, ".")).catch((error: unknown) => error as Error);
  if (found instanceof Error) return cannot(dataDir, whyNot(found));
  try {
    await access(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
    // Files of root's in it would stop the service too.
    for (const name of await readdir(dataDir)) {
      const path = join(dataDir, name);
      if (/^(?:rhythmx\.db(?:-wal|-shm|\.lock)?|master\.key)$/.test(name)) {
        const writes = await access(path, constants.R_OK | constants.W_OK).then(
          () => true,
          () => false,
        );
        if (!writes)
          return cannot(path, `it belongs to ${ownerOf((await lstat(path)).uid)}: chown it to the service's user`);
      }
    }
    return { level: "ok", line: `data folder ${dataDir} can be written` };
  } catch (error) {
    return cannot(dataDir, `${whyNot(error)}; it belongs to ${ownerOf(found.uid)}`);
  }
}

async function checkParent(dataDir: string, parent: string): Promise<Finding> {
  const may = await access(parent, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  // systemd creates it (StateDirectory).
  if (may || dataDir === "/var/lib/rhythmx")
    return { level: "ok", line: `data folder ${dataDir} will be made at the first start` };
  return {
    level: "problem",
    line: `data folder ${dataDir} cannot be made: ${parent} may not be written: make it for the service's user (install -d -m 0700 -o USER ${dataDir})`,
  };
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if (await exists(folder)) return folder;
  return "/";
}

function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: { code?: unknown }) => error.code !== "ENOENT" && error.code !== "ENOTDIR",
  );
}

function ownerOf(uid: number): string {
  return uid === 0 ? "root" : `user ${uid}`;
}

function whyNot(error: unknown): string {
  const code = String((error as { code?: unknown }).code);
  const words: Readonly<Record<string, string>> = {
    EACCES: "no permission",
    EPERM: "no permission",
    EROFS: "its file system is read-only",
    ENOTDIR: "it is a file, not a folder",
  };
  return words[code] ?? messageOf(error);
}
