/** Manual pages in roff (man(7)): one of the program, one for each command, made from the table of commands. */
import { environmentForms } from "../../../core/settings/environment.ts";
import { ticketDefinitions, ticketSettingNames } from "../../../core/settings/ticket-definitions.ts";
import { type Action, type Command, isGroup } from "../command.ts";
import { manDate, page, paragraphs, roff, textLines } from "./roff.ts";
import { exitCodes, formsOf, invocation, optionRows, usualExitCodes } from "./usage.ts";

/** File name, such as `rhythmx-check.1`, to its text. `version`: of the program. */
export function manPages(commands: readonly Command[], version: string): Map<string, string> {
  const pages = new Map([
    ["rhythmx.1", programPage(commands, version)],
    ["rhythmx.env.5", settingsPage(version)],
  ]);
  for (const command of commands) pages.set(`rhythmx-${command.name}.1`, commandPage(command, version));
  return pages;
}

function programPage(commands: readonly Command[], version: string): string {
  return page({ name: "rhythmx", section: 1, date: manDate, version }, [
    ["NAME", "rhythmx \\- carry security detections to the people who act on them"],
    ["SYNOPSIS", ".B rhythmx\n.I COMMAND\n.RI [ OPTIONS ]"],
    [
      "DESCRIPTION",
      paragraphs(
        "RhythmX Edge takes in detections of Sigma rules and alarms of a SIEM, makes alerts, incidents and cases of them, and carries these to syslog receivers, ticket systems and programs that poll. `rhythmx serve` runs it; the other commands look at it and change it, through a socket in its data folder while it runs.",
      ),
    ],
    ["COMMANDS", commands.map(({ name, summary }) => tagged(`.BR rhythmx\\-${roff(name)} (1)`, summary)).join("\n")],
    [
      "OPTIONS",
      `${optionList({})}\n${tagged(".B \\-\\-version", "print version, commit, runtime and target, as `rhythmx version` does")}`,
    ],
    [
      "EXIT STATUS",
      Object.entries(usualExitCodes)
        .map(([code, text]) => tagged(`.B ${code}`, text))
        .join("\n"),
    ],
    [
      "ENVIRONMENT",
      paragraphs(
        "Settings are environment values, lines of .env.production, or files of the configuration folder: see docs/settings.md.",
      ) +
        [
          ["RHYTHMX_CONFIG_DIR", "the configuration folder, by default /etc/rhythmx"],
          ["RHYTHMX_DATA_DIR", "the data folder, by default /var/lib/rhythmx"],
          ["NO_COLOR", "if it is set to anything, there are no colours"],
        ]
          .map(([name = "", text = ""]) => `\n${tagged(`.B ${roff(name)}`, text)}`)
          .join(""),
    ],
    [
      "FILES",
      [
        ["/etc/rhythmx", "configuration; every file in it is optional"],
        ["/var/lib/rhythmx", "data: the database, the master key, the control socket"],
      ]
        .map(([name = "", text = ""]) => tagged(`.I ${roff(name)}`, text))
        .join("\n"),
    ],
    ["SEE ALSO", `${references(commands.map(({ name }) => `rhythmx ${name}`))} ,\n.BR rhythmx.env (5)`],
  ]);
}

/** The settings of environment and .env.production, from their schema. */
function settingsPage(version: string): string {
  const entry = ({ name, accepted, fallback, secret = false }: SettingForm) => {
    // A long word cannot be broken.
    const usual = fallback.length > 60 ? "see docs/settings.md" : fallback;
    const holds = usual === "" ? "" : ` Default: ${usual}.`;
    return tagged(`.B ${roff(name)}`, `Accepted: ${accepted}.${holds}${secret ? " A secret." : ""}`);
  };
  const tickets = ticketSettingNames.map((name) => ({
    name,
    ...ticketDefinitions[name],
    accepted: ticketDefinitions[name].form.accepted,
  }));
  return page({ name: "rhythmx.env", section: 5, date: manDate, version }, [
    ["NAME", "rhythmx.env \\- settings of RhythmX Edge"],
    ["SYNOPSIS", ".I /etc/rhythmx/.env.production"],
    [
      "DESCRIPTION",
      paragraphs(
        `Settings are values of the environment, or lines NAME=value of .env.production in the configuration folder; the environment wins. Both win over what is saved in the console. The file should be readable by the appliance's user alone (mode 0600), or be root's with the group of that user (mode 0640). \`rhythmx check\` names what is wrong, \`rhythmx reload\` takes changes over.

Feeds and destinations, case patterns, floors and assets have files of their own: see docs/settings.md, which also says what each setting is for.`,
      ),
    ],
    ["SETTINGS", environmentForms().map(entry).join("\n")],
    ["SETTINGS OF TICKETS", tickets.map(entry).join("\n")],
    ["FILES", tagged(".I /etc/rhythmx/.env.production", "the settings; the folder is that of RHYTHMX_CONFIG_DIR")],
    ["SEE ALSO", references(["rhythmx", "rhythmx check", "rhythmx reload", "docs/settings.md"])],
  ]);
}

