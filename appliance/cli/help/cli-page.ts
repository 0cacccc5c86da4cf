/** docs/cli.md: every command with its help, made from the table of commands. */
import { type Action, type Command, isGroup } from "../command.ts";
import { jsonShapes } from "./json-shapes.ts";
import { exitCodes, optionRows, usageLines } from "./usage.ts";

const introduction = `# Command line

<!-- Made by \`npm run cli-page\` from the table of commands. -->

One executable, \`rhythmx\`. \`rhythmx help COMMAND [ACTION]\` prints what stands here, \`man rhythmx-COMMAND\` too where the package or \`rhythmx install\` has put it; the tab key completes commands,
actions, options and names in bash, zsh and fish (\`rhythmx completion\`).

* Exit codes: 0 success, 1 failure, 2 bad usage; 130 and 143 where Ctrl-C or SIGTERM has ended it, 141 where nobody reads its output any more (\`| head\`).
* Results go to stdout, remarks, progress and errors to stderr. An error is one line that says what, where and how to mend it.
* \`--json\` prints one JSON document on stdout, in ASCII. [Its members](#documents-of---json) stay, others may be added. With \`--json\` too an error is a line of text on stderr, and stdout is empty: look at the exit code first.
* Tables are shortened to the width of the terminal; in a pipe or a file they are whole. Colours only on a terminal, not with \`NO_COLOR\` or \`TERM=dumb\`; \`--color always\` and \`--color never\` decide.
* Commands that change something go through the running appliance (the control socket in its data folder), and open the database themselves only while none runs. Run them as root or as the
  service's user. \`RHYTHMX_DATA_DIR\` and \`RHYTHMX_CONFIG_DIR\` say where it is, where it is not the service's.
`;

export function cliPage(commands: readonly Command[]): string {
  const contents = commands.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${summary} |`);
  return [
    introduction,
    ["| command | |", "|---|---|", ...contents, ""].join("\n"),
    ...commands.map(chapter),
    `## Documents of --json\n\n${shapesTable()}\n`,
  ].join("\n");
}

function shapesTable(): string {
  const rows = Object.entries(jsonShapes).map(([name, { list, members }]) => {
    const all = `{${members.join(", ")}}`;
    return `| \`${name}\` | \`${list ? `[${all}, …]` : all}\` |`;
  });
  return [
    "These members stay; others may be added. Times are ISO 8601 in UTC, null is what is not known or not set.",
    "",
    "| command | document |",
    "|---|---|",
    ...rows,
  ].join("\n");
}

function chapter(command: Command): string {
  const [only] = command.actions;
  if (!isGroup(command) && only !== undefined) return `## ${command.name}\n\n${body(command, only)}`;
  const parts = command.actions.map((one) => `### ${command.name} ${one.name}\n\n${body(command, one)}`);
  return [`## ${command.name}\n\n${command.about}\n`, ...parts].join("\n");
}

function body(command: Command, action: Action): string {
  const given = action.arguments.map(({ name, many, about }) => [many ? `${name}…` : name, about] as const);
  const options = optionRows(action.options).filter(([name]) => !/--(?:help|color)\b/.test(name));
  const rows = [...given, ...options].map(([name, text]) => `| \`${name}\` | ${text.replaceAll("|", "\\|")} |`);
  const typed = action.examples.map(({ what, lines }) => [`# ${what}`, ...lines].join("\n")).join("\n\n");
  const codes = action.exitCodes === undefined ? [] : [exitCodes(action).map(([code, text]) => `${code}: ${text}`)];
  return `${[
    fenced(usageLines(command, [action]).join("\n")),
    action.about,
    ...(rows.length === 0 ? [] : [["| | |", "|---|---|", ...rows].join("\n")]),
    fenced(typed),
    ...codes.map((all) => `Exit code ${all.join("; ")}.`),
  ].join("\n\n")}\n`;
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
