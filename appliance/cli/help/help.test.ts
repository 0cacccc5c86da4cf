/** Help, manual, completion and the reading of a command line are of one table; what this table says has to hold. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentNames } from "../../../core/settings/environment.ts";
import { ticketSettingNames } from "../../../core/settings/ticket-definitions.ts";
import { type Action, type Command, commonOptions, isGroup } from "../command.ts";
import { findAction, readCommandLine, takeColour } from "../command-line.ts";
import { commands } from "../commands.ts";
import { paint } from "../terminal/paint.ts";
import { cliPage } from "./cli-page.ts";
import { completionScript, shells } from "./completion/script.ts";
import { helpOf, overview } from "./help-text.ts";
import { jsonShapes } from "./json-shapes.ts";
import { manPages } from "./man-page.ts";
import { formsOf, invocation } from "./usage.ts";

const plain = paint(false);
const all: [string, Command, Action][] = commands.flatMap((command) =>
  command.actions.map((action): [string, Command, Action] => [invocation(command, action), command, action]),
);
const pages: [string, string][] = [
  ["rhythmx", overview(commands, plain)],
  ...commands.map((command): [string, string] => [`rhythmx ${command.name}`, helpOf(command, null, plain)]),
  ...all.map(([path, command, action]): [string, string] => [path, helpOf(command, action, plain)]),
];

test.each(pages)("help of %s fits 80 columns and has its sections in order", (_, text) => {
  for (const line of text.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
  expect(text).toEndWith("\n");
  expect(text).not.toMatch(/\n{3}|[ \t]$/m);
  const headings = [...text.matchAll(/^([A-Z][a-z ]+):/gm)].map(([, heading]) => heading);
  const order = ["Usage", "Commands", "Actions", "Arguments", "Options", "Examples", "Exit codes", "See also"];
  const known = headings.filter((heading) => order.includes(heading ?? ""));
  expect(known).toEqual(order.filter((heading) => headings.includes(heading)));
  for (const heading of ["Usage", "Examples", "Exit codes"]) expect(headings).toContain(heading);
});

test.each(all)("%s: forms, options and arguments agree", (_, __, action) => {
  const forms = formsOf(action).join("\n");
  for (const [name] of forms.matchAll(/(?<=--)[a-z][a-z-]*/g)) expect(Object.keys(action.options)).toContain(name);
  // WHAT stands for the options that say what an exception covers.
  const shown = Object.entries(action.options).filter(([, { required }]) => required || !forms.includes("WHAT"));
  for (const [name, { value }] of shown)
    expect(forms).toContain(value === undefined ? `--${name}` : `--${name} ${value}`);
  for (const { name } of action.arguments) expect(forms).toContain(name);
  const order = action.arguments.map(({ optional, many }) => (many ? 2 : optional ? 1 : 0));
  expect(order).toEqual([...order].sort());
});

