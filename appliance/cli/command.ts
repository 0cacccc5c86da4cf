/** The interface of a command, and what it gets from the process. */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { messageOf, UsageError } from "../../core/errors.ts";
import { nearestName } from "../../core/settings/names.ts";
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Unit } from "../config/unit-file.ts";

export interface Terminal {
  /** Results, on stdout. */
  out(text: string): void;
  /** The same of bytes as they are; resolves when they are handed over. Absent where stdout takes text only. */
  bytes?(part: Uint8Array): Promise<void>;
  /** Remarks, progress and errors, on stderr. */
  err(text: string): void;
  stdin: NodeJS.ReadableStream;
  /** Whether stderr is a terminal; otherwise there are no progress bars and colours. */
  interactive: boolean;
  /** The terminal's width of stdout; null if it is no terminal: tables are then not shortened. */
  columns: number | null;
}

export interface CommandContext {
  args: string[];
  terminal: Terminal;
  /** Reads configuration files and environment; `under`: environment values for names that this process does not set. */
  loadSettings(under?: ReadonlyMap<string, string>): Promise<ResolvedSettings>;
  /** The installed systemd unit; null for a checkout, or if there is none. */
  serviceUnit(): Promise<Unit | null>;
}

export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The text of `--help`: usage line, then options. */
  help: string;
  /** Returns the exit code; throws for errors, `UsageError` for bad usage. */
  run(context: CommandContext): Promise<number>;
}

/** `node:util` parseArgs, with errors for people. */
export function parseOptions<T extends ParseArgsOptionsConfig>(args: string[], options: T) {
  try {
    return parseArgs({ args: withNegatives(args, options), options, allowPositionals: true, strict: true });
  } catch (error) {
    // parseArgs adds up to three lines about dashes.
    throw new UsageError(messageOf(error).replace(/\.? To specify a.*/, ""));
  }
}

/** Reads `--expires -1` as a value, which the option then refuses with a clear message. */
function withNegatives(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1) ?? "";
    const takesValue = option.startsWith("--") && options[option.slice(2)]?.type === "string";
    if (takesValue && /^-\d/.test(arg)) joined[joined.length - 1] = `${option}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

/** One of a command's actions. @throws UsageError that names the one that was probably meant */
export function actionOf<Action>(actions: Readonly<Record<string, Action>>, name: string): Action {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action;
  const nearest = nearestName(name, Object.keys(actions));
  const meant = nearest === null ? "" : `; did you mean ${JSON.stringify(nearest)}?`;
  throw new UsageError(`unknown action ${JSON.stringify(name.slice(0, 64))}${meant}`);
}

/** Returns the only positional argument. @throws UsageError that names it */
export function onePositional(positionals: string[], name: string): string {
  const [value, ...more] = positionals;
  if (value === undefined) throw new UsageError(`${name} is missing`);
  if (more.length > 0) throw new UsageError(`unexpected ${JSON.stringify(more[0])} after ${name}`);
  return value;
}

export function noPositionals(positionals: string[]): void {
  if (positionals[0] !== undefined) throw new UsageError(`unexpected ${JSON.stringify(positionals[0])}`);
}
