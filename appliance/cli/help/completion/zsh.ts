import { type Action, type Argument, type Command, isGroup, type Option } from "../../command.ts";
import { allOptions, places, quote, sourceOf } from "./words.ts";

export function zshScript(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    ${quote(`${name}:${described(summary)}`)}`);
  const groups = commands.filter(isGroup).map((command) => {
    const all = command.actions.map(({ name, summary }) => `        ${quote(`${name}:${described(summary)}`)}`);
    const usual = command.actions.find(({ name }) => name === command.usual);
    const cases = command.actions.map(({ name }) => `        ${name}) ${functionName([command.name, name])} ;;`);
    return `
${functionName([command.name])}() {
  local curcontext="$curcontext" state line
  local -a actions
  actions=(
${all.join("\n")}
  )
  _arguments -C ${usual === undefined ? `${common()} ` : `${specs(usual, false).join(" \\\n    ")} \\\n    `}'1: :->action' '*:: :->rest'
  case $state in
    action) _describe -t actions 'action' actions ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac ;;
  esac
}`;
  });
  const own = places(commands).map(
    ({ path, action }) => `
${functionName(path)}() {
  _arguments ${specs(action, true).join(" \\\n    ")}
}`,
  );
  return `#compdef rhythmx
# Completion of rhythmx for zsh. Made by \`rhythmx completion zsh\`.

_rhythmx_names() {
  local -a names
  names=(\${(f)"$(_call_program names rhythmx completion --values $1 2>/dev/null)"})
  compadd -a names
}
${groups.join("\n")}
${own.join("\n")}

_rhythmx() {
  local curcontext="$curcontext" state line
  local -a commands
  commands=(
${list.join("\n")}
    'help:say how a command is used'
  )
  _arguments -C ${common()} '--version[print version, commit, runtime and target]' '1: :->command' '*:: :->rest'
  case $state in
    command) _describe -t commands 'command' commands ;;
    rest)
      case $line[1] in
${commands.map(({ name }) => `        ${name}) ${functionName([name])} ;;`).join("\n")}
        help) _describe -t commands 'command' commands ;;
      esac ;;
  esac
}

if [[ $funcstack[1] == _rhythmx ]]; then _rhythmx "$@"; else compdef _rhythmx rhythmx; fi
`;
}

function common(): string {
  return "'(-h --help)'{-h,--help}'[show this help]' '--color=[whether to use colours]:WHEN:(auto always never)'";
}

function specs(action: Action, withArguments: boolean): string[] {
  const options = Object.entries(allOptions(action)).flatMap(([name, option]) => {
    if (name === "help" || name === "color") return [];
    const many = option.multiple ? "*" : "";
    const about = described(option.about).replace(/[[\]]/g, "\\$&");
    return option.value === undefined
      ? [quote(`${many}--${name}[${about}]`)]
      : [quote(`${many}--${name}=[${about}]:${described(option.value)}:${source(option)}`)];
  });
  const given = action.arguments.map(({ optional, many, name, ...one }, index) =>
    quote(`${many ? "*" : `${index + 1}`}:${optional ? ":" : ""}${described(name)}:${source(one)}`),
  );
  return [common(), ...options, ...(withArguments ? given : [])];
}

function source(one: Pick<Option & Argument, "completes"> & Partial<Pick<Option, "choices" | "value">>): string {
  const from = sourceOf(one as Option);
  if (from === undefined) return " ";
  if (from === "file") return "_files";
  if (from === "folder") return "_files -/";
  if (from === "command") return " ";
  if (typeof from === "string") return `_rhythmx_names ${from}`;
  const words = from.map((word) => word.replaceAll(":", "\\:"));
  return one.value?.includes("[,") ? `_sequence compadd - ${words.join(" ")}` : `(${words.join(" ")})`;
}

function described(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll(":", "\\:").replaceAll("`", "");
}

function functionName(path: readonly string[]): string {
  return `_rhythmx_${path.join("_").replaceAll("-", "_")}`;
}