/** The program's command lines in the lines of an example, as words. */
function commandLines(lines: readonly string[]): string[][] {
  return lines
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split(/\n|&&|\||<\(|\$\(/)
    .flatMap((line) => /(?:^|[\s(;])rhythmx (.*)/.exec(line)?.[1] ?? [])
    .map((line) => line.replace(/[<>)].*/, ""))
    .map((line) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? ""));
}

describe("every example is accepted", () => {
  const examples = commands.flatMap((command) => [
    ...command.examples.flatMap(({ lines }) => commandLines(lines)),
    ...command.actions.flatMap(({ examples }) => examples.flatMap(({ lines }) => commandLines(lines))),
  ]);
  test("there are many", () => expect(examples.length).toBeGreaterThan(45));
  test.each(examples.map((words) => [words]))("%j", (words) => {
    const [name, ...rest] = words;
    const command = commands.find((one) => one.name === name);
    if (command === undefined) throw new Error(`no command ${name}`);
    const { action, rest: own } = findAction(command, rest);
    readCommandLine(own, action);
  });
});

test.each(all)("%s has examples of itself", (path, _, action) => {
  expect(action.examples.length).toBeGreaterThan(0);
  const name = path.split(" ")[1] ?? "";
  // `serve` is started by systemd as well.
  const own = action.examples.flatMap(({ lines }) => lines).filter((line) => line.includes(`rhythmx ${name}`));
  expect(own.length).toBeGreaterThan(0);
});

test("see also names commands and documents that there are", () => {
  for (const one of commands.flatMap(({ seeAlso = [], actions }) => [
    ...seeAlso,
    ...actions.flatMap((action) => action.seeAlso ?? []),
  ])) {
    if (one.startsWith("docs/")) expect(Bun.file(`${import.meta.dir}/../../../${one}`).size).toBeGreaterThan(0);
    else expect(commands.map(({ name }) => `rhythmx ${name}`)).toContain(one);
  }
});

test("the manual has a page for each command, with all of its options, in ASCII", () => {
  const manual = manPages(commands, "1.2.3");
  expect([...manual.keys()]).toEqual([
    "rhythmx.1",
    "rhythmx.env.5",
    ...commands.map(({ name }) => `rhythmx-${name}.1`),
  ]);
  for (const [name, page] of manual) {
    expect(page).toMatch(/^[\x20-\x7e\n]+$/);
    expect(page).toContain('"RhythmX Edge 1.2.3"');
    const status = name.endsWith(".1") ? ["EXIT STATUS"] : [];
    for (const heading of ["NAME", "SYNOPSIS", "DESCRIPTION", ...status, "SEE ALSO"])
      expect(page).toContain(`.SH ${heading}\n`);
    const command = commands.find((one) => `rhythmx-${one.name}.1` === name);
    for (const option of (command?.actions ?? []).flatMap(({ options }) => Object.keys(options)))
      expect(page).toContain(`\\-\\-${option.replaceAll("-", "\\-")}`);
  }
});

test("the manual names every setting", () => {
  const settings = manPages(commands, "1.2.3").get("rhythmx.env.5");
  for (const name of [...environmentNames, ...ticketSettingNames]) expect(settings).toContain(`.TP\n.B ${name}\n`);
});

test("every command with --json says what it prints, and no other", () => {
  const printing = all.filter(([, , { options }]) => "json" in options);
  expect(Object.keys(jsonShapes).sort()).toEqual(printing.map(([path]) => path.replace("rhythmx ", "")).sort());
});

test("docs/cli.md is made of the table as it is: `npm run cli-page` makes it anew", () => {
  expect(readFileSync(join(import.meta.dirname, "../../../docs/cli.md"), "utf8")).toBe(cliPage(commands));
});

test.each(shells)("the script of %s knows every command, action and option", (shell) => {
  const script = completionScript(shell, commands);
  for (const command of commands) {
    expect(script).toContain(command.name);
    for (const { name, options } of command.actions)
      for (const word of [...(isGroup(command) ? [name] : []), ...Object.keys(options)]) expect(script).toContain(word);
  }
});

describe("a command line is read by its declarations", () => {
  const read = (words: string[]) => {
    const [name = "", ...rest] = takeColour(words).rest;
    const command = commands.find((one) => one.name === name);
    if (command === undefined) throw new Error(name);
    const found = findAction(command, rest);
    return { action: found.action.name, ...readCommandLine(found.rest, found.action) };
  };

  test("values, switches, arguments in any order", () => {
    expect(read(["key", "create", "--scope", "ingest", "--entity=A b", "name", "--entity", "-"])).toMatchObject({
      action: "create",
      values: { scope: ["ingest"], entity: ["A b", "-"] } as object,
      args: ["name"] as object,
    });
    expect(read(["import", "--", "--format", "-"])).toMatchObject({
      values: { alarms: false },
      args: [["--format", "-"]],
    });
    expect(read(["--color", "never", "destinations", "--json", "--color=always"])).toMatchObject({
      action: "list",
      values: { json: true },
    });
    expect(read(["replay", "siem", "--from", "-5"])).toMatchObject({ values: { from: "-5" } });
  });

  test.each([
    [["destinations", "--jsn"], 'unknown option "--jsn"; did you mean "--json"?'],
    [["destinations", "-x"], 'unknown option "-x"'],
    [["destinations", "--toString"], 'unknown option "--toString"'],
    [["destinations", "--json=yes"], "--json takes no value"],
    [["key", "create", "a", "--scope"], "--scope S[,S…]: its value is missing"],
    [["deliveries", "discard", "a", "--reason", "--all"], "--reason TEXT: its value is missing"],
    [
      ["user", "add", "a", "--role", "admn"],
      '--role "admn"; did you mean "admin"? One of viewer, analyst, soar or admin',
    ],
    [["user", "add", "a", "--role", "root"], '--role "root": one of viewer, analyst, soar or admin'],
    [["backup", ""], "FILE is empty"],
    [["import", "a", ""], "FILE is empty"],
    [["uninstall", "--purge", "--yes", "--prefix", ""], "--prefix FOLDER: its value is empty"],
    [["restore", "a", "--key-file="], "--key-file F: its value is empty"],
    [["user", "add", "a"], "--role ROLE is missing: viewer, analyst, soar or admin"],
    [["user", "add", "a", "b", "--role", "admin"], 'unexpected "b" after NAME'],
    [["user", "--json"], "add, list, password, disable, enable or reset-totp is missing"],
    [["destinations", "--color", "blue"], '--color "blue": auto, always or never'],
    [["destinations", "--color"], '--color "": auto, always or never'],
  ])("%j: %s", (words, complaint) => {
    expect(() => read(words)).toThrow(complaint);
  });

  test("no option has the name of one that every command takes", () => {
    for (const [, , { options }] of all)
      for (const name of Object.keys(commonOptions)) expect(Object.keys(options)).not.toContain(name);
  });
});
