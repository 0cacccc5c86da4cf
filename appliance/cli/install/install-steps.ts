/** What an installation consists of, in the order in which it is made. */
import { join } from "node:path";
import type { Settings } from "../../../core/settings.ts";
import type { MachineNames } from "../../certificate/machine-names.ts";
import lowPort from "../../packaging/drop-ins/low-port.conf" with { type: "text" };
import noWritableCode from "../../packaging/drop-ins/memory-deny-write-execute.conf" with { type: "text" };
import unit from "../../packaging/rhythmx.service" with { type: "text" };
import { version } from "../../runtime/version.ts";
import type { Command } from "../command.ts";
import { sharedFiles } from "../help/shared-files.ts";
import { accountStep } from "./account-step.ts";
import { binaryStep } from "./binary-step.ts";
import { dataSteps } from "./data-steps.ts";
import { environmentExample } from "./environment-example.ts";
import { masterKeyStep } from "./master-key-step.ts";
import { fileStep, folderStep, type Step, together } from "./steps.ts";
import type { Target } from "./target.ts";

export interface Installation {
  target: Target;
  /** The file of the running program. */
  source: string;
  /** A package brings program, unit and shared files. */
  fromPackage: boolean;
  settings: Pick<Settings, "adminPassword" | "tlsCertFile" | "masterKeyFile">;
  commands: readonly Command[];
  names(): MachineNames;
  /** Epoch milliseconds. */
  now: number;
}

export function installSteps(installation: Installation): Step[] {
  const { target, settings, fromPackage } = installation;
  const { paths } = target;
  for (const path of Object.values(paths)) target.check(path);
  const groupOf = () => (target.account === null ? null : { uid: 0, gid: target.account.gid });
  return [
    ...(fromPackage ? [] : programSteps(installation)),
    accountStep(target),
    folderStep(paths.configDir, { mode: 0o750, owner: groupOf }),
    fileStep(paths.environmentFile, { content: environmentExample, mode: 0o640, owner: groupOf, keep: true }),
    // The service's user may see whether there is a key, which it gets from systemd alone.
    folderStep(paths.credentials, { mode: 0o710, owner: groupOf }),
    masterKeyStep(target, settings.masterKeyFile),
    ...dataSteps(installation),
    // Last: a run that makes it also enables and starts the service, and one that was cut off before has not made it. An edited one stays readable;
    // changes belong in a drop-in.
    ...(fromPackage ? [] : [fileStep(paths.unit, { content: unit, mode: 0o644, old: `${paths.unit}.old` })]),
  ];
}

function programSteps({ target, source, commands }: Installation): Step[] {
  const { paths } = target;
  return [
    binaryStep(paths.binary, source),
    together(
      `manual, completions, examples in ${join(paths.shared, "share")}`,
      [...sharedContents(commands)].map(([path, content]) =>
        fileStep(join(paths.shared, path), { content, mode: 0o644 }),
      ),
    ),
  ];
}

/** Paths below /usr/local to contents. */
export function sharedContents(commands: readonly Command[]): Map<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ...sharedFiles(commands, version),
    ["share/doc/rhythmx/memory-deny-write-execute.conf", noWritableCode],
    ["share/doc/rhythmx/low-port.conf", lowPort],
  ]);
}
