/** How a command is written: its forms, its options and arguments in words. */
import { type Action, type Argument, type Command, commonOptions, type Option, type Options } from "../command.ts";

/** `DESTINATION --from TIME [--to TIME]`: each form of an action, after its name. */
export function formsOf({ arguments: given, options, forms }: Action): string[] {
  if (forms.length > 0) {
    const json = options.json === undefined ? "" : " [--json]";
    return forms.map((form) => `${form}${form.includes("--json") ? "" : json}`);
  }
  const words = [
    ...given.map(argumentForm),
    ...Object.entries(options).map(([name, option]) => {
      const spelled = optionForm(name, option);
      return option.required ? spelled : `[${spelled}]`;
    }),
  ];
  return [words.join(" ")];
}

/** `rhythmx replay`, `rhythmx destinations skip`, `rhythmx destinations [list]`. */
export function invocation(command: Command, action: Action, brackets = false): string {
  const name = brackets && command.usual === action.name && action.name !== "" ? `[${action.name}]` : action.name;
  return ["rhythmx", command.name, name].filter((word) => word !== "").join(" ");
}

/** Every way to write a command, one for each action and form. */
export function usageLines(command: Command, actions: readonly Action[] = command.actions): string[] {
  return actions.flatMap((action) =>
    formsOf(action).map((form) => `${invocation(command, action, true)} ${form}`.trim()),
  );
}

function argumentForm({ name, optional, many }: Argument): string {
  const word = many ? `${name}…` : name;
  return optional ? `[${word}]` : word;
}

/** `--from TIME`; `--entity E…` for one that may be given several times. */
function optionForm(name: string, { value, multiple }: Option): string {
  if (value === undefined) return `--${name}`;
  return `--${name} ${value}${multiple && !value.endsWith("…]") ? "…" : ""}`;
}

/** Options in two columns, with those that every command has. */
export function optionRows(options: Options): [string, string][] {
  const all: Options = { ...options, ...commonOptions };
  return Object.entries(all).map(([name, option]) => [
    `${name === "help" ? "-h, " : ""}--${name}${option.value === undefined ? "" : ` ${option.value}`}`,
    optionText(option),
  ]);
}

function optionText({ about, choices, fallback }: Option): string {
  const one = choices === undefined ? "" : `: ${choices.join(", ")}`;
  return `${about}${one}${fallback === undefined ? "" : ` (default: ${fallback})`}`;
}

export const usualExitCodes = { 0: "success", 1: "failure", 2: "bad usage" } as const;

export function exitCodes({ exitCodes = {} }: Pick<Action, "exitCodes">): [string, string][] {
  return Object.entries({ ...usualExitCodes, ...exitCodes });
}
