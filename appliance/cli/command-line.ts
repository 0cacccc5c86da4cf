/** Reads a command line by the declarations of its command. */
import { parseArgs } from "node:util";
import { UsageError } from "../../core/errors.ts";
import { nearestName } from "../../core/settings/names.ts";
import type { Action, Argument, Command, Given, Option, Options, Values } from "./command.ts";
import { commonOptions } from "./command.ts";

interface ReadLine {
  values: Values<Options>;
  args: Given<readonly Argument[]>;
}

/** The action that the words name, and the words that follow. @throws UsageError that names the one that was probably meant */
export function findAction(command: Command, words: readonly string[]): { action: Action; rest: string[] } {
  const [first = ""] = words;
  if (first === "" || first.startsWith("-") || command.usual === "") {
    if (command.usual === null) throw new UsageError(`${oneOf(command.actions.map(({ name }) => name))} is missing`);
    return { action: actionOf(command, command.usual), rest: [...words] };
  }
  return { action: actionOf(command, first), rest: words.slice(1) };
}

function actionOf(command: Command, name: string): Action {
  const found = command.actions.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = command.actions.map((one) => one.name);
  throw new UsageError(`unknown action ${quoted(name)}${didYouMean(nearestName(name, names))}`);
}

/**
 * The values of options and arguments.
 * @throws UsageError for options that do not exist or have no value, for values that are not accepted, for arguments that are missing or too many
 */
export function readCommandLine(words: readonly string[], { options, arguments: wanted }: Action): ReadLine {
  const known: Options = { ...options, ...commonOptions };
  const config = Object.fromEntries(
    Object.entries(known).map(
      ([name, { value }]) => [name, { type: value === undefined ? "boolean" : "string" }] as const,
    ),
  );
  const { tokens } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given: Record<string, string[]> = {};
  const switches = new Set<string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(known, token.name) && token.rawName.startsWith("--") ? known[token.name] : undefined;
    if (option === undefined) throw unknownOption(token.rawName, Object.keys(known));
    const spelled = spelling(token.name, option);
    if (option.value === undefined) {
      if (token.value !== undefined) throw new UsageError(`${spelled} takes no value`);
      switches.add(token.name);
      continue;
    }
    // `--reason --yes` is a forgotten reason; a dash alone and a negative number are values.
    if (token.value === undefined || (!token.inlineValue && /^-[^\d]/.test(token.value)))
      throw new UsageError(`${spelled}: its value is missing`);
    // A variable of a script that is not set; as a path it would mean the present folder.
    if (token.value === "" && (option.completes === "file" || option.completes === "folder"))
      throw new UsageError(`${spelled}: its value is empty`);
    if (option.choices !== undefined && !option.choices.includes(token.value))
      throw new UsageError(`--${token.name} ${quoted(token.value)}${wrongChoice(token.value, option.choices)}`);
    given[token.name] = [...(given[token.name] ?? []), token.value];
  }
  // Arguments first: what a command is about is missed sooner than how.
  const args = readArguments(positionals, wanted);
  for (const [name, option] of Object.entries(options))
    if (option.required && given[name] === undefined)
      throw new UsageError(`${spelling(name, option)} is missing${option.choices ? `: ${oneOf(option.choices)}` : ""}`);
  const values = Object.fromEntries(
    Object.entries(options).map(([name, { value, multiple }]) => [
      name,
      value === undefined ? switches.has(name) : multiple ? given[name] : given[name]?.at(-1),
    ]),
  ) as Values<Options>;
  return { values, args };
}

function readArguments(positionals: readonly string[], wanted: readonly Argument[]): Given<readonly Argument[]> {
  const args = wanted.map(({ many }, index) => (many ? positionals.slice(index) : positionals[index]));
  const missing = wanted.find((one, index) => one.optional !== true && positionals[index] === undefined);
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing`);
  const empty = positionals.indexOf("");
  if (empty >= 0) throw new UsageError(`${(wanted[empty] ?? wanted.at(-1))?.name} is empty`);
  const last = wanted.at(-1);
  const extra = last?.many ? undefined : positionals[wanted.length];
  if (extra !== undefined)
    throw new UsageError(`unexpected ${quoted(extra)}${last === undefined ? "" : ` after ${last.name}`}`);
  return args as unknown as Given<readonly Argument[]>;
}

/** Takes `--color WHEN` out of a command line, where it may stand anywhere. @throws UsageError */
export function takeColour(words: readonly string[]): { when: string; rest: string[] } {
  const end = words.indexOf("--");
  const rest: string[] = [];
  let when = "auto";
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const isLast = end !== -1 && index > end;
    const inline = /^--color=(.*)$/s.exec(word)?.[1];
    if (isLast || (word !== "--color" && inline === undefined)) {
      rest.push(word);
      continue;
    }
    when = inline ?? words[++index] ?? "";
    const { choices } = commonOptions.color;
    if (!choices.some((one) => one === when)) throw new UsageError(`--color ${quoted(when)}: ${oneOf(choices)}`);
  }
  return { when, rest };
}

/** Whether `--help` or `-h` is asked for, before a `--`. */
export function wantsHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return (end === -1 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}

/** `; did you mean "list"?`, or nothing. */
export function didYouMean(nearest: string | null): string {
  return nearest === null ? "" : `; did you mean ${quoted(nearest)}?`;
}

function unknownOption(rawName: string, names: readonly string[]): UsageError {
  const nearest = rawName.startsWith("--") ? nearestName(rawName.slice(2), names) : null;
  return new UsageError(`unknown option ${quoted(rawName)}${didYouMean(nearest === null ? null : `--${nearest}`)}`);
}

function wrongChoice(value: string, choices: readonly string[]): string {
  const nearest = nearestName(value, choices);
  return nearest === null ? `: one of ${oneOf(choices)}` : `${didYouMean(nearest)} One of ${oneOf(choices)}`;
}

function spelling(name: string, { value }: Option): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`;
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}

/** `add, list or disable`. */
function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
