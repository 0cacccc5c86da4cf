/** Makes checks by root run as the service's user, because root's own rights prove nothing about the service. */
import { readFile, stat } from "node:fs/promises";
import type { Unit } from "../../config/unit-file.ts";

interface Account {
  name: string;
  uid: number;
  gid: number;
  /** Supplementary groups. */
  groups: readonly number[];
}

/** The machine's users and groups. */
export interface Registers {
  passwd: string;
  group: string;
}

/**
 * Switches this process to the service's user: that of the unit, else the owner of the data folder. Returns a message for people; null if nothing
 * changed, because this is not root, or the service runs as root too.
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

/** The service's user; null if it cannot be found, or the folder is root's. */
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

/** Null if the folder does not exist or is root's. */
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
