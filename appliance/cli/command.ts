/**
 * What a command declares, and what it gets when it runs. One declaration is the source of its help, its manual page, its shell completion and
 * the reading of its command line, so that these cannot differ. To add a command: declare it with `command` or `commandGroup`, and name it
 * in `commands.ts`.
 */
import type { ResolvedSettings } from "../../core/settings/resolve.ts";
import type { Unit } from "../config/unit-file.ts";
import type { Paint } from "./terminal/paint.ts";

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
  /** Called when stdout takes no more, instead of the end of the process. */
  outputFailed?: (error: NodeJS.ErrnoException) => void;
}

/** What a value or an argument may be, as a shell completes it. Names but `file` and `folder` are looked up by `rhythmx completion --values`. */
export type Completion = "file" | "folder" | "command" | DynamicValues | readonly string[];
export const dynamicValues = ["destination", "key", "user", "delivery", "cause", "exception", "pack"] as const;
export type DynamicValues = (typeof dynamicValues)[number];

export interface Option {
  /** What it does, without its choices and default, which are added. */
  about: string;
  /** The name of its value in capitals, such as TIME; an option without one is a switch. */
  value?: string;
  /** May be given several times. */
  multiple?: true;
  /** The command does not run without it. */
  required?: true;
  /** Values that are accepted; others are refused before the command runs. */
  choices?: readonly string[];
  /** What holds without it, in words. */
  fallback?: string;
  completes?: Completion;
}
export type Options = Readonly<Record<string, Option>>;

export interface Argument {
  /** In capitals. */
  name: string;
  about: string;
  optional?: true;
  /** The last argument may be several. */
  many?: true;
  completes?: Completion;
}

export interface Example {
  /** What one wants, as a sentence without a full stop. */
  what: string;
  /** The lines to type. */
  lines: readonly string[];
}

type ValueOf<O extends Option> = O extends { choices: readonly (infer Choice)[] } ? Choice : string;
/** The values of options by name: of a switch whether it was given, of the others undefined if not given. */
export type Values<O extends Options> = {
  [N in keyof O]: O[N] extends { value: string }
    ? O[N] extends { multiple: true }
      ? ValueOf<O[N]>[] | (O[N] extends { required: true } ? never : undefined)
      : ValueOf<O[N]> | (O[N] extends { required: true } ? never : undefined)
    : boolean;
};
/** The arguments in the order in which they are declared. */
export type Given<A extends readonly Argument[]> = {
  [I in keyof A]: A[I] extends { many: true }
    ? string[]
    : A[I] extends { optional: true }
      ? string | undefined
      : string;
};

/** What every command gets from the process. */
export interface CommandContext {
  terminal: Terminal;
  /** Colours for stdout and for stderr. */
  paint: { out: Paint; err: Paint };
  /** Reads configuration files and environment; `under`: environment values for names that this process does not set. */
  loadSettings(under?: ReadonlyMap<string, string>): Promise<ResolvedSettings>;
  /** The installed systemd unit; null for a checkout, or if there is none. */
  serviceUnit(): Promise<Unit | null>;
  /** All commands, for those that describe them. */
  commands: readonly Command[];
}

export interface Call<O extends Options, A extends readonly Argument[]> extends CommandContext {
  values: Values<O>;
  args: Given<A>;
}

/** What is said of a command or an action in help and manual. */
interface Described {
  /** One line without a full stop, at most 60 characters. */
  summary: string;
  /** What it does. Paragraphs are separated by empty lines and wrapped anew; indented lines stay as they are. `code` in backticks. */
  about: string;
  examples: readonly Example[];
  /** What an exit code means here, where that is more than success, failure, bad usage. */
  exitCodes?: Readonly<Record<number, string>>;
  /** Other commands (`rhythmx check`) and documents (`docs/settings.md`). */
  seeAlso?: readonly string[];
}

interface Declared<O extends Options, A extends readonly Argument[]> extends Described {
  options?: O;
  arguments?: A;
  /** Its forms, for those that options and arguments do not show: what follows the command's name. */
  forms?: readonly string[];
  /** Returns the exit code; throws for errors, `UsageError` for bad usage. */
  run(call: Call<O, A>): Promise<number>;
}

/** What can be run: a command, or one action of a command that has several. */
export interface Action extends Described {
  /** "" for a command without actions. */
  name: string;
  options: Options;
  arguments: readonly Argument[];
  forms: readonly string[];
  run(call: Call<Options, readonly Argument[]>): Promise<number>;
}

export interface Command extends Described {
  name: string;
  /** One with the name "" for a command without actions. */
  actions: readonly Action[];
  /** The action that is meant when none is named; null: one has to be named. */
  usual: string | null;
}

/** Declares an action of a command group. */
export function action<
  const O extends Options = Record<never, Option>,
  const A extends readonly Argument[] = readonly [],
>(declared: Declared<O, A>): Omit<Action, "name"> {
  const { options = {}, arguments: given = [], forms = [], ...rest } = declared;
  // `run` is only ever called with what was read by these declarations.
  return { ...rest, options, arguments: given, forms, run: declared.run as unknown as Action["run"] };
}

/** Declares a command without actions. */
export function command<
  const O extends Options = Record<never, Option>,
  const A extends readonly Argument[] = readonly [],
>({ name, ...declared }: Declared<O, A> & { name: string }): Command {
  const { summary, about, examples, exitCodes, seeAlso } = declared;
  return {
    ...{ name, summary, about, examples, usual: "" },
    ...(exitCodes === undefined ? {} : { exitCodes }),
    ...(seeAlso === undefined ? {} : { seeAlso }),
    actions: [{ ...action(declared), name: "" }],
  };
}

/** Declares a command with actions. */
export function commandGroup({
  actions,
  usual = null,
  ...described
}: Described & {
  name: string;
  actions: Readonly<Record<string, Omit<Action, "name">>>;
  usual?: string | null;
}): Command {
  return { ...described, usual, actions: Object.entries(actions).map(([name, one]) => ({ ...one, name })) };
}

export function isGroup({ actions }: Command): boolean {
  return actions.some(({ name }) => name !== "");
}

/** Options that every command takes. */
export const commonOptions = {
  help: { about: "show this help" },
  color: { value: "WHEN", choices: ["auto", "always", "never"], about: "whether to use colours", fallback: "auto" },
} as const satisfies Options;

/** The option of every command that lists or reports. */
export const jsonOption = { json: { about: "for programs: one JSON document on stdout" } } as const;