interface SettingForm {
  name: string;
  accepted: string;
  fallback: string;
  secret?: boolean;
}

function commandPage(command: Command, version: string): string {
  const name = `rhythmx-${command.name}`;
  const [own] = command.actions;
  const single = isGroup(command) ? undefined : own;
  const also = [...new Set([command, ...command.actions].flatMap(({ seeAlso = [] }) => seeAlso))];
  return page({ name, section: 1, date: manDate, version }, [
    ["NAME", `${roff(name)} \\- ${roff(command.summary)}`],
    ["SYNOPSIS", command.actions.map((one) => synopsis(command, one)).join("\n.br\n")],
    ["DESCRIPTION", paragraphs(command.about)],
    ...(single === undefined ? [["ACTIONS", actions(command)] as const] : [["OPTIONS", optionsOf(single)] as const]),
    ...(single === undefined ? [["OPTIONS", optionList({})] as const] : []),
    [
      "EXAMPLES",
      examples(command.examples.length > 0 || single !== undefined ? command.examples : groupExamples(command)),
    ],
    [
      "EXIT STATUS",
      exitCodes(command)
        .map(([code, text]) => tagged(`.B ${code}`, text))
        .join("\n"),
    ],
    ["SEE ALSO", references(["rhythmx", ...also])],
  ]);
}

function groupExamples({ actions }: Command): Command["examples"] {
  return actions.flatMap(({ examples }) => examples);
}

function synopsis(command: Command, action: Action): string {
  return formsOf(action)
    .map((form) => {
      const words = [`\\fB${roff(invocation(command, action))}\\fR`, form === "" ? "" : styled(form)];
      return words.join(" ").trim();
    })
    .join("\n.br\n");
}

/** Options bold, values in italics. */
function styled(form: string): string {
  return roff(form)
    .replace(/(?:\\-){2}[a-z]+(?:\\-[a-z]+)*/g, "\\fB$&\\fR")
    .replace(/\b[A-Z][A-Z]*\b/g, "\\fI$&\\fR")
    .replace(/\\f([BI])\\f[BI]/g, "\\f$1");
}

function actions(command: Command): string {
  return command.actions
    .map((one) => {
      const own = one.arguments.length + Object.keys(one.options).length > 0;
      const codes = Object.entries(one.exitCodes ?? {}).map(([code, text]) => `${code}: ${text}`);
      return [
        `.SS ${roff(one.name)}`,
        paragraphs(one.about).replace(/^\.PP\n/, ""),
        ...(own ? [argumentsAndOptions(one)] : []),
        ...(codes.length === 0 ? [] : [`.PP\n${textLines(`Exit status ${codes.join("; ")}.`)}`]),
      ].join("\n");
    })
    .join("\n");
}

function optionsOf(action: Action): string {
  return [argumentsOf(action), optionList(action.options)].filter((part) => part !== "").join("\n");
}

function argumentsAndOptions(action: Action): string {
  const options = optionRows(action.options).filter(([name]) => !/--(?:help|color)\b/.test(name));
  return [argumentsOf(action), ...options.map(([name, text]) => tagged(option(name), text))]
    .filter((part) => part !== "")
    .join("\n");
}

function argumentsOf(action: Action): string {
  return action.arguments.map(({ name, about }) => tagged(`.I ${roff(name)}`, about)).join("\n");
}

function optionList(options: Action["options"]): string {
  return optionRows(options)
    .map(([name, text]) => tagged(option(name), text))
    .join("\n");
}

function option(form: string): string {
  const [, name = "", value] = /^(.*?)(?: ([A-Z].*))?$/.exec(form) ?? [];
  return value === undefined ? `.B ${roff(name)}` : `.BI ${roff(name)} " ${roff(value)}"`;
}

function tagged(tag: string, text: string): string {
  return `.TP\n${tag}\n${textLines(text)}`;
}

function examples(all: Command["examples"]): string {
  return all
    .map(({ what, lines }) => {
      const typed = lines.map((line) => roff(line));
      return `.PP\n${textLines(`${what}:`)}\n.PP\n.RS 4\n.nf\n${typed.join("\n")}\n.fi\n.RE`;
    })
    .join("\n")
    .replace(/^\.PP\n/, "");
}

/** `rhythmx check` becomes rhythmx-check(1); documents stay as they are. */
function references(all: readonly string[]): string {
  const pages = all.filter((one) => one.startsWith("rhythmx"));
  const documents = all.filter((one) => !one.startsWith("rhythmx"));
  const lines = pages.map((one, index) => {
    const comma = index + 1 < pages.length ? " ," : "";
    return `.BR ${roff(one.split(" ").slice(0, 2).join("-"))} (1)${comma}`;
  });
  return [...lines, ...(documents.length === 0 ? [] : [`.PP\n${roff(documents.join(", "))}`])].join("\n");
}
