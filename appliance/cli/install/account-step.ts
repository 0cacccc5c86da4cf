/** The system user and group that the service runs as. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { EdgeError } from "../../../core/errors.ts";
import { makeFolder, type Step } from "./steps.ts";
import { accountName, type Target } from "./target.ts";

const home = "/var/lib/rhythmx";
const comment = "RhythmX Edge";
const shell = "/usr/sbin/nologin";

export function accountStep(target: Target): Step {
  return {
    subject: `user and group ${accountName}`,
    look: () => {
      const { account } = target;
      if (account?.uid === 0 || account?.gid === 0)
        throw new EdgeError("foreign", `the user ${accountName} has root's rights: give it numbers of its own`);
      return account !== null && target.hasGroup
        ? null
        : { kind: "made", detail: "system account without a login", run: () => makeAccount(target) };
    },
  };
}

/** With useradd, else by systemd-sysusers. @throws EdgeError no_account, with what both said */
function makeAccount(target: Target): void {
  const group = target.hasGroup ? ["--gid", accountName] : ["--user-group"];
  const useradd = [
    "--system",
    ...group,
    "--home-dir",
    home,
    "--no-create-home",
    "--shell",
    shell,
    "--comment",
    comment,
  ];
  const ways: { command: string; args: string[]; input: string }[] = [
    { command: "useradd", args: [...useradd, accountName], input: "" },
    {
      command: "systemd-sysusers",
      args: [...(target.isMachine ? [] : [`--root=${target.root}`]), "-"],
      input: `u ${accountName} - "${comment}" ${home} ${shell}\n`,
    },
  ];
  const said: string[] = [];
  makeFolder(join(target.root, "etc"), 0o755, null);
  // useradd of another root works by chroot, for which that has to be a whole system.
  for (const { command, args, input } of target.isMachine ? ways : ways.slice(1)) {
    const { error, status, stderr } = spawnSync(command, args, { input, encoding: "utf8" });
    if (status === 0 && target.account !== null) return;
    const why = error !== undefined ? "is not there" : stderr.trim().split("\n").at(-1) || `ended with ${status}`;
    said.push(`${command}: ${why}`);
  }
  throw new EdgeError(
    "no_account",
    `the user ${accountName} cannot be made (${said.join("; ")}): make it as a system user with a group of its name, then run this again`,
  );
}

/** @throws EdgeError no_account */
export function removeAccount(target: Target): void {
  const args = target.isMachine ? [accountName] : ["--prefix", target.root, accountName];
  const { error, status, stderr } = spawnSync("userdel", args, { encoding: "utf8" });
  if (status === 0 || target.account === null) return;
  const why =
    error !== undefined ? "userdel is not there" : stderr.trim().split("\n").at(-1) || `it ended with ${status}`;
  throw new EdgeError("no_account", `the user ${accountName} cannot be removed (${why}): remove it with userdel`);
}
