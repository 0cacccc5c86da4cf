/** What `--help` prints: usage, what it does, options, examples, exit codes, see also; at most 80 columns. */
import { type Action, type Command, isGroup } from "../command.ts";
import type { Paint } from "../terminal/paint.ts";
import { exitCodes, optionRows, usageLines, usualExitCodes } from "./usage.ts";
import { columns, wrap } from "./wrap.ts";

const usage = "Usage: ";

/** The list of all commands. */
export function overview(commands: readonly Command[], paint: Paint): string {
  return sections([
    "RhythmX Edge carries security detections to the people who act on them.",
    `${paint.bold("Usage:")} rhythmx COMMAND [OPTIONS]`,
    section(paint, "Commands", columns(commands.map(({ name, summary }) => [name, summary]))),
    section(
      paint,
      "Examples",
      examples([
        { what: "See it work, with nothing to configure", lines: ["rhythmx demo"] },
        { what: "What has to be mended before it runs", lines: ["rhythmx check"] },
        { what: "Is it well?", lines: ["rhythmx doctor"] },
      ]),
    ),
    section(paint, "Exit codes", columns(Object.entries(usualExitCodes))),
    wrap("`rhythmx COMMAND --help` tells more, and `rhythmx help COMMAND ACTION` of one of its actions."),
  ]);
}

/** Help of a command: of the whole one, or of one action of it. */
export function helpOf(command: Command, action: Action | null, paint: Paint): string {
  const [only] = command.actions;
  if (action === null && isGroup(command)) return groupHelp(command, paint);
  const one = action ?? only;
  if (one === undefined) throw new Error(`${command.name} has no action`);
  return sections([
    usageText(usageLines(command, [one]), paint),
    wrap(one.about),
    one.arguments.length > 0 &&
      section(
        paint,
        "Arguments",
        columns(one.arguments.map(({ name, many, about }) => [many ? `${name}…` : name, about])),
      ),
    section(paint, "Options", columns(optionRows(one.options))),
    section(paint, "Examples", examples(one.examples)),
    section(paint, "Exit codes", columns(exitCodes(one))),
    seeAlso(one.seeAlso ?? command.seeAlso, paint),
  ]);
}

function groupHelp(command: Command, paint: Paint): string {
  const all = command.actions.flatMap((one) => one.examples.slice(0, 1));
  return sections([
    usageText(usageLines(command), paint),
    wrap(command.about),
    section(paint, "Actions", columns(command.actions.map(({ name, summary }) => [name, summary]))),
    section(paint, "Options", columns(optionRows({}))),
    section(paint, "Examples", examples(command.examples.length > 0 ? command.examples : all)),
    section(paint, "Exit codes", columns(exitCodes(command))),
    seeAlso(command.seeAlso, paint),
    wrap(`\`rhythmx help ${command.name} ACTION\` tells more of an action.`),
  ]);
}

function usageText(lines: readonly string[], paint: Paint): string {
  const blank = " ".repeat(usage.length);
  // A continued line begins below the first word after the command's name.
  return lines
    .map((line, index) => wrap(joined(line), `${blank}    `, index === 0 ? usage : blank).replaceAll("\u0001", " "))
    .join("\n")
    .replace(usage, `${paint.bold(usage.trim())} `);
}

/** `[--to TIME]` is not broken. */
function joined(line: string): string {
  return line.replace(/\[[^\]]*\](?:…\])?|--[\w-]+ [A-Z][^\s\]]*/g, (form) => form.replaceAll(" ", "\u0001"));
}

function examples(all: Command["examples"]): string {
  return all
    .map(({ what, lines }) =>
      [`  # ${what}`, ...lines.map((line) => `  ${line.startsWith(" ") ? "  " : "$ "}${line}`)].join("\n"),
    )
    .join("\n\n");
}

function seeAlso(all: readonly string[] | undefined, paint: Paint): string | false {
  return all !== undefined && section(paint, "See also", wrap(all.join(", "), "  "));
}

function section(paint: Paint, title: string, text: string): string {
  return text === "" ? "" : `${paint.bold(`${title}:`)}\n${text}`;
}

function sections(all: readonly (string | false)[]): string {
  return `${all.filter((one) => one !== false && one !== "").join("\n\n")}\n`;
}
