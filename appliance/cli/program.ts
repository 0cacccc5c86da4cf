/** The command line: finds and runs the command, and turns errors into one readable line and an exit code. */
import { messageOf, UsageError } from "../../core/errors.ts";
import { nearestName } from "../../core/settings/names.ts";
import { visible } from "../../core/text/visible.ts";
import { loadSettings } from "../config/load.ts";
import { readUnit, systemdFolders } from "../config/unit-file.ts";
import { backupCommand } from "./backup/backup.ts";
import { restoreCommand } from "./backup/restore.ts";
import { checkCommand } from "./check/check.ts";
import type { Command, Terminal } from "./command.ts";
import { deliveriesCommand } from "./deliveries.ts";
import { demoCommand } from "./demo.ts";
import { destinationsCommand } from "./destinations.ts";
import { doctorCommand } from "./doctor.ts";
import { exceptionsCommand } from "./exceptions.ts";
import { importCommand } from "./import/import.ts";
import { keyCommand } from "./key.ts";
import { reloadCommand } from "./reload.ts";
import { replayCommand } from "./replay.ts";
import { secretsCommand } from "./secrets.ts";
import { serveCommand } from "./serve.ts";
import { userCommand } from "./user.ts";
import { versionCommand } from "./version.ts";

const commands: readonly Command[] = [
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
  secretsCommand,
  backupCommand,
  restoreCommand,
  doctorCommand,
  versionCommand,
];

export interface Program {
  args: string[];
  env: Readonly<Record<string, string | undefined>>;
  /** True when `main.ts` runs, false in the compiled binary. */
  fromCheckout: boolean;
  terminal: Terminal;
  /** Folders of systemd units; default: those of systemd, or none for a checkout. */
  unitFolders?: readonly string[] | null;
}

/** Runs one command line. Exit codes: 0 success, 1 failure, 2 bad usage (CONTRACT 1). */
export async function runProgram({
  args,
  env,
  fromCheckout,
  terminal,
  unitFolders = fromCheckout ? null : systemdFolders,
}: Program): Promise<number> {
  const [name = "", ...rest] = args;
  if (name === "help" && rest.length === 1 && commands.some((one) => one.name === rest[0]))
    return runProgram({ args: [...rest, "--help"], env, fromCheckout, terminal });
  if (["", "help", "--help", "-h"].includes(name)) {
    (name === "" ? terminal.err : terminal.out)(overview());
    return name === "" ? 2 : 0;
  }
  if (name === "--version" || name === "-v") return runProgram({ args: ["version"], env, fromCheckout, terminal });
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const nearest = nearestName(
      name,
      commands.map((one) => one.name),
    );
    const meant = nearest === null ? ";" : `; did you mean \`rhythmx ${nearest}\`?`;
    const shown = JSON.stringify(visible(name.slice(0, 64)));
    terminal.err(`rhythmx: unknown command ${shown}${meant} \`rhythmx --help\` lists them\n`);
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run({
      args: rest,
      terminal,
      loadSettings: (under) =>
        loadSettings({ env: under === undefined ? env : { ...Object.fromEntries(under), ...env }, fromCheckout }),
      serviceUnit: async () => (unitFolders === null ? null : readUnit(unitFolders)),
    });
  } catch (error) {
    const usage = error instanceof UsageError;
    const hint = usage ? `; \`rhythmx ${name} --help\` shows how` : "";
    terminal.err(`rhythmx ${name}: ${visible(messageOf(error))}${hint}\n`);
    return usage ? 2 : 1;
  }
}

function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `RhythmX Edge carries security detections to the people who act on them.

Usage: rhythmx COMMAND [OPTIONS]

${lines.join("\n")}

\`rhythmx COMMAND --help\` tells more.
Exit codes: 0 success, 1 failure, 2 bad usage.
`;
}
