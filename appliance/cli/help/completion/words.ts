/** What the scripts of all shells have in common. */
import { type Action, type Command, commonOptions, isGroup, type Option, type Options } from "../../command.ts";

/** Each place in which options and arguments are completed: `["user", "add"]`, `["check"]`. */
export interface Place {
  /** A command without actions, or a command and its action; the usual action also stands for its command alone. */
  path: readonly string[];
  action: Action;
}

export function places(commands: readonly Command[]): Place[] {
  return commands.flatMap(({ name, actions }) =>
    actions.map((action) => ({ path: action.name === "" ? [name] : [name, action.name], action })),
  );
}

/** A command's words after its name. */
export function actionsOf(command: Command): { name: string; summary: string }[] {
  return isGroup(command) ? command.actions.map(({ name, summary }) => ({ name, summary })) : [];
}

export function allOptions({ options }: Action): Options {
  return { ...options, ...commonOptions };
}

/** What a value is completed from. */
export function sourceOf({ choices, completes }: Pick<Option, "choices" | "completes">): Option["completes"] {
  return completes ?? choices;
}

/** A word in single quotes, for any shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
