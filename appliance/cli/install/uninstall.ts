import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EdgeError, messageOf, UsageError } from "../../../core/errors.ts";
import { visible } from "../../../core/text/visible.ts";
import { connectControl } from "../../control/control-client.ts";
import { command } from "../command.ts";
import { canAsk, confirm } from "../terminal/confirm.ts";
import { removeAccount } from "./account-step.ts";
import { isOurBinary, leftover } from "./binary-step.ts";
import { sharedContents } from "./install-steps.ts";
import { disableService, forgetService, stopService } from "./service.ts";
import { isOurs } from "./steps.ts";
import { accountName, exists, Target } from "./target.ts";

export const uninstallCommand = command({
  name: "uninstall",
  summary: "take the service away; data and settings stay",
  about: `Stops and disables the service and removes what \`rhythmx install\` has put in place: program, unit, manual pages, completions. Settings in /etc/rhythmx, data in /var/lib/rhythmx and the user rhythmx stay, and a later \`rhythmx install\` goes on with them.

With --purge these go too, for good: detections, incidents, audit log, the master key. It is not for the Debian package (\`dpkg -r\` or \`dpkg -P rhythmx-edge\`).`,
  options: {
    prefix: { value: "FOLDER", about: "the root folder of the system", fallback: "/", completes: "folder" },
    purge: { about: "also removes settings, data and user" },
    yes: { about: "does not ask before --purge" },
  },
  examples: [
    { what: "Take it away and keep what it knows", lines: ["sudo rhythmx uninstall"] },
    { what: "Remove everything, in a script", lines: ["sudo rhythmx uninstall --purge --yes"] },
  ],
  seeAlso: ["rhythmx install", "docs/install.md", "docs/operations.md"],

  async run({ values, terminal, commands }) {
    if (process.getuid?.() !== 0) throw new EdgeError("not_root", "only root may uninstall: `sudo rhythmx uninstall`");
    const target = await Target.at(values.prefix ?? "/");
    const [packaged] = target.packageFiles;
    if (packaged !== undefined && !exists(target.paths.binary))
      throw new EdgeError("packaged", `this is the package's (${packaged}): \`dpkg -r rhythmx-edge\` removes it`);
    const { paths } = target;
    for (const path of Object.values(paths)) target.check(path);
    if (values.purge && !values.yes) {
      if (!canAsk(terminal)) throw new UsageError("--purge removes all data: give --yes too where nobody can be asked");
      const what = [paths.configDir, paths.dataDir].filter((path) => exists(path)).join(" and ");
      if (
        !(await confirm(
          terminal,
          `Remove ${what || "what is left"} with everything in it, and the user ${accountName}?`,
        ))
      ) {
        terminal.err("nothing is removed\n");
        return 1;
      }
    }
    await stop(target);
    const say = (path: string) => terminal.out(`removed  ${visible(path)}\n`);
    const { err } = terminal;
    for (const path of [paths.unit, `${paths.unit}.old`]) if (removeFile(path, err)) say(path);
    const shared = [...sharedContents(commands).keys()].map((one) => join(paths.shared, one));
    const gone = shared.filter((path) => removeFile(path, err));
    if (gone.length > 0) say(`manual, completions, examples in ${join(paths.shared, "share")}`);
    removeEmpty(join(paths.shared, "share/doc/rhythmx"));
    removeFolder(paths.cacheDir, say);
    if (values.purge) {
      for (const path of [paths.dropIns, paths.configDir, paths.dataDir]) removeFolder(path, say);
      if (target.account !== null) {
        removeAccount(target);
        say(`user ${accountName}`);
      }
    }
    // Last, so that what was interrupted can be run again.
    const half = leftover(paths.binary);
    if (half !== null) rmSync(half, { force: true });
    if (exists(paths.binary) && isOurBinary(paths.binary)) {
      rmSync(paths.binary);
      say(paths.binary);
    }
    if (target.hasRunningSystemd) forgetService();
    const stays = [paths.configDir, paths.dropIns, paths.dataDir].filter((path) => exists(path));
    if (target.account !== null) stays.push(`user ${accountName}`);
    for (const one of stays) terminal.out(`stays    ${visible(one)}\n`);
    if (stays.length > 0 && !values.purge)
      terminal.out(
        "`rhythmx install` goes on with these; `rhythmx uninstall --purge`, from the program as it was delivered, removes them\n",
      );
    return 0;
  },
});

/** @throws EdgeError if it goes on running */
async function stop(target: Target): Promise<void> {
  if (target.hasRunningSystemd) {
    stopService();
    disableService();
  }
  const running = await connectControl(target.paths.dataDir, () => {}).catch(() => null);
  if (running !== null) {
    const { running: state } = await running.doctor();
    throw new EdgeError(
      "running",
      `the appliance still runs on ${target.paths.dataDir} (process ${state?.pid ?? "unknown"}): end it first; nothing is removed`,
    );
  }
}

/** Only what is ours. Returns whether it was there. */
function removeFile(path: string, complain: (text: string) => void): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  const remove = found.isFile() && isOurs(readFileSync(path));
  if (remove) rmSync(path);
  else complain(`note: ${visible(path)} is not of RhythmX Edge and stays\n`);
  return remove;
}

/** Of a link what it leads to, too: the data may be on another disk. Of a mounted folder what is in it. */
function removeFolder(path: string, say: (path: string) => void): void {
  if (!exists(path)) return;
  const real = existsSync(path) ? realpathSync(path) : path;
  for (const name of existsSync(real) ? readdirSync(real) : [])
    rmSync(join(real, name), { recursive: true, force: true });
  try {
    if (existsSync(real)) rmdirSync(real);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EBUSY")
      throw new EdgeError("not_removed", `${real} cannot be removed: ${messageOf(error)}`);
  }
  if (real !== path) rmSync(path, { force: true });
  say(path);
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody keeps something there, or it is not there.
  }
}
