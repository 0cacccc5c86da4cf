/** The table of commands, in the order in which the help lists them. */
import { backupCommand } from "./backup/backup.ts";
import { restoreCommand } from "./backup/restore.ts";
import { checkCommand } from "./check/check.ts";
import { clusterCommand } from "./cluster.ts";
import type { Command } from "./command.ts";
import { deliveriesCommand } from "./deliveries.ts";
import { demoCommand } from "./demo.ts";
import { destinationsCommand } from "./destinations.ts";
import { doctorCommand } from "./doctor.ts";
import { exceptionsCommand } from "./exceptions.ts";
import { completionCommand } from "./help/completion/command.ts";
import { generateCommand } from "./help/generate.ts";
import { importCommand } from "./import/import.ts";
import { installCommand } from "./install/install.ts";
import { uninstallCommand } from "./install/uninstall.ts";
import { keyCommand } from "./key.ts";
import { packsCommand } from "./packs/packs.ts";
import { reloadCommand } from "./reload.ts";
import { replayCommand } from "./replay.ts";
import { secretsCommand } from "./secrets.ts";
import { serveCommand } from "./serve.ts";
import { supportCommand } from "./support.ts";
import { userCommand } from "./user.ts";
import { versionCommand } from "./version.ts";

export const commands: readonly Command[] = [
  serveCommand,
  demoCommand,
  checkCommand,
  importCommand,
  userCommand,
  deliveriesCommand,
  exceptionsCommand,
  keyCommand,
  replayCommand,
  destinationsCommand,
  reloadCommand,
  packsCommand,
  clusterCommand,
  secretsCommand,
  backupCommand,
  restoreCommand,
  doctorCommand,
  supportCommand,
  installCommand,
  uninstallCommand,
  completionCommand,
  generateCommand,
  versionCommand,
];
