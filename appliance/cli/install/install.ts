import { readFileSync } from "node:fs";
import { join } from "node:path";
import { EdgeError } from "../../../core/errors.ts";
import { visible } from "../../../core/text/visible.ts";
import { firstPasswordFile } from "../../access/first-admin.ts";
import { isBinary } from "../../runtime/version.ts";
import { type CommandContext, command, jsonOption } from "../command.ts";
import { interruptible } from "../terminal/interruption.ts";
import { printJson } from "../terminal/table.ts";
import { carryOut, type Done } from "./carry-out.ts";
import { isStarted } from "./data-steps.ts";
import { installSteps } from "./install-steps.ts";
import { namesFor } from "./names.ts";
import { nextSteps } from "./next-steps.ts";
import { enableService, reloadUnits, runsReplaced, type ServiceState, serviceState, startService } from "./service.ts";
import { Target } from "./target.ts";

export const installCommand = command({
  name: "install",
  summary: "put the program in place as a service; also upgrades it",
  about: `Puts this program in /usr/local/bin and its unit in /etc/systemd/system, makes the user and group rhythmx, /etc/rhythmx, the data folder /var/lib/rhythmx, a self-signed certificate, the master key and the first administrator's password, and starts the service. Nothing that is there already is lost: a second run changes only what is not right, and the program of another version replaces the one in place and restarts the service.

It writes no setting, so everything can be set in the console. Where systemd does not run it says what remains to be done. It is not for machines that have the Debian package, which does the same.`,
  options: {
    prefix: {
      value: "FOLDER",
      about: "the root folder of the system to install into",
      fallback: "/",
      completes: "folder",
    },
    "dry-run": { about: "says what it would do and changes nothing" },
    "no-start": { about: "neither enables nor starts the service" },
    "from-package": { about: "for the scripts of packages: leaves program and unit to the package, starts nothing" },
    ...jsonOption,
  },
  examples: [
    { what: "Install it, or upgrade what is installed", lines: ["sudo ./rhythmx install"] },
    { what: "See first what that would change", lines: ["sudo ./rhythmx install --dry-run"] },
    { what: "Put it into the image of a machine", lines: ["sudo ./rhythmx install --prefix /mnt/image"] },
  ],
  exitCodes: { 0: "everything is in place", 1: "something is not, as it says; run it again when that is mended" },
  seeAlso: ["rhythmx uninstall", "rhythmx check", "docs/install.md"],

  async run({ values, terminal, commands, paint }) {
    const dryRun = values["dry-run"];
    const fromPackage = values["from-package"];
    if (!isBinary)
      throw new EdgeError(
        "checkout",
        "this runs from a checkout, which cannot be installed: `npm run build` makes the program, then `dist/rhythmx-… install`",
      );
    if (process.getuid?.() !== 0 && !dryRun)
      throw new EdgeError(
        "not_root",
        "only root may install: `sudo rhythmx install`, or --dry-run to see what it would do",
      );
    const target = await Target.at(values.prefix ?? "/");
    expectNoPackage(target, fromPackage);
    const settings = await target.settings();
    const wasStarted = isStarted(target);
    const source = process.execPath;
    const steps = installSteps({
      ...{ target, source, fromPackage, settings, commands },
      names: () => namesFor(target),
      now: Date.now(),
    });
    const say = (text: string) => (values.json ? terminal.err(text) : terminal.out(text));
    // A package's script is run at each upgrade, when there is nothing to say.
    const quiet = values.json || fromPackage;
    const done = await interruptible((signal) =>
      carryOut(steps, { dryRun, say: quiet ? () => {} : say, signal, paint: paint.out }),
    );
    const service = dryRun || fromPackage ? null : await runService(target, done, values["no-start"]);
    const password = dryRun ? null : readPassword(target);
    const isNew = !wasStarted;
    if (values.json) {
      printJson(terminal, { root: target.root, dry_run: dryRun, steps: done, service });
      return service === null || service.active === "active" ? 0 : 1;
    }
    if (!dryRun && (isNew || !fromPackage)) {
      const shown = isNew && isSeen(terminal) && !fromPackage ? password : null;
      say(nextSteps({ target, settings, service, fromPackage, password: shown, hasPassword: password !== null }));
    }
    if (service === null || service.active === "active") return 0;
    terminal.err(
      `rhythmx install: everything is in place, but the service is ${service.active}${service.status === "" ? "" : ` (${visible(service.status)})`}: \`journalctl -u rhythmx\` says why\n`,
    );
    return 1;
  },
});

/** @throws EdgeError packaged */
function expectNoPackage(target: Target, fromPackage: boolean): void {
  const [file] = target.packageFiles;
  if (fromPackage || file === undefined) return;
  throw new EdgeError(
    "packaged",
    `the package rhythmx-edge is installed here (${file}): upgrade it with \`dpkg -i\`, or remove it first (\`dpkg -r rhythmx-edge\`, which keeps settings and data)`,
  );
}

/** Null where there is nothing to run. */
async function runService(target: Target, done: readonly Done[], noStart: boolean): Promise<ServiceState | null> {
  if (!target.hasRunningSystemd) return null;
  const of = (path: string) => done.find(({ subject }) => subject === path)?.state ?? "right";
  const [unit, binary] = [of(target.paths.unit), of(target.paths.binary)];
  if (unit !== "right") reloadUnits();
  if (noStart) return null;
  // Whoever has disabled or stopped it meant that.
  if (unit === "made") enableService();
  const { active } = serviceState();
  // Also what a run has replaced that was cut off before it could restart the service.
  const isCurrent = unit === "right" && binary === "right" && !runsReplaced();
  if (active === "active" || active === "activating") return isCurrent ? serviceState() : startService("restart");
  return unit === "made" || active === "failed" ? startService("start") : null;
}

/** The first administrator's password while it is the generated one; null if there is none any more. */
function readPassword(target: Target): string | null {
  try {
    return readFileSync(join(target.paths.dataDir, firstPasswordFile), "utf8").trim();
  } catch {
    return null;
  }
}

/** Whether what goes to stdout is seen by somebody and kept by nothing. */
function isSeen({ columns }: CommandContext["terminal"]): boolean {
  return columns !== null;
}
