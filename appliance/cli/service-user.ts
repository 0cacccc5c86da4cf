/** A check that root makes says nothing about the service, which is another user: it is made as that user. */
import { readFile, stat } from "node:fs/promises";
import type { Unit } from "../config/unit-file.ts";

interface Account {
  name: string;
  uid: number;
  gid: number;
  /** Groups besides its own. */
  groups: readonly number[];
}

/** What the machine knows of users and groups. */
export interface Registers {
  passwd: string;
  group: string;
}

/**
 * Takes on the service's user for the rest of this process: that of the unit, else the owner of the data folder. Returns what to tell, null where nothing was
 * changed: this is not root, or the service runs as root too.
 */
export async function becomeServiceUser(dataDir: string, unit: Unit | null): Promise<string | null> {
  if (process.getuid?.() !== 0) return null;
  const account = await serviceAccount(dataDir, unit, {
    passwd: await readFile("/etc/passwd", "utf8").catch(() => ""),
    group: await readFile("/etc/group", "utf8").catch(() => ""),
  });
  if (account === null || account.uid === 0) return null;
  process.setgroups?.([account.gid, ...account.groups]);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
  return `checked as user ${account.name}, as the service runs`;
}

/** The service's user; null where nobody can be found, or the folder is root's. */
export async function serviceAccount(
  dataDir: string,
  unit: Pick<Unit, "user"> | null,
  { passwd, group }: Registers,
): Promise<Account | null> {
  const accounts = parseAccounts(passwd);
  const named = unit?.user ?? null;
  const owner = named === null ? await ownerOf(dataDir) : null;
  const found = accounts.find(({ name, uid }) =>
    named === null ? uid === owner?.uid : [name, String(uid)].includes(named),
  );
  const account = found ?? (owner === null ? null : { name: String(owner.uid), ...owner });
  return account === null ? null : { ...account, groups: groupsOf(account.name, group) };
}

/** Null for a folder that is not there, and for one of root's. */
async function ownerOf(dataDir: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const { uid, gid } = await stat(dataDir);
    return uid === 0 ? null : { uid, gid };
  } catch {
    return null;
  }
}

function groupsOf(name: string, group: string): number[] {
  return group.split("\n").flatMap((line) => {
    const [, , gid = "", members = ""] = line.split(":");
    return /^\d+$/.test(gid) && members.split(",").includes(name) ? [Number(gid)] : [];
  });
}

function parseAccounts(passwd: string): Omit<Account, "groups">[] {
  return passwd.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
