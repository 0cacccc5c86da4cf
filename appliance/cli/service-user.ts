/** A check that root makes says nothing about the service, which is another user: it is made as that user. */
import { readFile, stat } from "node:fs/promises";
import type { Unit } from "../config/unit-file.ts";

interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * Takes on the service's user for the rest of this process: that of the unit, else the owner of the data folder. Returns what to tell, null where nothing was
 * changed: this is not root, or the service runs as root too.
 */
export async function becomeServiceUser(dataDir: string, unit: Unit | null): Promise<string | null> {
  if (process.getuid?.() !== 0) return null;
  const account = await serviceAccount(dataDir, unit);
  if (account === null || account.uid === 0) return null;
  process.setgroups?.([account.gid, ...(await groupsOf(account.name))]);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
  return `checked as user ${account.name}, as the service runs`;
}

async function serviceAccount(dataDir: string, unit: Unit | null): Promise<Account | null> {
  const accounts = parseAccounts(await readFile("/etc/passwd", "utf8").catch(() => ""));
  if (unit?.user) return accounts.find(({ name, uid }) => [name, String(uid)].includes(unit.user ?? "")) ?? null;
  const owner = await stat(dataDir).then(
    ({ uid, gid }) => ({ uid, gid }),
    () => null,
  );
  if (owner === null || owner.uid === 0) return null;
  return accounts.find(({ uid }) => uid === owner.uid) ?? { name: String(owner.uid), ...owner };
}

/** Ids of the groups that a user is a member of besides its own. */
async function groupsOf(name: string): Promise<number[]> {
  const text = await readFile("/etc/group", "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    const [, , gid = "", members = ""] = line.split(":");
    return /^\d+$/.test(gid) && members.split(",").includes(name) ? [Number(gid)] : [];
  });
}

function parseAccounts(passwd: string): Account[] {
  return passwd.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}
