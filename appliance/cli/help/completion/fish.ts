import type { Argument, Command, Option } from "../../command.ts";
import { actionsOf, allOptions, places, quote, sourceOf } from "./words.ts";

export function fishScript(commands: readonly Command[]): string {
  const lines = [
    "# Completion of rhythmx for fish. Made by `rhythmx completion fish`.",
    functions(commands),
    "complete -c rhythmx -f",
    `complete -c rhythmx -n '__rhythmx_at' -l version -d 'print version, commit, runtime and target'`,
    ...commands.map(({ name, summary }) => `complete -c rhythmx -n '__rhythmx_at' -a ${name} -d ${fishQuote(summary)}`),
    `complete -c rhythmx -n '__rhythmx_at' -a help -d 'say how a command is used'`,
    `complete -c rhythmx -n '__rhythmx_at help' -a ${quote(commands.map(({ name }) => name).join(" "))}`,
    "complete -c rhythmx -s h -l help -d 'show this help'",
    "complete -c rhythmx -l color -x -a 'auto always never' -d 'whether to use colours'",
  ];
  for (const command of commands)
    for (const { name, summary } of actionsOf(command))
      lines.push(`complete -c rhythmx -n '__rhythmx_at ${command.name}' -a ${name} -d ${fishQuote(summary)}`);
  for (const { path, action } of places(commands)) {
    const within = `-n '__rhythmx_in ${path.join(" ")}'`;
    for (const [name, option] of Object.entries(allOptions(action))) {
      if (name === "help" || name === "color") continue;
      const value = option.value === undefined ? "" : ` ${source(option)}`;
      lines.push(`complete -c rhythmx ${within} -l ${name}${value} -d ${fishQuote(option.about)}`);
    }
    action.arguments.forEach((argument, index) => {
      const given = source(argument).replace(/^-(?:x|r)\s*/, "");
      const number = `-n '__rhythmx_argument ${argument.many ? "any" : index} ${path.join(" ")}'`;
      if (sourceOf(argument) !== undefined) lines.push(`complete -c rhythmx ${number} ${given}`.trimEnd());
    });
  }
  return `${lines.join("\n")}\n`;
}

/** Which words stand before the cursor, without options and their values. */
function functions(commands: readonly Command[]): string {
  const takes = new Set(["--color"]);
  for (const { action } of places(commands))
    for (const [name, { value }] of Object.entries(action.options)) if (value !== undefined) takes.add(`--${name}`);
  const usual = commands.flatMap(({ name, usual }) => (usual ? [`${name} ${usual}`] : []));
  return `
function __rhythmx_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word ${[...takes].join(" ")}
            set skip 1
        else if not string match -q -- '-*' $word
            echo -- $word
        end
    end
end

# These words and no others stand before the cursor.
function __rhythmx_at
    test "$(__rhythmx_words)" = "$(string join \\n -- $argv)"
end

# The words begin with these; a command's usual action need not be named.
function __rhythmx_in
    set -l words (__rhythmx_words)
    set -l count (count $argv)
    if test (count $words) -ge $count; and test "$words[1..$count]" = "$argv"
        return 0
    end
    contains -- "$argv" ${usual.map(quote).join(" ") || "''"}; and test "$words" = "$argv[1]"
end

# The argument of this number is next.
function __rhythmx_argument
    set -l path $argv[2..-1]
    set -l words (__rhythmx_words)
    set -l count (count $path)
    test (count $words) -ge $count; and test "$words[1..$count]" = "$path"; or return 1
    test $argv[1] = any; or test (math (count $words) - $count) = $argv[1]
end
`;
}

function source(one: Option | Argument): string {
  const from = sourceOf(one);
  if (from === undefined) return "-x";
  if (from === "file") return "-r -F";
  if (from === "folder") return "-x -a '(__fish_complete_directories)'";
  if (from === "command") return "-x";
  if (typeof from === "string") return `-x -a '(rhythmx completion --values ${from} 2>/dev/null)'`;
  return `-x -a ${quote(from.join(" "))}`;
}

/** A description; fish has \\ and ' to be escaped in single quotes. */
function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
