/** The command line: finds and runs the command, and turns errors into one readable line and an exit code. */
import { messageOf, UsageError } from "../../core/errors.ts";
import { nearestName } from "../../core/settings/names.ts";
import { visible } from "../../core/text/visible.ts";
import { loadSettings } from "../config/load.ts";
import { readUnit, systemdFolders } from "../config/unit-file.ts";
import type { Command, CommandContext, Terminal } from "./command.ts";
import { didYouMean, findAction, readCommandLine, takeColour, wantsHelp } from "./command-line.ts";
import { commands } from "./commands.ts";
import { helpOf, overview } from "./help/help-text.ts";
import { Interrupted } from "./terminal/interruption.ts";
import { isColoured, type Paint, paint } from "./terminal/paint.ts";

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
export async function runProgram(program: Program): Promise<number> {
  const { env, terminal } = program;
  let colour = "auto";
  const painted = () => ({
    out: paint(isColoured(colour, terminal.columns !== null, env)),
    err: paint(isColoured(colour, terminal.interactive, env)),
  });
  // What the line is about, as far as it is known: for the error and its hint.
  let path = "rhythmx";
  try {
    const { when, rest } = takeColour(program.args);
    colour = when;
    const [name = "", ...words] = rest;
    if (name === "") {
      terminal.err(overview(commands, painted().err));
      return 2;
    }
    if (name === "help" || name === "--help" || name === "-h") {
      terminal.out(helpFor(name === "help" ? words : [], painted().out));
      return 0;
    }
    const command = findCommand(name === "--version" || name === "-v" ? "version" : name);
    path = `rhythmx ${command.name}`;
    if (wantsHelp(words)) {
      terminal.out(
        helpFor([command.name, ...words.filter((word) => !word.startsWith("-")).slice(0, 1)], painted().out),
      );
      return 0;
    }
    const { action, rest: own } = findAction(command, words);
    if (action.name !== "") path = `rhythmx ${command.name} ${action.name}`;
    const context: CommandContext = { ...contextOf(program), paint: painted() };
    return await action.run({ ...context, ...readCommandLine(own, action) });
  } catch (error) {
    if (error instanceof Interrupted) {
      terminal.err(`${path}: ${error.message}\n`);
      return error.exitCode;
    }
    const usage = error instanceof UsageError;
    const said = visible(messageOf(error));
    const hint = usage ? `${said.endsWith("?") ? "" : ";"} \`${path} --help\` shows how` : "";
    const [, name = ""] = path.split(" ");
    const prefix = painted().err.red(`rhythmx${name === "" ? "" : ` ${name}`}:`);
    terminal.err(`${prefix} ${said}${hint}\n`);
    return usage ? 2 : 1;
  }
}

function contextOf({ env, fromCheckout, terminal, unitFolders }: Program): Omit<CommandContext, "paint"> {
  const folders = unitFolders === undefined ? (fromCheckout ? null : systemdFolders) : unitFolders;
  return {
    terminal,
    commands,
    loadSettings: (under) =>
      loadSettings({ env: under === undefined ? env : { ...Object.fromEntries(under), ...env }, fromCheckout }),
    serviceUnit: async () => (folders === null ? null : readUnit(folders)),
  };
}

/** @throws UsageError that names the one that was probably meant */
function findCommand(name: string): Command {
  const found = commands.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  const what = name.startsWith("-") ? "option" : "command";
  const nearest = nearestName(
    name,
    what === "option" ? ["--help", "--version", "--color"] : commands.map((one) => one.name),
  );
  throw new UsageError(`unknown ${what} ${JSON.stringify(name.slice(0, 64))}${didYouMean(nearest)}`);
}

/** Help for `help`'s words: none, a command, or a command and one of its actions. @throws UsageError */
function helpFor([name, actionName, ...more]: readonly string[], paint: Paint): string {
  if (name === undefined) return overview(commands, paint);
  const command = findCommand(name);
  if (more[0] !== undefined) throw new UsageError(`unexpected ${JSON.stringify(more[0].slice(0, 64))} after ACTION`);
  const isGroup = command.actions.some((one) => one.name !== "");
  const action = actionName === undefined || !isGroup ? null : findAction(command, [actionName]).action;
  return helpOf(command, action, paint);
}
